#!/usr/bin/env python3
"""Runs each fuzz target of fuzz/ for some seconds, one after the other, and says what it saw. A finding is kept as a file, named at the end.

Needs a nightly toolchain with the address sanitizer (`rustup toolchain install nightly`) and cargo-fuzz, which it installs into the cache.
What the fuzzer learns (the corpus) is kept in the cache, so that the next run begins where this one ended.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib

import places

FUZZ = places.ROOT / "fuzz"
CARGO_FUZZ_VERSION = "0.13.2"
# A single input that takes longer, or more memory, is a finding.
INPUT_SECONDS_MAX = 20
MEMORY_MIB_MAX = 2048
FINDING = re.compile(r"Test unit written to (\S+)")
STATUS = re.compile(r"^#\d+\s.*cov: ")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60, help="how long each target runs")
    arguments.add_argument("targets", nargs="*", help="all of them unless named")
    chosen = arguments.parse_args()
    known = [target["name"] for target in tomllib.loads((FUZZ / "Cargo.toml").read_text())["bin"]]
    if unknown := set(chosen.targets) - set(known):
        sys.exit(f"fuzz: no such target: {', '.join(sorted(unknown))}; there are: {' '.join(known)}")

    cargo_fuzz()
    failed = [target for target in chosen.targets or known if not fuzz(target, chosen.seconds)]
    passed = len(chosen.targets or known) - len(failed)
    print(f"{passed} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


def cargo_fuzz() -> None:
    """Installs cargo-fuzz where it is missing."""
    root = places.CACHE / f"cargo-fuzz-{CARGO_FUZZ_VERSION}"
    if shutil.which("cargo-fuzz") is None and not (root / "bin" / "cargo-fuzz").exists():
        words = ["cargo", "install", "--quiet", "--locked", "--root", root, "--version", CARGO_FUZZ_VERSION, "cargo-fuzz"]
        subprocess.run(words, check=True)
    os.environ["PATH"] += f"{os.pathsep}{root / 'bin'}"


def fuzz(target: str, seconds: int) -> bool:
    """Runs a target. Whether it found nothing."""
    corpus, found = places.CACHE / "fuzz" / "corpus" / target, places.CACHE / "fuzz" / "findings" / target
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MIB_MAX}", f"-artifact_prefix={found}/"]
    if (words := FUZZ / "dictionaries" / target).exists():
        options.append(f"-dict={words}")
    # Its own build directory: other flags, another toolchain, and nothing of it in the checkout.
    directory = os.environ.get("FUZZ_TARGET_DIR", str(places.CACHE / "fuzz" / "target"))
    command = ["cargo", "+nightly", "fuzz", "run", "--fuzz-dir", FUZZ, "--target-dir", directory, target, corpus, FUZZ / "seeds" / target, "--", *options]
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    # SQLite's amalgamation has two tables of one name, each of its own.
    environment["ASAN_OPTIONS"] = "detect_odr_violation=0"
    last, finding = "it never ran", None
    with subprocess.Popen(list(map(str, command)), cwd=FUZZ, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as child:
        for line in child.stdout:
            if STATUS.match(line):
                last = line.strip()
            else:
                print(line, end="", flush=True)
            if written := FINDING.search(line):
                finding = written[1]
    is_good = child.returncode == 0
    print(f"{'ok  ' if is_good else 'FAIL'} {target}: {last}" + (f"; found {finding}" if finding else ""), flush=True)
    return is_good


if __name__ == "__main__":
    sys.exit(main())
