"""What the server shows of itself: in process listings, logs, answers, files, and to other machines."""

import base64
import json
import os
import re
import socket
import ssl
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path


from field import CREDENTIALS, FLAGS, VICTIM, Field, whole_log
from callers import ACCOUNT, ROOTS, client, is_, refused, root, stream, user
from server import Server
from wire import Answer, Request, answer, first_answer, request, send, signed

# A server that may not start says so at once.
REFUSED_SECONDS = 10
SECRET_KEY = "AKIAEXPOSURE00000001:a/secret+of+forty+characters/in/an/envi:111122223333"


@contextmanager
def another(flags: list[str] = (), environment: dict[str, str] | None = None):
    """A server of its own, not started."""
    server = Server(os.environ["ANABRANCH_BINARY"], [*FLAGS, *flags], environment)
    try:
        yield server
    finally:
        server.discard()


def refused_to_start(server: Server, address: str, *words: str) -> str:
    """What a server says that ends by itself, with a code other than 0."""
    told = subprocess.run(
        [server.binary, "serve", "--listen", address, "--data-dir", str(server.data), *server.flags, *words],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=REFUSED_SECONDS,
    )
    assert told.returncode != 0, f"it served: {told}"
    return told.stderr


def secrets_in_process_listings(field: Field) -> None:
    """`ps` shows everybody the words of a command; secrets come from files and the environment, which the owner alone may read."""
    with another(environment={"ANABRANCH_ROOT_KEY": SECRET_KEY, "ANABRANCH_MASTER_KEY": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}) as server:
        server.start()
        words = Path(f"/proc/{server.process.pid}/cmdline").read_bytes().split(b"\0")
        assert b"serve" in words
        for secret in (b"a/secret+of", b"QUJDREVG"):
            assert not any(secret in word for word in words), words
        assert os.stat(f"/proc/{server.process.pid}/environ").st_mode & 0o077 == 0
        found = answer(server.address, signed(request(server.address, "ListStreams", {}), tuple(SECRET_KEY.split(":")[:2])))
        is_(found.status, 200)
        is_(server.stop(), 0)
    described = subprocess.run([os.environ["ANABRANCH_BINARY"], "serve", "--help"], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"--(secret|root-key|master-key|password)[ =]<", described), "a flag takes a secret"


def secrets_in_the_configuration_shown(field: Field) -> None:
    with another(environment={"ANABRANCH_ROOT_KEY": SECRET_KEY}) as server:
        told = subprocess.run([server.binary, "serve", "--print-config"], env=server.environment, capture_output=True, text=True)
        assert told.returncode == 0 and "region" in told.stdout, told
        assert "a/secret+of" not in told.stdout + told.stderr
        wrong = {"ANABRANCH_ROOT_KEY": "AKIA:a/secret+of+forty:12", "ANABRANCH_MASTER_KEY": "a/secret+of+no+thirty+two+bytes"}
        for name, value in wrong.items():
            refused = Server(server.binary, FLAGS, {name: value})
            try:
                said = refused_to_start(refused, "127.0.0.1:0")
                assert name in said and "a/secret+of" not in said, said
            finally:
                refused.discard()


def secrets_in_logs(field: Field) -> None:
    """At the level `debug`, after all attacks so far: no secret, no token, no record, no plaintext of a key."""
    keys = user("logged")
    stream("logged")
    token = root("sts").get_session_token()["Credentials"]
    root("kinesis").put_record(StreamName="logged", Data=b"a record that nobody logs", PartitionKey="a partition key that nobody logs")
    kms = root("kms")
    made = kms.generate_data_key(KeyId=kms.create_key()["KeyMetadata"]["Arn"], KeySpec="AES_256")
    log = whole_log(field.closed)
    assert "a call" in log, "nothing is logged at all"
    plain = base64.b64encode(made["Plaintext"]).decode()
    secrets = [keys[1], token["SecretAccessKey"], token["SessionToken"], *(secret for _, secret in ROOTS.values()), plain, made["Plaintext"].hex()]
    secrets += ["that nobody logs", base64.b64encode(b"a record that nobody logs").decode(), "the victim's secret"]
    for secret in secrets:
        assert secret not in log, f"the log has {secret}"


