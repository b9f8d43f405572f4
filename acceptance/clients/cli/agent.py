"""The AWS CLI as a client of the scenario table: one `aws` process per question, answered with what it printed."""

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

REFUSAL = re.compile(r"An error occurred \((.*?)\) when calling the (\w+) operation(?: \(reached max retries: \d+\))?: ?(.*)", re.DOTALL)


def sent(value):
    """A parameter as `--cli-input-json` takes it: a blob is its text there, a time its seconds."""
    if isinstance(value, list):
        return [sent(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return base64.b64decode(value["$blob"]).decode()
    if "$time" in value:
        return value["$time"] / 1000
    return {key: sent(element) for key, element in value.items()}


def came(value, name: str = ""):
    """A value of an answer as the driver takes it: the CLI prints blobs as base64 and times as the service sent them."""
    if isinstance(value, list):
        return [came(element, name) for element in value]
    if isinstance(value, dict):
        return {key: came(element, key) for key, element in value.items()}
    if name == "Data":
        return {"$blob": value}
    if name.endswith("Timestamp") and isinstance(value, (int, float)):
        return {"$time": round(value * 1000)}
    return value


@cache
def model(service: str) -> dict:
    """The newest model of a service that this CLI carries."""
    root = Path(os.environ["ACCEPTANCE_AWS"]).parent.parent
    versions = sorted(root.glob(f"lib/python*/site-packages/awscli/botocore/data/{service}/*/service-2.json*"))
    return json.loads((gzip.open if versions[-1].suffix == ".gz" else open)(versions[-1], "rt").read())


def unknown_members(question: dict) -> str | None:
    """What this version's model does not have: the CLI would leave it out without a word."""
    known, operation = model(question["service"]), question["operation"]
    if operation not in known["operations"]:
        return f"no {operation}"
    taken = known["operations"][operation].get("input")
    members = known["shapes"][taken["shape"]]["members"] if taken else {}
    unknown = set(question["params"]) - set(members)
    return f"{operation} has no {', '.join(sorted(unknown))}" if unknown else None


def cli_name(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", operation).lower()


def call(question: dict, file) -> dict:
    if unknown := unknown_members(question):
        return {"unsupported": unknown}
    json.dump(sent(question["params"]), file)
    file.flush()
    words = [
        os.environ["ACCEPTANCE_AWS"], question["service"], cli_name(question["operation"]),
        "--cli-input-json", f"file://{file.name}", "--no-paginate", "--output", "json",
        "--region", question["region"], "--endpoint-url", question["endpoint"],
    ]
    keys = {"AWS_ACCESS_KEY_ID": question["key"], "AWS_SECRET_ACCESS_KEY": question["secret"]}
    done = subprocess.run(words, env={**os.environ, **keys}, capture_output=True, text=True, timeout=60)
    if done.returncode == 0:
        return {"ok": True, "output": came(json.loads(done.stdout)) if done.stdout.strip() else {}}
    if refusal := REFUSAL.search(done.stderr):
        return {"ok": False, "code": refusal[1], "message": refusal[3].removesuffix("\n")}
    return {"broken": done.stderr.strip()[-500:]}


for line in sys.stdin:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        print(json.dumps(call(json.loads(line), file)), flush=True)
