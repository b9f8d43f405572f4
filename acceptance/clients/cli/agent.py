"""The AWS CLI as a client of the scenario table: a process per question, answered with what it printed.

For the first question about an operation that process is `aws` itself. For the others it is a copy of this one, which has loaded the
CLI's program already: the same code without half a second of start-up, for tables of many hundred rows.
"""

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path

import awscli.clidriver

asked = set()
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


def came(value, blobs: set[str], name: str = ""):
    """A value of an answer as the driver takes it: the CLI prints blobs as base64 and times as the service sent them."""
    if isinstance(value, list):
        return [came(element, blobs, name) for element in value]
    if isinstance(value, dict):
        return {key: came(element, blobs, key) for key, element in value.items()}
    if name in blobs:
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


@cache
def blobs_of(service: str) -> set[str]:
    """The members of a service's shapes that are blobs."""
    shapes = model(service)["shapes"]
    members = (member for shape in shapes.values() for member in shape.get("members", {}).items())
    return {name for name, reference in members if shapes[reference["shape"]]["type"] == "blob"}


def binary(params: dict) -> dict[str, bytes]:
    """The blobs that are no text, which `--cli-input-json` cannot hold."""
    found = {}
    for name, value in params.items():
        if isinstance(value, dict) and "$blob" in value:
            content = base64.b64decode(value["$blob"])
            try:
                content.decode()
            except UnicodeDecodeError:
                found[name] = content
    return found


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


def call(question: dict, folder: Path) -> dict:
    if unknown := unknown_members(question):
        return {"unsupported": unknown}
    files = binary(question["params"])
    file = folder / "params.json"
    file.write_text(json.dumps(sent({name: value for name, value in question["params"].items() if name not in files})))
    words = [
        os.environ["ACCEPTANCE_AWS"], question["service"], cli_name(question["operation"]),
        "--cli-input-json", f"file://{file}", "--no-paginate", "--output", "json",
        "--region", question["region"], "--endpoint-url", question["endpoint"],
    ]
    for name, content in files.items():
        (folder / name).write_bytes(content)
        words += [f"--{cli_name(name)}", f"fileb://{folder / name}"]
    keys = {"AWS_ACCESS_KEY_ID": question["key"], "AWS_SECRET_ACCESS_KEY": question["secret"], "AWS_SESSION_TOKEN": question.get("token", "")}
    known = (question["service"], question["operation"])
    code, out, err = (forked if known in asked else spawned)(words, keys)
    asked.add(known)
    if code == 0:
        return {"ok": True, "output": came(json.loads(out), blobs_of(question["service"])) if out.strip() else {}}
    if refusal := REFUSAL.search(err):
        return {"ok": False, "code": refusal[1], "message": refusal[3].removesuffix("\n")}
    return {"broken": err.strip()[-500:]}


def spawned(words: list[str], keys: dict[str, str]) -> tuple[int, str, str]:
    """Runs `aws`. Answers its exit code and what it printed on standard output and standard error."""
    done = subprocess.run(words, env={**os.environ, **keys}, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@cache
def loaded():
    """The CLI with its plug-ins, as its `main` makes it before it looks at the words."""
    return awscli.clidriver.create_clidriver()


def forked(words: list[str], keys: dict[str, str]) -> tuple[int, str, str]:
    """The same, in a copy of this process."""
    loaded()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if child == 0:
            code = 255
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                os.environ.update(keys)
                code = loaded().main(words[1:])
                sys.stdout.flush()
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code if isinstance(code, int) else 255)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return os.waitstatus_to_exitcode(status), out.read(), err.read()


for line in sys.stdin:
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(call(json.loads(line), Path(folder))), flush=True)
