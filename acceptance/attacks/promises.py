"""The table of docs/security.md: which test shows which promise."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
HEADER = "| promise | shown by |"
# `crates/…/file.rs: name` or `acceptance/file.py: name`, or an attack: `subject.name`.
TEST = re.compile(r"`((?:crates|acceptance)/[\w/.-]+): (\w+)`")
ATTACK = re.compile(r"`([a-z]+\.[a-z_0-9]+)`")


def wrong(attacks: dict) -> str | None:
    """What is wrong with the table, or None."""
    lines = PAGE.read_text().splitlines()
    rows = [line for line in lines[lines.index(HEADER) :] if line.startswith("| ")][1:]
    table = "\n".join(rows)
    named = set(ATTACK.findall(table))
    trouble = [f"no row names the attack {name}" for name in attacks if name not in named]
    trouble += [f"there is no attack {name}" for name in sorted(named - set(attacks))]
    tests = TEST.findall(table)
    trouble += [f"{path} has no test {name}" for path, name in tests if not is_there(ROOT / path, name)]
    unproven = [row for row in rows if not ATTACK.search(row) and not TEST.search(row)]
    trouble += [f"nothing shows: {row}" for row in unproven]
    return "; ".join(trouble) or None


def is_there(file: Path, name: str) -> bool:
    """A function of the name, or a row of a table of scenarios with this id."""
    return file.is_file() and re.search(rf'\b(?:fn|def) {name}\(|^id = "{name}"', file.read_text(), re.MULTILINE) is not None
