#!/usr/bin/env python3
"""How calls come in: VPC endpoints with their policies, client certificates, and what one address or identity may take; by boto3."""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from outcomes import Outcomes
from server import Server

REGION = "us-east-1"
ACCOUNT = "111122223333"
ROOT = ("AKIAACCEPTANCE000001", "one/secret+of+forty+characters/aaaaaaaaaa")
ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"
PUT_ALONE = {
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["kinesis:PutRecord", "kinesis:DescribeStreamSummary"], "Resource": ARN},
        {"Effect": "Deny", "Principal": "*", "Action": "kinesis:DescribeStreamSummary", "Resource": "*"},
    ]
}


def main() -> int:
    outcomes = Outcomes()
    with tempfile.TemporaryDirectory(prefix="anabranch-listeners-") as folder:
        place = Path(folder)
        certificates(place)
        (place / "policy.json").write_text(json.dumps(PUT_ALONE))
        (place / "credentials").touch(mode=0o600)
        (place / "credentials").write_text(
            f"[root]\naws_access_key_id = {ROOT[0]}\naws_secret_access_key = {ROOT[1]}\naws_account_id = {ACCOUNT}\n"
        )
        closed = ["--credentials", str(place / "credentials")]
        endpoints = closed + [
            "--vpc-endpoint", f"vpce-orders=127.0.0.1:0,vpc=vpc-7,policy={place}/policy.json",
            "--vpc-endpoint", "vpce-other=127.0.0.1:0",
            "--vpc-endpoint", f"vpce-known=127.0.0.1:0,client-ca={place}/ca.pem",
        ]
        code = on(outcomes, endpoints, place, [
            an_endpoints_policy_is_the_most_that_anybody_may_do_by_it,
            a_stream_can_be_kept_to_one_endpoint,
            an_endpoint_may_ask_for_certificates,
        ])
        mutual = closed + ["--tls", "required", "--tls-client-ca", str(place / "ca.pem")]
        code |= on(outcomes, mutual, place, [a_server_may_ask_for_certificates])
        limited = closed + ["--connections-per-address", "4", "--requests-per-identity", "5", "--requests-per-address", "20"]
        code |= on(outcomes, limited, place, [
            an_address_has_so_many_connections, an_identity_makes_so_many_requests, an_address_makes_so_many_requests,
        ])
        outcomes.of("what cannot be is said before anything is opened", lambda: what_cannot_be_is_said(place))
    return outcomes.end(code)


def on(outcomes: Outcomes, flags: list[str], place: Path, scenarios: list) -> int:
    """Runs scenarios on a server of their own; its exit code."""
    server = Server(os.environ["ANABRANCH_BINARY"], flags)
    try:
        server.start()
        for scenario in scenarios:
            outcomes.of(
                scenario.__name__.replace("_", " "), lambda: scenario(server, place), (AssertionError, ClientError, BotoCoreError, OSError)
            )
        return server.stop()
    finally:
        server.discard()


def client(service: str, url: str, keys: tuple = ROOT, verify=None, retries: int = 0, certificate=None):
    config = Config(retries={"max_attempts": retries, "mode": "standard"}, client_cert=certificate, max_pool_connections=1)
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, config=config, verify=verify,
        aws_access_key_id=keys[0], aws_secret_access_key=keys[1],
    )


def by(server: Server, endpoint: str) -> str:
    """The URL of a VPC endpoint."""
    return json.loads((server.place / "ready.json").read_text())["vpc_endpoints"][endpoint]


def refused(code: str, call) -> str:
    try:
        call()
    except ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == code, f"{told['Code']} instead of {code}: {told['Message']}"
        return told["Message"]
    raise AssertionError(f"it was not refused with {code}")


# --- VPC endpoints


def an_endpoints_policy_is_the_most_that_anybody_may_do_by_it(server: Server, place: Path) -> None:
    kinesis = client("kinesis", server.endpoint)
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})
    at_endpoint = client("kinesis", by(server, "vpce-orders"))
    at_endpoint.put_record(StreamName="orders", PartitionKey="k", Data=b"by the endpoint")
    told = refused("AccessDeniedException", lambda: at_endpoint.list_shards(StreamName="orders"))
    assert told.endswith("because no VPC endpoint policy allows the kinesis:ListShards action"), told
    told = refused("AccessDeniedException", lambda: at_endpoint.describe_stream_summary(StreamName="orders"))
    assert told.endswith("with an explicit deny in a VPC endpoint policy"), told
    told = refused("AccessDenied", lambda: client("iam", by(server, "vpce-orders")).list_users())
    assert "no VPC endpoint policy" in told, told
    for url in (server.endpoint, by(server, "vpce-other")):
        assert client("kinesis", url).describe_stream_summary(StreamName="orders")


def a_stream_can_be_kept_to_one_endpoint(server: Server, place: Path) -> None:
    iam, kinesis = client("iam", server.endpoint), client("kinesis", server.endpoint)
    iam.create_user(UserName="writer")
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="writer", PolicyName="p", PolicyDocument=json.dumps(allow))
    made = iam.create_access_key(UserName="writer")["AccessKey"]
    writer = (made["AccessKeyId"], made["SecretAccessKey"])
    kept = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "kinesis:PutRecord", "Resource": ARN,
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-orders"}},
        }],
    }
    kinesis.put_resource_policy(ResourceARN=ARN, Policy=json.dumps(kept))

    def put(url: str):
        return client("kinesis", url, writer).put_record(StreamName="orders", PartitionKey="k", Data=b"x")

    for url in (server.endpoint, by(server, "vpce-other")):
        told = refused("AccessDeniedException", lambda: put(url))
        assert told.endswith("with an explicit deny in a resource-based policy"), told
    put(by(server, "vpce-orders"))


