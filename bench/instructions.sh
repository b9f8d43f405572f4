#!/usr/bin/env bash
# Counts the instructions of a request's path under valgrind and compares them with bench/instructions.txt: more than 3 % above fails,
# and so does more than 3 % below, so that the file stays true. `bench/instructions.sh --write` writes the file anew.
#
# Of two cases that differ in one thing, one may take only so much more than the other: what an IAM user puts under an identity policy and a
# stream's policy than what the root puts; what is put with metrics, events of management and an alarm, and with events of data too, than with
# nothing recorded. A minute passes every 4 of these, and every 20 the files of data events are delivered.
#
# A count is the difference between two runs that differ in the number of requests alone, divided by that number: starting, filling
# and ending are in neither. valgrind hides the processor's newest instructions, so counts of SHA-256 are of another code than runs outside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BASELINE=bench/instructions.txt
THRESHOLD_PERCENT=3
FEW=20
# Case, and how many requests more.
CASES="put-records-json:40 put-records-json-user:40 put-records-json-unrecorded:40 put-records-json-data-events:40 put-records-cbor:40 put-record-json:2000 get-records-json:40 update-item-lease:2000"
# Case, what it is compared with, and how many percent it may take more.
COMPARISONS="put-records-json-user:put-records-json:5 put-records-json:put-records-json-unrecorded:3 put-records-json-data-events:put-records-json-unrecorded:15"

command -v valgrind >/dev/null || { echo "instructions.sh: valgrind is missing (Debian: apt-get install valgrind)" >&2; exit 1; }
cargo build --quiet --locked --release -p anabranch-bench --bin instructions
program="${CARGO_TARGET_DIR:-target}/release/instructions"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

instructions() { # case count
  rm -rf "$work/data" && mkdir "$work/data"
  valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$program" "$1" "$2" "$work/data" 2>"$work/said" \
    || { cat "$work/said" >&2; return 1; }
  sed -n 's/.*I *refs: *//p' "$work/said" | tr -d ,
}

failed=0
declare -A counts
for entry in $CASES; do
  case=${entry%:*} more=${entry#*:}
  few=$(instructions "$case" "$FEW")
  many=$(instructions "$case" "$((FEW + more))")
  count=$(((many - few) / more))
  counts[$case]=$count
  if [ "${1:-}" = --write ]; then
    echo "$case $count" >>"$work/baseline"
    echo "$case $count"
    continue
  fi
  was=$(awk -v case="$case" '$1 == case { print $2 }' "$BASELINE")
  change=$(awk -v was="${was:-0}" -v is="$count" 'BEGIN { printf "%+.1f", was ? 100 * (is - was) / was : 100 }')
  echo "$case: $count instructions a request, was ${was:-unknown} ($change %)"
  awk -v c="$change" -v t="$THRESHOLD_PERCENT" 'BEGIN { exit !(c > t || c < -t) }' && failed=1
done
for entry in $COMPARISONS; do
  IFS=: read -r case base percent_max <<<"$entry"
  more=$(awk -v base="${counts[$base]}" -v is="${counts[$case]}" 'BEGIN { printf "%+.2f", 100 * (is - base) / base }')
  echo "$case: $more % of $base, at most $percent_max %"
  if awk -v c="$more" -v t="$percent_max" 'BEGIN { exit !(c > t) }'; then
    echo "instructions.sh: $case takes more than $percent_max % above $base" >&2
    failed=1
  fi
done
if [ "${1:-}" = --write ]; then
  mv "$work/baseline" "$BASELINE"
elif [ "$failed" = 1 ]; then
  echo "instructions.sh: a path changed by more than $THRESHOLD_PERCENT %: find out why, or bench/instructions.sh --write" >&2
  exit 1
fi
