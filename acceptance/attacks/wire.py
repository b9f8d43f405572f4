"""Requests made by hand: signed as SDKs sign, then changed as no SDK would, and sent over raw sockets."""

import datetime
import hashlib
import json
import re
import socket
import time
from contextlib import closing
from dataclasses import dataclass, replace
from unittest import mock
from urllib.parse import urlencode, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from callers import REGION

# An answer takes no longer; what is slow on purpose says so itself.
SECONDS = 10
TARGETS = {"kinesis": "Kinesis_20131202", "kms": "TrentService"}
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15", "monitoring": "2010-08-01"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The error's name, in JSON or XML."""
        text = self.body.decode(errors="replace")
        if text.startswith("{"):
            told = json.loads(text).get("__type")
            return told and told.split("#")[-1]
        found = re.search(r"<Code>(.*?)</Code>|<(\w+Exception)>", text)
        return found and (found[1] or found[2])

    def json(self) -> dict:
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


@dataclass(frozen=True)
class Request:
    """A request as it stands on the wire. What is changed after it was signed stays as it was signed everywhere else."""

    method: str = "POST"
    target: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    # Whether the body's own length is told.
    length: bool = True

    def header(self, name: str) -> str:
        return next(value for known, value in self.headers if known.lower() == name.lower())

    def with_header(self, name: str, value: str) -> "Request":
        """The header with this value in the place of what it had."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def and_header(self, name: str, value: str) -> "Request":
        """One header more, whether or not there is one of the name."""
        return replace(self, headers=(*self.headers, (name, value)))

    def before(self, name: str, value: str) -> "Request":
        """One header more, in front of all others."""
        return replace(self, headers=((name, value), *self.headers))

    def without(self, name: str) -> "Request":
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))

    def authorized(self, pattern: str, by: str) -> "Request":
        """With something else in its Authorization."""
        changed, times = re.subn(pattern, by, self.header("Authorization"), count=1)
        assert times == 1, f"nothing in the Authorization is like {pattern}"
        return self.with_header("Authorization", changed)

    def bytes(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        if self.length:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def signed(unsigned: Request, keys: tuple | None, service: str = "kinesis", region: str = REGION, minutes: float = 0, query: bool = False) -> Request:
    """The request with a signature by (key, secret) or (key, secret, token), made so many minutes from now; in the query if so asked."""
    if keys is None:
        return unsigned
    given = AWSRequest(unsigned.method, f"http://{unsigned.header('Host')}{unsigned.target}", headers=dict(unsigned.headers), data=unsigned.body)
    signer = (botocore.auth.SigV4QueryAuth if query else botocore.auth.SigV4Auth)(Credentials(*keys), service, region)
    # For a query botocore would sign an empty body.
    signer.payload = lambda _: hashlib.sha256(unsigned.body).hexdigest()
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: now.replace(tzinfo=None)):
        signer.add_auth(given)
    split = urlsplit(given.url)
    return replace(unsigned, target=split.path + (f"?{split.query}" if split.query else ""), headers=tuple(given.headers.items()))


def request(address: str, operation: str, params: dict, service: str = "kinesis", **more: str) -> Request:
    """A call that nobody has signed: JSON, or a form where the service speaks AWS Query."""
    headers = {"Host": address}
    if service in TARGETS:
        headers |= {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGETS[service]}.{operation}"}
        body = json.dumps(params)
    else:
        headers |= {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = urlencode({"Action": operation, "Version": VERSIONS[service], **params})
    return Request(headers=tuple({**headers, **more}.items()), body=body.encode())


def connect(address: str, seconds: float = SECONDS) -> socket.socket:
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=seconds)


def send(address: str, data: bytes, seconds: float = SECONDS) -> list[Answer]:
    """All that is answered to these bytes until the server ends the connection, or is silent for a moment after an answer."""
    with closing(connect(address, seconds)) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            # It was refused before it was all sent; the answer may be there nevertheless.
            pass
        return answers(connection, seconds)


def answers(connection: socket.socket, seconds: float = SECONDS) -> list[Answer]:
    """The answers that come on a connection: until it ends, or nothing more comes shortly after one."""
    found, held, until = [], b"", time.monotonic() + seconds
    while True:
        while parsed := first_answer(held):
            answer, held = parsed
            found.append(answer)
        connection.settimeout(0.15 if found and not held else max(0.01, until - time.monotonic()))
        try:
            more = connection.recv(65_536)
        except TimeoutError:
            assert found, f"no answer in {seconds} s"
            return found
        except ConnectionResetError:
            return found
        if not more:
            return found
        held += more


def first_answer(held: bytes) -> tuple[Answer, bytes] | None:
    """The first whole answer, and what stands behind it."""
    head, end, rest = held.partition(b"\r\n\r\n")
    if not end:
        return None
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    length = int(headers.get("content-length", 0))
    if len(rest) < length:
        return None
    return Answer(int(status.split()[1]), headers, rest[:length]), rest[length:]


def answer(address: str, sent: Request, seconds: float = SECONDS) -> Answer:
    """The one answer to a request."""
    found = send(address, sent.with_header("Connection", "close").bytes() if sent.length else sent.bytes(), seconds)
    assert len(found) == 1, f"{len(found)} answers: {[str(one) for one in found]}"
    return found[0]
