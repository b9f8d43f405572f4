"""Rows that follow from the models: each built operation's required members, edges of lengths and numbers, patterns and enums.

`scenarios/edges.toml` says for each operation what a whole request looks like; the bounds, and AWS's sentences about them, come
from `models/`, so that no limit of a model can be forgotten here.
"""

import json
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def rows() -> list[dict]:
    """All of them, for every operation that `edges.toml` names."""
    told = tomllib.loads((HERE / "scenarios" / "edges.toml").read_text())
    made = []
    for operation in told["operation"]:
        model = json.loads((HERE.parent / "models" / f"{operation.get('service', 'kinesis')}.json").read_text())
        made += Edges(operation, model, told["shape"]).rows()
    return made


class Edges:
    """The rows of one operation."""

    def __init__(self, told: dict, model: dict, shapes: dict):
        self.told, self.model, self.known = told, model, shapes
        self.made = []

    def rows(self) -> list[dict]:
        self.structure(self.model["operations"][self.told["call"]]["input"]["shape"], [])
        return self.made

    def structure(self, name: str, path: list) -> None:
        shape = self.model["shapes"][name]
        for member, reference in shape["members"].items():
            self.member(reference["shape"], [*path, member], member in shape.get("required", []))

    def member(self, name: str, path: list, required: bool) -> None:
        if self.label(path) in self.told.get("skip", {}):
            return
        shape, sentence = self.model["shapes"][name], at(path)
        if required:
            self.refused(path, "missing", None, f"Value null at '{sentence}' failed to satisfy constraint: Member must not be null")
        failed = f"at '{sentence}' failed to satisfy constraint: Member must"
        match shape["type"]:
            case "string":
                self.text(name, shape, path, failed)
            case "integer" | "long":
                if "min" in shape:
                    self.number(path, shape["min"], -1, "below", "least", f"{failed} have value greater than or equal to")
                if "max" in shape:
                    self.number(path, shape["max"], 1, "above", "greatest", f"{failed} have value less than or equal to")
            case "list":
                if "min" in shape or "max" in shape:
                    self.count(shape, path, failed)
                if self.value(path):
                    self.member(shape["member"]["shape"], [*path, 0], False)
            case "structure":
                self.structure(name, path)

    def text(self, name: str, shape: dict, path: list, failed: str) -> None:
        known = self.known.get(name, {})
        if shape.get("min"):
            self.refused(path, "empty", "", f"{failed} have length greater than or equal to {shape['min']}")
        if "max" in shape:
            long = {"chars": shape["max"], "prefix": known.get("prefix", ""), "letter": known.get("letter", "a")}
            if "prefix" not in known and "value" not in known and "pattern" not in shape or shape.get("pattern") == "[a-zA-Z0-9_.-]+":
                self.accepted(path, "least", "a")
            self.accepted(path, "greatest", known.get("value", long), known.get("clients"))
            self.refused(path, "above", {**long, "chars": shape["max"] + 1}, f"{failed} have length less than or equal to {shape['max']}")
        if "pattern" in shape:
            wrong = known.get("wrong", "not ours!")
            self.refused(path, "pattern", wrong, f"{failed} satisfy regular expression pattern: {shape['pattern']}")
        if "enum" in shape and path[-1] == 0:
            # Of a list of texts AWS shows the whole list, and the constraint in brackets.
            failed = f"Value '[SIDEWAYS]' at '{at(path[:-1])}' failed to satisfy constraint: Member must satisfy constraint: [Member must"
            self.refused(path, "enum", "SIDEWAYS", f"{failed} satisfy enum value set: [")
        elif "enum" in shape:
            self.refused(path, "enum", "SIDEWAYS", f"Value 'SIDEWAYS' {failed} satisfy enum value set: [")

    def number(self, path: list, bound: int, step: int, outside: str, inside: str, words: str) -> None:
        self.accepted(path, inside, bound)
        self.refused(path, outside, bound + step, f"Value '{bound + step}' {words} {bound}")

    def count(self, shape: dict, path: list, failed: str) -> None:
        element = self.value(path)[0]
        if shape.get("min"):
            self.refused(path, "empty", [], f"{failed} have length greater than or equal to {shape['min']}")
        if "max" in shape:
            self.accepted(path, "greatest", {"times": shape["max"], "of": element})
            self.refused(
                path, "above", {"times": shape["max"] + 1, "of": element}, f"{failed} have length less than or equal to {shape['max']}"
            )

    def value(self, path: list):
        """What the whole request has at a path, or None."""
        document = self.told["with"]
        for part in path:
            document = document.get(part) if isinstance(document, dict) else document[part]
        return document

    def refused(self, path: list, what: str, value, sentence: str) -> None:
        self.row(path, what, value, {"error": self.told.get("error", "ValidationException"), "says": sentence})

    def accepted(self, path: list, what: str, value, clients: list[str] | None = None) -> None:
        self.row(path, what, value, {"accepted": True}, clients)

    def row(self, path: list, what: str, value, wanted: dict, clients: list[str] | None = None) -> None:
        id = f"{dashed(self.told['call'])}.{self.label(path)}.{what}"
        if id in self.told.get("skip", {}):
            return
        service = self.told.get("service", "kinesis")
        step = {"service": service, "call": self.told["call"], "with": replaced(self.told["with"], path, value), **wanted}
        kept = {key: self.told[key] for key in ("needs", "account", "server", "not") if key in self.told}
        if clients:
            kept["clients"] = clients
        self.made.append({"id": id, **kept, "step": [step]})

    @staticmethod
    def label(path: list) -> str:
        return ".".join(dashed(part) for part in path if part != 0)


def dashed(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def at(path: list) -> str:
    """Where AWS says a member stands: `records.1.member.data`."""
    return ".".join(f"{part + 1}.member" if isinstance(part, int) else part[0].lower() + part[1:] for part in path)


def replaced(document, path: list, value):
    """The document with another value at a path; None takes the member away."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return [replaced(element, rest, value) if i == head else element for i, element in enumerate(document)]
    document = dict(document)
    inner = replaced(document.get(head, {}), rest, value)
    if inner is None:
        document.pop(head, None)
    else:
        document[head] = inner
    return document