# --- client certificates


def certificates(place: Path) -> None:
    """An authority, a client's certificate that it signed, and one that another signed."""
    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=place, check=True, capture_output=True)

    # An extension makes it a certificate of version 3; others are not believed.
    (place / "client.ext").write_text("extendedKeyUsage = clientAuth\n")
    for authority, name in (("ca", "client"), ("stranger-ca", "stranger")):
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *new, "-subj", f"/CN={authority}", "-days", "2", "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
        openssl("req", *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial",
            "-days", "2", "-out", f"{name}.pem", "-extfile", "client.ext",
        )


def asks_for_certificates(url: str, bundle: Path, place: Path) -> None:
    url = url.replace("127.0.0.1", "localhost")

    def streams(certificate) -> list[str]:
        return client("kinesis", url, verify=str(bundle), certificate=certificate).list_streams()["StreamNames"]

    streams((str(place / "client.pem"), str(place / "client.key")))
    for certificate in (None, (str(place / "stranger.pem"), str(place / "stranger.key"))):
        try:
            streams(certificate)
        except (BotoCoreError, ssl.SSLError, OSError):
            continue
        raise AssertionError(f"it was let in with {certificate}")
    plain = url.replace("https:", "http:") + "/healthz"
    try:
        urllib.request.urlopen(plain, timeout=10)
    except urllib.error.HTTPError as error:
        assert error.code == 400, error
    else:
        raise AssertionError("plain text was taken")


def an_endpoint_may_ask_for_certificates(server: Server, place: Path) -> None:
    url = by(server, "vpce-known")
    assert url.startswith("https://"), url
    asks_for_certificates(url, server.data / "tls" / "development.pem", place)


def a_server_may_ask_for_certificates(server: Server, place: Path) -> None:
    asks_for_certificates(server.endpoint, server.data / "tls" / "development.pem", place)


# --- limits


def metric(server: Server, name: str) -> int:
    text = urllib.request.urlopen(server.endpoint + "/metrics", timeout=10).read().decode()
    return next(int(float(line.split()[1])) for line in text.splitlines() if line.startswith(name + " "))


def is_served(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            more = connection.recv(4096)
            if not more:
                return False
            answer += more
        return answer.startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def an_address_has_so_many_connections(server: Server, place: Path) -> None:
    host, port = server.address.rsplit(":", 1)

    def connect() -> socket.socket:
        return socket.create_connection((host, int(port)), timeout=10)

    held = [connect() for _ in range(4)]
    assert all(map(is_served, held))
    assert not is_served(connect()), "a fifth one was served"
    assert all(map(is_served, held)), "those who were there are cut off"
    for connection in held:
        connection.close()
    fresh = connect()
    while not is_served(fresh):
        fresh.close()
        fresh = connect()
    fresh.close()
    assert metric(server, "anabranch_connections_refused_total") >= 1


def an_identity_makes_so_many_requests(server: Server, place: Path) -> None:
    hasty = client("kinesis", server.endpoint)

    def throttled() -> str:
        for _ in range(15):
            hasty.list_streams()
        return ""

    told = refused("ThrottlingException", throttled)
    assert told == "Rate exceeded", told
    assert client("kinesis", server.endpoint, retries=10).list_streams()["StreamNames"] == [], "who comes back is served"


def an_address_makes_so_many_requests(server: Server, place: Path) -> None:
    codes, sts = set(), client("sts", server.endpoint, keys=("AKIAUNKNOWN", "x"))
    for _ in range(60):
        try:
            sts.get_caller_identity()
        except ClientError as error:
            codes.add(error.response["Error"]["Code"])
    assert codes == {"InvalidClientTokenId", "Throttling"}, codes
    for _ in range(60):
        assert urllib.request.urlopen(server.endpoint + "/healthz", timeout=10).status == 200
    assert metric(server, "anabranch_requests_refused_total") >= 10


# --- start-up


def what_cannot_be_is_said(place: Path) -> str | None:
    (place / "none.json").write_text("{}")
    cases = [
        (["--vpc-endpoint", f"vpce-1=127.0.0.1:0,policy={place}/none.json"], "the policy of vpce-1"),
        (["--vpc-endpoint", f"vpce-1=127.0.0.1:0,policy={place}/absent.json"], "absent.json"),
        (["--vpc-endpoint", "vpce-1=127.0.0.1:0;vpce-1=127.0.0.1:0"], "names vpce-1 twice"),
        (["--vpc-endpoint", "vpce-1=0.0.0.0:0"], "0.0.0.0:0 is not on loopback"),
        (["--vpc-endpoint", "first=127.0.0.1:0"], "`first` is not `vpce-`"),
        (["--tls-client-ca", f"{place}/ca.pem"], "set --tls required"),
        (["--tls", "required", "--tls-client-ca", f"{place}/none.json"], "holds no certificate"),
        (["--connections-per-address", "0"], "connections-per-address"),
    ]
    for flags, wanted in cases:
        words = [os.environ["ANABRANCH_BINARY"], "serve", "--listen", "127.0.0.1:0", "--ephemeral", *flags]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=30)
        if ended.returncode == 0 or wanted not in ended.stderr:
            return f"{flags}: {ended.returncode}, {ended.stderr.strip()}"
    return None


if __name__ == "__main__":
    sys.exit(main())
