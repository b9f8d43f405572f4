"""The record of what each client did: one JSON line per call, from what the client reported (README.md, "Traffic")."""

import functools
import json
import os
from pathlib import Path

import models
import sizes


@functools.cache
def shape_name(service: str, code: str) -> str:
    """The model's name of an error that a client calls by the older code of the Query protocol."""
    for name, shape in models.read(service)["shapes"].items():
        if shape.get("error", {}).get("code") == code:
            return name
    return code


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
            "code": None if answer["ok"] else shape_name(service, answer["code"]),
            "sizes": sizes.of(service, operation, params),
        })

    def row_ended(self, row: str, passed: bool) -> None:
        if self.path:
            for call in self.calls:
                self.file.write(json.dumps({"client": self.client, "row": row, "passed": passed, **call}) + "\n")
        self.calls.clear()
