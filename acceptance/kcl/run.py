#!/usr/bin/env python3
"""The Kinesis Client Library, unmodified and with its stock settings, against the real binary and nothing beside it.

A producer counts up a number per key. Every worker writes down all that its record processors are given and when they checkpoint;
what must be true of these diaries together is in verdict.py, and that it is found when it is not in proof.py.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import proof
import scenarios
from verdict import Broken


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("scenario", choices=sorted(scenarios.ALL), nargs="+")
    chosen = arguments.parse_args().scenario
    proof.prove()
    passed = failed = 0
    for name in chosen:
        begun = time.monotonic()
        try:
            told = scenarios.ALL[name]()
            passed += 1
            print(f"ok   {name}: {told} ({time.monotonic() - begun:.0f} s)", flush=True)
        except (Broken, RuntimeError) as trouble:
            failed += 1
            print(f"FAIL {name}: {trouble}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
