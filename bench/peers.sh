#!/usr/bin/env bash
# Runs a command beside other servers: installs the named ones outside the checkout, starts each on a free port of 127.0.0.1, appends
# `--peer NAME=URL,PID` for each to the command, and ends them by their process ids when it has ended.
#
#   bench/peers.sh kinesalite moto -- target/release/anabranch bench compare put-records --protocol json
#
# Names: kinesalite, kinesis-local (npm), moto (PyPI), ferrokinesis (crates.io; compiled, which takes minutes).
set -euo pipefail

# Versions are pinned so that ratios of different days are ratios to the same thing.
KINESALITE=3.3.3
KINESIS_LOCAL=0.6.2
MOTO=5.2.5
FERROKINESIS=0.7.0

CACHE="${ANABRANCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/anabranch}/peers"
READY_SECONDS=60

peers=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do peers+=("$1"); shift; done
if [ $# -lt 2 ] || [ ${#peers[@]} = 0 ]; then
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
shift

pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

npm_package() { # name version
  local dir="$CACHE/$1-$2"
  [ -e "$dir/ready" ] || { mkdir -p "$dir" && npm install --silent --no-audit --no-fund --prefix "$dir" "$1@$2" && touch "$dir/ready"; } >&2
  echo "$dir/node_modules/$1"
}

start() { # name, sets port and pid
  port=$(free_port)
  log="$CACHE/$1.log"
  case "$1" in
    kinesalite)
      local package; package=$(npm_package kinesalite "$KINESALITE")
      node "$package/cli.js" --port "$port" --shardLimit 10000 --createStreamMs 1 --deleteStreamMs 1 >"$log" 2>&1 & ;;
    kinesis-local)
      local package; package=$(npm_package kinesis-local "$KINESIS_LOCAL")
      (cd "$package" && KINESIS_MOCK_PLAIN_PORT=$port KINESIS_MOCK_TLS_PORT=$(free_port) SHARD_LIMIT=10000 LOG_LEVEL=ERROR \
        CREATE_STREAM_DURATION=1ms DELETE_STREAM_DURATION=1ms exec node main.js) >"$log" 2>&1 & ;;
    moto)
      local dir="$CACHE/moto-$MOTO"
      [ -e "$dir/ready" ] || { python3 -m venv "$dir" && "$dir/bin/pip" install -q "moto[server]==$MOTO" && touch "$dir/ready"; } >&2
      "$dir/bin/python" "$dir/bin/moto_server" -H 127.0.0.1 -p "$port" >"$log" 2>&1 & ;;
    ferrokinesis)
      local dir="$CACHE/ferrokinesis-$FERROKINESIS"
      [ -e "$dir/bin/ferrokinesis" ] || cargo install --quiet --locked --root "$dir" "ferrokinesis@$FERROKINESIS" >&2
      "$dir/bin/ferrokinesis" --port "$port" >"$log" 2>&1 & ;;
    *)
      echo "peers.sh: there is no peer called $1" >&2
      exit 2 ;;
  esac
  pid=$!
  pids+=("$pid")
}

answers() { # port
  curl --silent --output /dev/null --max-time 2 "http://127.0.0.1:$1/"
}

flags=()
mkdir -p "$CACHE"
for name in "${peers[@]}"; do
  start "$name"
  until=$((SECONDS + READY_SECONDS))
  until answers "$port"; do
    if ! kill -0 "$pid" 2>/dev/null || [ $SECONDS -ge $until ]; then
      echo "peers.sh: $name did not start:" >&2
      tail -n 5 "$CACHE/$name.log" >&2
      exit 1
    fi
    sleep 0.1
  done
  flags+=(--peer "$name=http://127.0.0.1:$port,$pid")
done

"$@" "${flags[@]}"
