"""The record of what each client did: one JSON line per call, from what the client reported (README.md, "Traffic")."""

import functools
import json
import os
from pathlib import Path

import models
import sizes


@functools.cache
def shape_name(service: str, operation: str, code: str) -> str:
    """The model's name of an error that a client calls by the older code of the Query protocol: an error of the operation, where several have the code."""
    model = models.read(service)
    named = [name for name, shape in model["shapes"].items() if shape.get("error", {}).get("code") == code]
    own = [name for name in named if name in model["operations"][operation].get("errors", [])]
    return next(iter(own + named), code)


class Traffic:
    """Writes CLIENT.jsonl. `keep` leaves an earlier record as it is, for runs of a part of the table."""

    def __init__(self, client: str, keep: bool):
        folder = os.environ.get("ACCEPTANCE_TRAFFIC")
        self.client, self.calls = client, []
        self.path = None if keep or folder is None else Path(folder) / f"{client}.jsonl"

    def __enter__(self) -> "Traffic":
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("w")
        return self

    def __exit__(self, *_) -> None:
        if self.path:
            self.file.close()

    def call(self, service: str, operation: str, params: dict, answer: dict) -> None:
        self.calls.append({
            "service": service,
            "operation": operation,
            "status": answer.get("status"),
            "code": None if answer["ok"] else shape_name(service, operation, answer["code"]),
            "sizes": sizes.of(service, operation, params),
        })

    def row_ended(self, row: str, passed: bool) -> None:
        if self.path:
            for call in self.calls:
                self.file.write(json.dumps({"client": self.client, "row": row, "passed": passed, **call}) + "\n")
        self.calls.clear()
