"""What lies in the data directory, and who may read it."""

import os
import re
import socket
import ssl
import subprocess

import boto3

from exposure import another, refused_to_start
from field import CREDENTIALS, Field
from callers import CONFIG, REGION, ROOTS, is_, root, stream, user
from wire import Request, answer, request, signed


def secrets_at_rest(field: Field) -> None:
    """Access keys, KMS keys and the data of sealed records stand nowhere in the data directory as they are; partition keys do."""
    keys = user("at-rest")
    stream("at-rest")
    kinesis, kms = root("kinesis"), root("kms")
    kinesis.put_record(StreamName="at-rest", Data=b"plain before it is sealed", PartitionKey="k")
    kinesis.start_stream_encryption(StreamName="at-rest", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.put_record(StreamName="at-rest", Data=b"sealed at rest, not to be found", PartitionKey="k")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    plain = kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    held = b"".join(file.read_bytes() for file in field.closed.data.rglob("*") if file.is_file() and file.name != "master.key")
    assert b"plain before it is sealed" in held, "records are not where they are looked for"
    for secret in (keys[1].encode(), b"sealed at rest, not to be found", plain, *(secret.encode() for _, secret in ROOTS.values())):
        assert secret not in held, secret
    iterator = kinesis.get_shard_iterator(StreamName="at-rest", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    is_(kinesis.get_records(ShardIterator=iterator)["Records"][1]["Data"], b"sealed at rest, not to be found")


def files_that_others_may_read(field: Field) -> None:
    """The server's own directory is its owner's; in one that was there before, every file is."""
    assert field.closed.data.stat().st_mode & 0o077 == 0, oct(field.closed.data.stat().st_mode)
    with another(["--tls", "on", "--audit-file", "{place}/audit"]) as server:
        server.data.mkdir(mode=0o755)
        before = os.umask(0)
        try:
            server.start()
        finally:
            os.umask(before)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        host, port = server.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 10) as plain, context.wrap_socket(plain) as connection:
            connection.sendall(Request("GET", "/healthz", (("Host", server.address), ("Connection", "close"))).bytes())
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        is_(server.stop(), 0)
        files = [file for file in server.data.rglob("*") if file.is_file()]
        assert {"master.key", "catalog.sqlite", "anabranch.lock", "lock"} <= {file.name for file in files}, files
        certificate = server.data / "tls" / "development.pem"
        open_to_others = [file for file in [*files, server.place / "audit"] if file.stat().st_mode & 0o077 and file != certificate]
        is_(open_to_others, [])


def a_master_key_that_others_may_read(field: Field) -> None:
    with another() as server:
        server.start()
        is_(server.stop(), 0)
        key = server.data / "master.key"
        is_(oct(key.stat().st_mode & 0o777), "0o600")
        for mode in (0o644, 0o640, 0o660, 0o604):
            key.chmod(mode)
            assert "master.key" in refused_to_start(server, "127.0.0.1:0"), oct(mode)
        key.chmod(0o600)
        server.start()
        is_(server.stop(), 0)


def credentials_that_others_may_read(field: Field) -> None:
    with another() as server:
        file = server.place / "credentials"
        file.write_text(CREDENTIALS)
        for mode in (0o644, 0o640):
            file.chmod(mode)
            said = refused_to_start(server, "127.0.0.1:0", "--credentials", str(file))
            assert "credentials" in said and "secret+of" not in said, said
        file.chmod(0o600)
        server.flags += ["--credentials", str(file)]
        server.start()
        is_(server.stop(), 0)


def another_master_key(field: Field) -> None:
    """Whoever has the data and another key has nothing."""
    with another() as server:
        server.start()
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        kinesis = boto3.client("kinesis", REGION, endpoint_url=server.endpoint, config=CONFIG, **keys)
        kinesis.create_stream(StreamName="s", ShardCount=1)
        kinesis.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
        kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="k")
        is_(server.stop(), 0)
        key = server.data / "master.key"
        kept = key.read_bytes()
        key.write_text("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=\n")
        said = refused_to_start(server, "127.0.0.1:0")
        assert "master key" in said and "QUJD" not in said, said
        key.write_bytes(kept)
        server.start()
        is_(server.stop(), 0)


def a_directory_closed_and_opened_again(field: Field) -> None:
    """After `init` no start serves everybody again, whatever the flags; and the secret is in no file."""
    with another() as server:
        told = subprocess.run([server.binary, "init", "--data-dir", str(server.data), "--json"], capture_output=True, text=True, check=True)
        secret = re.search(r'"([A-Za-z0-9/+]{40})"', told.stdout)[1]
        for _ in range(2):
            server.start()
            unsigned = request(server.address, "ListStreams", {})
            is_(answer(server.address, unsigned).code, "MissingAuthenticationTokenException")
            is_(answer(server.address, signed(unsigned, ("test", "test"))).code, "UnrecognizedClientException")
            is_(server.stop(), 0)
        key = re.search(r'"(AKIA[A-Z0-9]{16})"', told.stdout)[1]
        server.start()
        is_(answer(server.address, signed(request(server.address, "ListStreams", {}), (key, secret))).status, 200)
        is_(server.stop(), 0)
        held = b"".join(file.read_bytes() for file in server.data.rglob("*") if file.is_file())
        assert secret.encode() not in held


ATTACKS = [
    secrets_at_rest,
    files_that_others_may_read,
    a_master_key_that_others_may_read,
    credentials_that_others_may_read,
    another_master_key,
    a_directory_closed_and_opened_again,
]
