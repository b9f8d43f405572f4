"""Rows that follow from the models: each built operation's required members, edges of lengths and numbers, patterns and enums.

`scenarios/edges.toml` says for each operation what a whole request looks like; the bounds, and AWS's sentences about them, come
from `models/`, so that no limit of a model can be forgotten here.
"""

import re
import tomllib
from pathlib import Path

import models

HERE = Path(__file__).resolve().parent


def rows() -> list[dict]:
    """All of them, for every operation that `edges.toml` names."""
    told = tomllib.loads((HERE / "scenarios" / "edges.toml").read_text())
    made = []
    for operation in told["operation"]:
        made += Edges(operation, models.read(operation.get("service", "kinesis")), told["shape"]).rows()
    for row in made:
        unsendable = {mark["client"]: mark["why"] for mark in told["unsendable"] if re.search(mark["rows"], row["id"])}
        if unsendable:
            row["unsendable"] = unsendable
    return made


class Edges:
    """The rows of one operation."""

    def __init__(self, told: dict, model: dict, shapes: dict):
        self.told, self.model, self.known = told, model, shapes
        self.made = []
        # The structures that the one looked at is in: shapes may be made of themselves.
        self.above = []

    def rows(self) -> list[dict]:
        self.structure(self.model["operations"][self.told["call"]]["input"]["shape"], [])
        return self.made

    def structure(self, name: str, path: list) -> None:
        shape = self.model["shapes"][name]
        for member, reference in shape["members"].items():
            self.member(reference["shape"], [*path, member], member in shape.get("required", []))

    def member(self, name: str, path: list, required: bool) -> None:
        if self.label(path) in self.told.get("skip", {}) or path[0] not in self.told.get("only", [path[0]]):
            return
        if not all(here == wanted for here, wanted in zip(filter(plain, path), self.told.get("within", []))):
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
            case "blob":
                if shape.get("min"):
                    self.refused(path, "empty", {"bytes": shape["min"] - 1}, f"{failed} have length greater than or equal to {shape['min']}")
                    self.accepted(path, "least", {"bytes": shape["min"]})
                if "max" in shape:
                    self.accepted(path, "greatest", {"bytes": shape["max"]})
                    self.refused(path, "above", {"bytes": shape["max"] + 1}, f"{failed} have length less than or equal to {shape['max']}")
            case "list":
                if "min" in shape or "max" in shape:
                    self.count(shape, path, failed)
                if self.value(path):
                    self.member(shape["member"]["shape"], [*path, 0], False)
            case "map":
                self.mapping(shape, path, failed)
                if self.model["shapes"][shape["value"]["shape"]]["type"] != "string" and (entries := self.value(path)):
                    self.member(shape["value"]["shape"], [*path, Key(next(iter(entries)))], False)
            case "structure" if name not in self.above:
                self.above.append(name)
                self.structure(name, path)
                self.above.pop()

    def text(self, name: str, shape: dict, path: list, failed: str) -> None:
        known, says = self.known.get(name, {}), failed
        if path[-1] == 0:
            # Of a list of texts AWS shows the whole list, and what its elements have to hold in brackets.
            says = [f"at '{at(path[:-1])}' failed to satisfy constraint: Member must satisfy constraint: [", "Member must"]
        if shape.get("min"):
            self.refused(path, "empty", "", said(says, f"have length greater than or equal to {shape['min']}"))
        if "max" in shape:
            long = {"chars": shape["max"], "prefix": known.get("prefix", ""), "letter": known.get("letter", "a")}
            least = max(shape.get("min", 0), 1)
            if sentence := known.get("least_refused"):
                self.refused(path, "least", "a" * least, sentence)
            elif value := known.get("least", "a" * least if re.fullmatch(python(shape.get("pattern", ".*")), "a" * least) else None):
                self.accepted(path, "least", value)
                if least > 1:
                    self.refused(path, "below", value[:-1], said(says, f"have length greater than or equal to {least}"))
            self.accepted(path, "greatest", known.get("value", long), known.get("clients"))
            self.refused(path, "above", {**long, "chars": shape["max"] + 1}, said(says, f"have length less than or equal to {shape['max']}"))
        if "pattern" in shape:
            self.refused(path, "pattern", known.get("wrong", "not ours!"), said(says, f"satisfy regular expression pattern: {shape['pattern']}"))
        if "enum" in shape:
            self.refused(path, "enum", "SIDEWAYS", said(says, "satisfy enum value set: ["))

    def mapping(self, shape: dict, path: list, failed: str) -> None:
        """How many entries there are; and, of a map of texts, how long. AWS shows the whole map, and what its values have to hold in brackets."""
        entries = self.value(path) or {}
        of = {} if all(isinstance(value, str) for value in entries.values()) else {"of": next(iter(entries.values()))}
        if shape.get("min"):
            self.refused(path, "below", {"keys": shape["min"] - 1, **of}, f"{failed} have length greater than or equal to {shape['min']}")
            self.accepted(path, "least", {"keys": shape["min"], **of})
        if "max" in shape:
            self.accepted(path, "greatest", {"keys": shape["max"], **of})
            self.refused(path, "above", {"keys": shape["max"] + 1, **of}, f"{failed} have length less than or equal to {shape['max']}")
        if of or not entries:
            return
        value = self.model["shapes"][shape["value"]["shape"]]
        if not {"min", "max"} & value.keys():
            return
        says = [f"at '{at(path)}' failed to satisfy constraint: Map value must satisfy constraint: [", "Member must"]
        key = next(iter(self.value(path)))
        if value.get("min"):
            self.refused([*path, key], "empty", "", said(says, f"have length greater than or equal to {value['min']}"))
        if "max" in value:
            self.accepted([*path, key], "greatest", {"chars": value["max"]})
            self.refused([*path, key], "above", {"chars": value["max"] + 1}, said(says, f"have length less than or equal to {value['max']}"))

    def number(self, path: list, bound: int, step: int, outside: str, inside: str, words: str) -> None:
        self.accepted(path, inside, bound)
        self.refused(path, outside, bound + step, f"Value '{bound + step}' {words} {bound}")

    def count(self, shape: dict, path: list, failed: str) -> None:
        element = self.value(path)[0]
        if shape.get("min"):
            self.refused(path, "empty", [], f"{failed} have length greater than or equal to {shape['min']}")
            self.accepted(path, "least", {"times": shape["min"], "of": element})
        if "max" in shape:
            self.accepted(path, "greatest", {"times": shape["max"], "of": element})
            self.refused(
                path, "above", {"times": shape["max"] + 1, "of": element}, f"{failed} have length less than or equal to {shape['max']}"
            )

    def value(self, path: list):
        """What the whole request has at a path, or None."""
        document = self.told["with"]
        for part in path:
            if not document:
                return None
            document = document.get(part) if isinstance(document, dict) else document[part]
        return document

    def refused(self, path: list, what: str, value, sentence: str | list[str]) -> None:
        self.row(path, what, value, {"error": self.told.get("error", "ValidationException"), "says": sentence})

    def accepted(self, path: list, what: str, value, clients: list[str] | None = None) -> None:
        self.row(path, what, value, {"accepted": True}, clients)

    def row(self, path: list, what: str, value, wanted: dict, clients: list[str] | None = None) -> None:
        id = f"{self.told.get('name', dashed(self.told['call']))}.{self.label(path)}.{what}"
        if id in self.told.get("skip", {}) or "beyond" in self.told and "accepted" in wanted:
            return
        if len(list(filter(plain, path))) < len(self.told.get("within", [])):
            return
        service = self.told.get("service", "kinesis")
        step = {"service": service, "call": self.told["call"], "with": replaced(self.told["with"], path, value), **wanted}
        kept = {key: self.told[key] for key in ("needs", "account", "server", "not", "clients") if key in self.told}
        if clients:
            kept["clients"] = clients
        self.made.append({"id": id, **kept, "step": [step]})

    @staticmethod
    def label(path: list) -> str:
        inner = [dashed(part) for part in path[:-1] if plain(part)]
        return ".".join([*inner, "each" if path[-1] == 0 else dashed(path[-1])])


class Key(str):
    """A step of a path that is a map's key, not a member's name."""


def plain(part: str | int) -> bool:
    """Whether a step of a path is a member's name."""
    return isinstance(part, str) and not isinstance(part, Key)


def python(pattern: str) -> str:
    """A pattern of the models, which are Java's, with the classes that Python does not know."""
    return pattern.replace(r"\p{L}", "a-zA-Z").replace(r"\p{N}", "0-9").replace(r"\p{Z}", " ")


def dashed(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def said(before: str | list[str], words: str) -> str | list[str]:
    """The sentence, or the parts of it that are known, with the constraint's words at its end."""
    return f"{before} {words}" if isinstance(before, str) else [before[0], f"{before[1]} {words}"]


def at(path: list) -> str:
    """Where AWS says a member stands: `records.1.member.data`."""
    return ".".join(step_of(part) for part in path)


def step_of(part: str | int) -> str:
    if isinstance(part, int):
        return f"{part + 1}.member"
    return f"{part}.member" if isinstance(part, Key) else part[0].lower() + part[1:]


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
