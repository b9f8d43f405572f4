#!/usr/bin/env python3
"""Real clients on TLS, believing the development certificate by what the server says to export, under each name that it has.

Names beneath localhost are looked up by the client's own resolver where it knows them; where it does not, the test answers 127.0.0.1 for it.
"""

import os
import socket
import ssl
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import SSLError

from agents import Agent, environment
from server import Server

NAMES = ["localhost", "127.0.0.1", "kinesis.localhost", "kinesis.us-east-1.localhost", "sts.us-east-1.localhost"]
STRANGER = "elsewhere.localhost"


def main() -> int:
    server = Server(os.environ["ANABRANCH_BINARY"], ["--tls", "required"])
    passed = failed = 0
    try:
        server.start()
        os.environ.update(environment(server.endpoint))
        bundle = exported(server)
        port = int(server.address.rsplit(":", 1)[1])
        stay_here()
        cases = [(f"boto3 on {name}", lambda name=name: through_boto3(name, port, bundle)) for name in NAMES]
        cases += [
            (f"boto3 does not believe {STRANGER}", lambda: refused(lambda: through_boto3(STRANGER, port, bundle))),
            ("boto3 does not believe it without the bundle", lambda: refused(lambda: through_boto3("localhost", port, None))),
            ("JavaScript on localhost, HTTP/2", lambda: through_javascript(port, bundle)),
        ]
        for says, case in cases:
            try:
                holds, more = case(), ""
            except Exception as error:
                holds, more = False, f": {error!r}"
            passed, failed = passed + holds, failed + (not holds)
            print("ok  " if holds else "FAIL", says + more, flush=True)
    finally:
        server.discard()
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def exported(server: Server) -> str:
    """The bundle that the server says to export at its start."""
    lines = (server.place / "log").read_text().splitlines()
    return next(line.split("=", 1)[1] for line in lines if line.strip().startswith("export AWS_CA_BUNDLE="))


def stay_here() -> None:
    """Looks names beneath localhost up as RFC 6761 (6.3) has it, which not every resolver does."""
    look_up = socket.getaddrinfo

    def local(host, *rest, **named):
        return look_up("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **named)

    socket.getaddrinfo = local


def through_boto3(name: str, port: int, bundle: str | None) -> bool:
    client = boto3.client(
        "kinesis", endpoint_url=f"https://{name}:{port}", region_name="us-east-1", verify=bundle,
        aws_access_key_id="test", aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}),
    )
    return client.list_streams()["StreamNames"] == []


def refused(call) -> bool:
    try:
        call()
    except (SSLError, ssl.SSLError) as error:
        return "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error)
    return False


def through_javascript(port: int, bundle: str) -> bool:
    os.environ["NODE_EXTRA_CA_CERTS"] = bundle
    endpoint = f"https://localhost:{port}"
    agent = Agent("javascript", endpoint)
    try:
        where = {"region": "us-east-1", "key": "test", "secret": "test", "endpoint": endpoint}
        answer = agent.ask({**where, "service": "kinesis", "operation": "ListStreams", "params": {}})
        if not answer.get("ok"):
            print("    ", answer, flush=True)
        return answer.get("status") == 200
    finally:
        agent.close()


if __name__ == "__main__":
    sys.exit(main())
