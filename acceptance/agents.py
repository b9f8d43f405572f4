"""The clients: each a child process that makes the call it is told and answers with what its SDK said, one JSON line each way."""

import json
import os
import subprocess
import sys
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent / "clients"


def command(client: str) -> list[str]:
    match client:
        case "boto3" | "raw":
            return [sys.executable, "-B", str(CLIENTS / client / "agent.py")]
        case "cli":
            python = Path(os.environ["ACCEPTANCE_AWS"]).with_name("python")
            return [str(python), "-B", str(CLIENTS / client / "agent.py")]
        case "javascript":
            return [os.environ["ACCEPTANCE_NODE"], str(CLIENTS / client / "agent.mjs")]
        case "java":
            path = os.environ["ACCEPTANCE_JAVA_CLASSES"] + ":" + os.environ["ACCEPTANCE_JAVA_LIBRARIES"] + "/*"
            return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", path, "Agent"]
        case "go":
            return [os.environ["ACCEPTANCE_GO"]]
        case "rust":
            return [os.environ["ACCEPTANCE_RUST"]]
    sys.exit(f"table: no such client `{client}`")


NAMES = ["boto3", "raw", "javascript", "java", "go", "rust", "cli"]


def environment(endpoint: str) -> dict[str, str]:
    """The environment of a client that must never find a real endpoint, account or configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(CLIENTS / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Live tails are at a host of their own on AWS (docs/clients.md).
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        "NODE_NO_WARNINGS": "1",
    }


class Agent:
    """One client's process. `ask` makes a call of it."""

    def __init__(self, client: str, endpoint: str):
        self.client = client
        self.process = subprocess.Popen(
            command(client), env=environment(endpoint), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, question: dict) -> dict:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the agent of {self.client} ended with {self.process.wait()}")
        return json.loads(answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
