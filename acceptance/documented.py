#!/usr/bin/env python3
"""Runs the line of code that docs/clients.md gives for a client, in the program around it (`documented/`), and looks that it came here.

In those programs LINE is the documented line; each prints the names of the streams it finds. The endpoint is in the line alone. The program of
docs/client-side-encryption.md is run as a whole, with the endpoint in the environment.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3

from agents import CLIENTS, environment
from outcomes import Outcomes
from server import Server

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "clients.md"
ENCRYPTED = HERE.parent / "docs" / "client-side-encryption.md"
# What its program puts, and prints when it has read it.
VISITS = ["alice saw /", "bob saw /prices"]
DOCUMENTED = "http://127.0.0.1:4566"
STREAM = "found-by-the-documented-line"
# The SDK for Rust is compiled the first time.
SECONDS = 600

# What the page calls a client, and the program around its line.
PROGRAMS = {
    "AWS CLI": "cli.sh",
    "boto3": "with_boto3.py",
    "aioboto3": "with_aioboto3.py",
    "async-kinesis": "with_async_kinesis.py",
    "SDK for JavaScript v3": "javascript.mjs",
    "SDK for Java v2": "Documented.java",
    "SDK for Go v2": "main.go",
    "SDK for Rust": "rust/src/main.rs",
}


def main() -> int:
    lines = documented(PAGE.read_text())
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"]), Outcomes()
    try:
        told = environment(server.start().endpoint)
        os.environ.update(told, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
        boto3.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        del os.environ["AWS_ENDPOINT_URL"]
        for client, program in PROGRAMS.items():
            outcomes.of(client, lambda: ran(client, lines.get(client), program, server.endpoint))
        os.environ["AWS_ENDPOINT_URL"] = server.endpoint
        outcomes.of("AWS Encryption SDK", encrypted)
        code = server.stop()
    finally:
        server.discard()
    return outcomes.end(code)


def documented(page: str) -> dict[str, str]:
    """Each client of the page's table with its line of code."""
    rows = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in page.splitlines() if row.startswith("| ")]
    return {row[0]: code[1] for row in rows if len(row) == 4 and (code := re.fullmatch(r"`(.*)`", row[2]))}


def ran(client: str, line: str | None, program: str, endpoint: str) -> str | None:
    """What was wrong with the documented line, or None."""
    if line is None or DOCUMENTED not in line:
        return f"docs/clients.md has no line of code for it: {line}"
    with tempfile.TemporaryDirectory(prefix="anabranch-documented-") as place:
        path = Path(place) / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HERE / "documented" / program).read_text().replace("LINE", line.replace(DOCUMENTED, endpoint)))
        words, more = command(path)
        done = subprocess.run(words, cwd=place, env={**os.environ, **more}, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode or STREAM not in done.stdout:
        return f"`{line}` ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-800:]}"
    return None


def encrypted() -> str | None:
    """What was wrong with the program of the page about encryption, or None: it reads what it put, which nobody reads without the key."""
    program = re.search(r"^```python\n(.*?)^```", ENCRYPTED.read_text(), re.MULTILINE | re.DOTALL)[1]
    python = [os.environ["ACCEPTANCE_PYTHON_CLIENTS"], "-B", "-c"]

    def read_by(code: str) -> subprocess.CompletedProcess:
        return subprocess.run([*python, code], env=os.environ, capture_output=True, text=True, timeout=SECONDS)

    done = read_by(program)
    if done.returncode or done.stdout.splitlines() != VISITS:
        return f"it ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-800:]}"
    kinesis, kms = boto3.client("kinesis"), boto3.client("kms")
    place = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamName="visits", **place)["ShardIterator"]
    sealed = [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
    if len(sealed) != len(VISITS) or any(visit.encode() in b"".join(sealed) for visit in VISITS):
        return f"{len(sealed)} records are in the stream, and what they say is readable"
    # The lines that read, with the key that is there.
    key = kms.describe_key(KeyId="alias/visits")["KeyMetadata"]["Arn"]
    reads = program[: program.index("key = ")] + f"key = {key!r}\n"
    reads += program[program.index("encryption = ") : program.index("for visit in")] + program[program.index("shard = ") :]
    kms.disable_key(KeyId=key)
    disabled = read_by(reads)
    kms.enable_key(KeyId=key)
    if disabled.stdout or "No Configured KMS Key was able to decrypt" not in disabled.stderr:
        return f"records are read whose key is disabled: {(disabled.stdout + disabled.stderr).strip()[-800:]}"
    return None if read_by(reads).stdout.splitlines() == VISITS else "what was put is not read by another program"


def command(path: Path) -> tuple[list[str], dict[str, str]]:
    """How a program is run, and what it needs in its environment."""
    match path.suffix:
        case ".sh":
            return ["bash", "-eu", str(path)], {"PATH": str(Path(os.environ["ACCEPTANCE_AWS"]).parent) + os.pathsep + os.environ["PATH"]}
        case ".py":
            return [os.environ["ACCEPTANCE_PYTHON_CLIENTS"], "-B", str(path)], {}
        case ".mjs":
            (path.parent / "node_modules").symlink_to((CLIENTS / "javascript" / "node_modules").resolve())
            return [os.environ["ACCEPTANCE_NODE"], str(path)], {}
        case ".java":
            return ["java", "-cp", os.environ["ACCEPTANCE_JAVA_LIBRARIES"] + "/*", str(path)], {}
        case ".go":
            for name in ("go.mod", "go.sum"):
                shutil.copy(CLIENTS / "go" / name, path.parent)
            return [os.environ["ACCEPTANCE_GO_PROGRAM"], "run", "."], {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
        case ".rs":
            package = path.parent.parent
            for name in ("Cargo.toml", "Cargo.lock"):
                shutil.copy(HERE / "documented" / "rust" / name, package)
            manifest = str(package / "Cargo.toml")
            return ["cargo", "run", "--quiet", "--locked", "--manifest-path", manifest], {"CARGO_TARGET_DIR": os.environ["ACCEPTANCE_RUST_TARGET"]}
    raise ValueError(f"nobody knows how to run {path.name}")


if __name__ == "__main__":
    sys.exit(main())
