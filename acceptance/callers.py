"""Who calls a closed server: the roots of two accounts, the users, roles and streams that they make, and scenarios run as them."""

import json
import os
import tempfile
import urllib.request
from pathlib import Path

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from agents import environment
from outcomes import Outcomes
from server import Server

ACCOUNT, OTHER = "111122223333", "444455556666"
REGION = "us-east-1"
ROOTS = {
    ACCOUNT: ("AKIAACCEPTANCE000001", "one/secret+of+forty+characters/aaaaaaaaaa"),
    OTHER: ("AKIAACCEPTANCE000002", "two/secret+of+forty+characters/bbbbbbbbbb"),
}
CREDENTIALS = "\n".join(
    f"[{account}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\naws_account_id = {account}\n"
    for account, (key, secret) in ROOTS.items()
)
CONFIG = Config(retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5)


def run(name: str, scenarios: list, flags: list[str] | None = None) -> int:
    """Runs scenarios against a closed server of two accounts, under the test clock."""
    with tempfile.TemporaryDirectory(prefix=f"anabranch-{name}-") as place:
        roots = Path(place) / "credentials"
        roots.touch(mode=0o600)
        roots.write_text(CREDENTIALS)
        flags = ["--credentials", str(roots), "--test-clock", *(flags or [])]
        server, outcomes = Server(os.environ["ANABRANCH_BINARY"], flags), Outcomes()
        try:
            os.environ.update(environment(server.start().endpoint))
            for scenario in scenarios:
                outcomes.of(scenario.__name__.replace("_", " "), lambda: scenario(server), (AssertionError, ClientError))
            code = server.stop()
        finally:
            server.discard()
    return outcomes.end(code)


def client(service: str, keys: tuple):
    """A client with (key, secret) or (key, secret, token)."""
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return boto3.client(service, region_name=REGION, endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=CONFIG, **dict(zip(names, keys)))


def root(service: str, account: str = ACCOUNT):
    return client(service, ROOTS[account])


def allow(action, resource: str = "*", **more) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]})


def trust(principal: str, action="sts:AssumeRole", **more) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, **more}]})


def user(name: str, policy: str | None = None) -> tuple:
    """A user with an inline policy; its access key."""
    iam = root("iam")
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def role(name: str, trusted: str, policy: str) -> str:
    """A role with an inline policy; its ARN."""
    iam = root("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    return arn


def keys_of(answer: dict) -> tuple:
    told = answer["Credentials"]
    return told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"]


def stream(name: str, account: str = ACCOUNT) -> str:
    """A stream that is ready; its ARN."""
    kinesis = root("kinesis", account)
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return f"arn:aws:kinesis:{REGION}:{account}:stream/{name}"


def put(keys: tuple, **names):
    return client("kinesis", keys).put_record(Data=b"x", PartitionKey="k", **names)


def refused(code: str, call, *arguments, **named) -> str:
    """The sentence of a refusal that has this code."""
    try:
        call(*arguments, **named)
    except ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == code, f"{told['Code']} instead of {code}: {told['Message']}"
        return told["Message"]
    raise AssertionError(f"it was not refused with {code}")


def is_(found, wanted) -> None:
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def advance(server: Server, seconds: int) -> None:
    """Moves the test clock: an admin call, signed by a root."""
    request = AWSRequest("POST", f"{server.endpoint}/_anabranch/clock", data=json.dumps({"advance_ms": seconds * 1000}).encode())
    SigV4Auth(Credentials(*ROOTS[ACCOUNT]), "anabranch", REGION).add_auth(request)
    prepared = request.prepare()
    urllib.request.urlopen(urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers), method="POST")).close()
