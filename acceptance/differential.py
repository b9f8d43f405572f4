#!/usr/bin/env python3
"""Makes the same random calls of a server of ours and of a peer, and compares the answers.

What differs must stand in the peer's table (`peers/PEER/differences.toml`) with its source; an entry that no longer occurs fails too.
"""

import argparse
import os
import random
import re
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

from peers.calls import Calls
from peers.kinesalite.peer import Kinesalite
from peers.side import Side
from server import Server

HERE = Path(__file__).resolve().parent
EXAMPLES_MAX = 3
EXAMPLE_CHARACTERS = 500


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, action="append", help="may be given several times; 1 and 2 if not")
    arguments.add_argument("--calls", type=int, default=5000, help="calls for each seed")
    chosen = arguments.parse_args()

    table = Table(HERE / "peers" / "kinesalite" / "differences.toml")
    passed, failed = 0, 0
    for seed in chosen.seed or [1, 2]:
        found = compared(seed, chosen.calls, table)
        for place, times in found.times.most_common():
            print(f"FAIL seed {seed}, {times} times: {place}: " + "\n     ".join(found.examples[place]), flush=True)
        passed, failed = passed + (not found.times), failed + bool(found.times)
    for entry in table.entries:
        if table.times[entry["id"]] == 0:
            print(f"FAIL the difference `{entry['id']}` no longer occurs: take it out of the table", flush=True)
            failed += 1
        else:
            passed += 1
            print(f"ok   known difference `{entry['id']}`: {table.times[entry['id']]} times", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


class Table:
    """The differences that are known, and how often each occurred."""

    def __init__(self, path: Path):
        self.entries = tomllib.loads(path.read_text())["difference"]
        self.times = Counter()
        for entry in self.entries:
            if not entry["why"] or not entry["source"]:
                sys.exit(f"differential: `{entry['id']}` needs a reason and a source")

    def knows(self, operation: str, params: dict, path: str, ours: str, theirs: str) -> bool:
        for entry in self.entries:
            found = {"operation": operation, "with": " ".join(params), "path": path, "ours": ours, "theirs": theirs}
            if all(re.search(entry[part], value) for part, value in found.items() if part in entry):
                self.times[entry["id"]] += 1
                return True
        return False


class Unknown:
    """Differences that no entry knows: how often at each place, and a few of each."""

    def __init__(self):
        self.times, self.examples = Counter(), {}

    def note(self, place: str, example: str) -> None:
        self.times[place] += 1
        examples = self.examples.setdefault(place, [])
        if len(examples) < EXAMPLES_MAX:
            examples.append(example[:EXAMPLE_CHARACTERS])


def compared(seed: int, count: int, table: Table) -> Unknown:
    """Makes the calls of a seed; answers the differences that the table does not know."""
    server, peer = Server(os.environ["ANABRANCH_BINARY"], ["--limits", "off", "--ephemeral"]), Kinesalite()
    unknown, refused, begun = Unknown(), 0, time.monotonic()
    try:
        sides = [Side(server.start().endpoint), Side(peer.start())]
        calls = Calls(random.Random(seed), sides)
        for number in range(count):
            operation, params = calls.draw()
            answers = [side.call(operation, params) for side in sides]
            refused += "code" in answers[0]
            for path, ours, theirs in differences("", *answers):
                if not table.knows(operation, params, path, ours, theirs):
                    unknown.note(f"{operation}{path}", f"{ours} / {theirs}, call {number}: {params}")
            calls.learn(operation, params, answers)
    finally:
        server.discard()
        peer.discard()
    print(f"seed {seed}: {count} calls in {time.monotonic() - begun:.0f} s, {refused} of them refused", flush=True)
    return unknown


def differences(path: str, ours, theirs):
    """Where two answers differ: path, what we said, what they said."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differences(f"{path}.{key}", ours.get(key, "absent"), theirs.get(key, "absent"))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs):
            yield from differences(f"{path}[]", one, other)
    elif ours != theirs:
        yield path, str(ours), str(theirs)


if __name__ == "__main__":
    sys.exit(main())
