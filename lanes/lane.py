"""Runs lanes: steps in order, each with its seconds against its budget, and one line at the end."""

import argparse
import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import places

LANES = Path(__file__).resolve().parent
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed$")
CARGO_SUMMARY = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;")


def read(name: str) -> dict:
    return tomllib.loads((LANES / name).read_text())


def main() -> int:
    arguments = argparse.ArgumentParser(prog="./test", description=__doc__)
    which = arguments.add_mutually_exclusive_group()
    which.add_argument("--long", action="store_true", help="run every slice")
    which.add_argument("--slice", metavar="NAME", help="run one slice")
    which.add_argument("--turn", metavar="N", type=int, help="run the slice whose turn it is: N modulo the number of slices")
    which.add_argument("--step", metavar="NAME", help="run one step of the fast lane alone")
    which.add_argument("--list", action="store_true", help="name the steps and the slices")
    chosen = arguments.parse_args()

    fast, slices = read("fast.toml")["step"], read("slices.toml")["slice"]
    if chosen.list:
        print("fast lane:", *(step["name"] for step in fast))
        print("slices:   ", *(piece["name"] for piece in slices))
        return 0
    in_turn = [piece for piece in slices if piece.get("turn", True)]
    if chosen.long:
        steps = prepared(fast, slices)
    elif chosen.slice:
        steps = prepared(fast, named(slices, chosen.slice))
    elif chosen.turn is not None:
        steps = prepared(fast, [in_turn[chosen.turn % len(in_turn)]])
    elif chosen.step:
        steps = named(fast, chosen.step)
    else:
        steps = fast
    return run(steps)


def named(steps: list[dict], name: str) -> list[dict]:
    found = [step for step in steps if step["name"] == name]
    if not found:
        sys.exit(f"test: no such name `{name}`; there are: {' '.join(step['name'] for step in steps)}")
    return found


def prepared(fast: list[dict], slices: list[dict]) -> list[dict]:
    """The slices, after the steps of the fast lane that they stand on."""
    return [step for step in fast if step.get("prepares")] + slices


def run(steps: list[dict]) -> int:
    environment = places.environment()
    temperature = "warm" if places.boto3_venv().is_dir() and Path(environment["ANABRANCH_BINARY"]).exists() else "cold"
    budgets = read("budgets.toml")
    logs = Path(environment["CARGO_TARGET_DIR"]) / "lanes"
    logs.mkdir(parents=True, exist_ok=True)

    passed = failed = 0
    broken, late, begun = set(), [], time.monotonic()
    for step in steps:
        name = step["name"]
        if missing := broken.intersection(step.get("needs", [])):
            print(f"--- {name}: not run, it needs {', '.join(sorted(missing))}", flush=True)
            broken.add(name)
            failed += 1
            continue
        print(f"--- {name}", flush=True)
        started = time.monotonic()
        good, bad = run_step(step["run"], environment, logs / f"{name}.log")
        seconds, budget = time.monotonic() - started, budgets.get(name, {}).get(temperature)
        passed, failed = passed + good, failed + bad
        if bad:
            broken.add(name)
        if budget is None or seconds > budget:
            late.append(f"{name} ({seconds:.0f} s, budget {budget} s)")
        print(f"--- {name}: {'FAIL' if bad else 'ok'}, {seconds:.1f} s of {budget}", flush=True)

    print(f"--- {len(steps)} steps in {time.monotonic() - begun:.0f} s, {temperature}")
    if late:
        print("--- over budget:", ", ".join(late))
    if broken:
        print("--- failed:", ", ".join(step["name"] for step in steps if step["name"] in broken))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def run_step(command: str, environment: dict, log: Path) -> tuple[int, int]:
    """Runs a step, shows and keeps its output. Answers how many tests passed and failed: what its output counts, else itself."""
    good = bad = 0
    with log.open("w") as kept:
        child = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=places.ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        for line in child.stdout:
            print("   ", line, end="", flush=True)
            kept.write(line)
            if counts := SUMMARY.match(line) or CARGO_SUMMARY.match(line):
                good, bad = good + int(counts[1]), bad + int(counts[2])
        code = child.wait()
    if code and not bad:
        bad = 1
    if not code and not good and not bad:
        good = 1
    return good, bad


if __name__ == "__main__":
    os.chdir(places.ROOT)
    sys.exit(main())
