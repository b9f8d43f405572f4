#!/usr/bin/env python3
"""Attacks on a closed and an open server. Each has to fail, its legitimate twin to succeed, and both servers to be untouched afterwards:
well, within their memory, and with all that the victim has as it was.

docs/security.md promises what the attacks are about: every attack stands in its table, and every test in its table exists.
"""

import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import promises
from field import Field
from outcomes import Outcomes

import accounts
import bodies
import browsers
import costs
import deputies
import escalation
import exposure
import files
import paths
import scopes
import signing
import slowness
import smuggling
import spellings
import sweeps
import tokens
import vouchers

SUBJECTS = [
    signing,
    scopes,
    smuggling,
    tokens,
    accounts,
    spellings,
    sweeps,
    vouchers,
    escalation,
    deputies,
    bodies,
    costs,
    paths,
    browsers,
    exposure,
    files,
    slowness,
]


def main() -> int:
    attacks = {f"{subject.__name__}.{attack.__name__}": attack for subject in SUBJECTS for attack in subject.ATTACKS}
    wanted = sys.argv[1:]
    chosen = {name: attack for name, attack in attacks.items() if not wanted or any(word in name for word in wanted)}
    outcomes = Outcomes()
    with tempfile.TemporaryDirectory(prefix="anabranch-attacks-") as place:
        field = Field(Path(place))
        try:
            field.start()
            slowness.begin(field)
            for name, attack in chosen.items():
                outcomes.of(name, lambda attack=attack: repelled(attack, field), (Exception,))
            code = field.stop()
        finally:
            field.discard()
    if not wanted:
        outcomes.of("docs/security.md names every attack, and no test that is not there", lambda: promises.wrong(attacks))
    return outcomes.end(code)


def repelled(attack, field: Field) -> None:
    attack(field)
    field.untouched()


if __name__ == "__main__":
    sys.exit(main())
