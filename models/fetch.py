#!/usr/bin/env python3
"""Writes the service models that services.toml lists from the botocore package, without their prose.

    models/fetch.py [WHEEL]

Without an argument the pinned version is fetched with pip. The result is deterministic: the same package gives the same
bytes. Only what the generator uses is kept: documentation, endpoint rules and client hints are left behind.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile

HERE = pathlib.Path(__file__).parent

METADATA = [
    "apiVersion", "endpointPrefix", "signingName", "serviceId", "protocol", "protocols", "jsonVersion",
    "targetPrefix", "xmlNamespace", "awsQueryCompatible", "auth", "uid",
]
OPERATION = [
    "name", "http", "input", "output", "errors", "readonly", "idempotent", "auth", "authtype", "requestcompression",
]
SHAPE = [
    "type", "enum", "max", "min", "pattern", "required", "members", "member", "key", "value", "exception", "fault", "error",
    "event", "eventstream", "payload", "sensitive", "streaming", "union", "flattened", "locationName", "timestampFormat",
    "xmlNamespace", "xmlOrder", "box", "synthetic", "document",
]
REFERENCE = [
    "shape", "location", "locationName", "queryName", "flattened", "xmlAttribute", "xmlNamespace", "timestampFormat",
    "eventpayload", "eventheader", "streaming", "idempotencyToken", "jsonvalue", "box", "hostLabel",
]


def kept(source, names):
    return {name: source[name] for name in names if name in source}


def reference(source):
    return kept(source, REFERENCE)


def shape(source):
    result = kept(source, SHAPE)
    for name in ("member", "key", "value"):
        if name in result:
            result[name] = reference(result[name])
    if "members" in result:
        result["members"] = {name: reference(member) for name, member in result["members"].items()}
    return result


def operation(source, operations_only):
    result = kept(source, ["name", "http"] if operations_only else OPERATION)
    for name in ("input", "output"):
        if name in result:
            result[name] = kept(result[name], ["shape", "resultWrapper", "locationName", "xmlNamespace"])
    if "errors" in result:
        result["errors"] = [error["shape"] for error in result["errors"]]
    return result


def model(source, operations_only):
    result = {
        "metadata": kept(source["metadata"], METADATA),
        "operations": {
            name: operation(o, operations_only) for name, o in sorted(source["operations"].items())
        },
    }
    if not operations_only:
        result["shapes"] = {name: shape(s) for name, s in sorted(source["shapes"].items())}
    return result


def pretty(document):
    """One line per operation and per shape: small, and a changed shape is one changed line."""
    one_line = lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    sections = []
    for section, entries in document.items():
        lines = ",\n".join(f"{json.dumps(name)}:{one_line(value)}" for name, value in entries.items())
        sections.append(f"{json.dumps(section)}:{{\n{lines}\n}}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def wheel(version, directory):
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, f"botocore=={version}",
    ]
    subprocess.run(command, check=True)
    return next(pathlib.Path(directory).glob("botocore-*.whl"))


def write_models(package, services):
    for service in services:
        path = f"botocore/data/{service['botocore']}/service-2.json.gz"
        source = json.loads(gzip.decompress(package.read(path)))
        document = model(source, service.get("operations_only", False))
        target = HERE / f"{service['name']}.json"
        target.write_text(pretty(document), encoding="utf-8")
        print(f"{target.name}: {len(document['operations'])} operations")


def main():
    listed = tomllib.loads((HERE / "services.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as directory:
        path = sys.argv[1] if len(sys.argv) > 1 else wheel(listed["botocore"]["version"], directory)
        with zipfile.ZipFile(path) as package:
            write_models(package, listed["service"])


if __name__ == "__main__":
    main()