def a_line_forged_in_the_log(field: Field) -> None:
    """What a caller names is logged when it is denied; an end of line in it begins no line."""
    sts = client("sts", user("forges-lines"))
    for forged in ("forged by mallory", "2026-01-01T00:00:00Z  INFO all is well, mallory"):
        refused("AccessDenied", sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x\r\n{forged}", RoleSessionName="s1")
    log = whole_log(field.closed)
    assert "mallory" in log, "denials are not logged at all"
    assert not [line for line in re.split(r"[\r\n]", log) if "mallory" in line and "denied" not in line], "a line is mallory's own"


def secrets_in_refusals(field: Field) -> None:
    """A refusal quotes what was sent, never what would have been right."""
    right = field.put()
    field.passes(right)
    signature = right.header("Authorization")[-64:]
    for bad in (right.authorized("Signature=.*", "Signature=" + "0" * 64), field.put((ROOTS[VICTIM][0], "guess"))):
        found = field.fails(bad, "InvalidSignatureException")
        text = found.body.decode() + json.dumps(found.headers)
        assert signature not in text and ROOTS[VICTIM][1] not in text, text
    for found in (
        field.fails(field.signed("DescribeStream", {"StreamName": "no"}), "ResourceNotFoundException"),
        answer(field.closed.address, field.signed("Decrypt", {"CiphertextBlob": "eA=="}, service="kms")),
    ):
        assert str(field.closed.data) not in found.body.decode() and ".rs:" not in found.body.decode(), found


def an_open_server_for_the_network(field: Field) -> None:
    """Beyond loopback nobody serves who does not know their callers and speak TLS, unless told so in as many words."""
    with another() as server:
        for address in ("0.0.0.0:0", "[::]:0"):
            assert "not on loopback" in refused_to_start(server, address)
            assert "not on loopback" in refused_to_start(server, address, "--tls", "required")
        file = server.place / "credentials"
        file.touch(mode=0o600)
        file.write_text(CREDENTIALS)
        assert "plain text" in refused_to_start(server, "0.0.0.0:0", "--credentials", str(file))
        server.flags += ["--credentials", str(file), "--tls", "required"]
        server.address = "0.0.0.0:0"
        server.start()
        is_(server.stop(), 0)


def plain_text_where_tls_is_required(field: Field) -> None:
    """What is said in plain text is not acted upon."""
    with another(["--tls", "required"]) as server:
        server.start()
        put = signed(request(server.address, "CreateStream", {"StreamName": "s", "ShardCount": 1}), ("test", "test"))
        found = send(server.address, put.bytes())
        assert [one.status for one in found] == [400], found
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        listing = signed(request(server.address, "ListStreams", {}), ("test", "test")).with_header("Connection", "close")
        with closing(context.wrap_socket(socket.create_connection(tuple_of(server.address), 10))) as connection:
            connection.sendall(listing.bytes())
            held = b""
            while more := connection.recv(65_536):
                held += more
        is_(first_answer(held)[0].json()["StreamNames"], [])
        is_(server.stop(), 0)


def an_admin_call_to_an_open_server_from_elsewhere(field: Field) -> None:
    """An open server takes admin calls from loopback alone, whatever a header claims. Needs an address that is not loopback's."""
    with another(["--open-network"]) as server:
        server.address = "0.0.0.0:0"
        server.start()
        port = int(server.endpoint.rstrip("/").rsplit(":", 1)[1])
        for address, status in (("127.0.0.1", 200), (outward_address(), 403)):
            at = f"{address}:{port}"
            for headers in ((), (("X-Forwarded-For", "127.0.0.1"),), (("X-Real-Ip", "::1"),)):
                asked = Request("POST", "/_anabranch/fault", (("Host", at), *headers), b'{"faults": []}')
                is_(answer(at, asked).status, status)
        is_(server.stop(), 0)


def tuple_of(address: str) -> tuple[str, int]:
    host, port = address.rsplit(":", 1)
    return host, int(port)


def outward_address() -> str:
    """An address of this machine that is not loopback's: a datagram socket is bound to it when it is connected; nothing is sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.connect(("192.0.2.1", 9))
        address = probe.getsockname()[0]
    assert not address.startswith("127."), "this machine has no address but loopback's"
    return address


@contextmanager
def beyond_loopback(_: Field):
    """Asks a closed server that listens everywhere, on TLS: by loopback, and by this machine's own other address."""
    with another(["--tls", "required"]) as server:
        file = server.place / "credentials"
        file.touch(mode=0o600)
        file.write_text(CREDENTIALS)
        server.flags += ["--credentials", str(file)]
        server.address = "0.0.0.0:0"
        server.start()
        port = int(server.endpoint.rstrip("/").rsplit(":", 1)[1])

        def ask(address: str, path: str, headers: tuple) -> Answer:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(socket.create_connection((address, port), 10)) as connection:
                connection.sendall(Request("GET", path, (("Host", f"{address}:{port}"), ("Connection", "close"), *headers)).bytes())
                held = b""
                while more := connection.recv(65_536):
                    held += more
            return first_answer(held)[0]

        yield (lambda path, headers=(): ask("127.0.0.1", path, headers)), (lambda path, headers=(): ask(outward_address(), path, headers))
        is_(server.stop(), 0)


ATTACKS = [
    secrets_in_process_listings,
    secrets_in_the_configuration_shown,
    secrets_in_logs,
    a_line_forged_in_the_log,
    secrets_in_refusals,
    an_open_server_for_the_network,
    plain_text_where_tls_is_required,
    an_admin_call_to_an_open_server_from_elsewhere,
]
