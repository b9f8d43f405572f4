"""Every operation that is built, by somebody who may not make it. What a whole request of each looks like stands in scenarios/edges.toml."""

import json
import tomllib
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

import models
import values
from field import VICTIM, Field
from callers import ACCOUNT, OTHER, REGION, ROOTS, put, root, stream, user

EDGES = Path(__file__).resolve().parent.parent / "scenarios" / "edges.toml"
QUIET = {"parameter_validation": False, "retries": {"max_attempts": 0}, "read_timeout": 30}
DENIED = {"AccessDenied", "AccessDeniedException"}
# Of grants that are not there; who may retire one that is: deputies.a_grant_used_beyond_what_it_grants.
NO_GRANT = {"InvalidGrantIdException", "InvalidGrantTokenException"}
# What needs no permission (API_GetCallerIdentity, API_GetSessionToken), and no signature (API_AssumeRoleWithWebIdentity).
FREE = {"GetCallerIdentity", "GetSessionToken"}
UNSIGNED = {"AssumeRoleWithWebIdentity"}
# What the table has where a key and an iterator are meant.
SOME_KEY, SOME_ITERATOR, SOME_ACCOUNT = "1234abcd-12ab-34cd-56ef-1234567890ab", "AAAAAAAAAAE=", ":000000000000:"


def every_operation(names: dict, instead: dict[str, str], sealed: bytes) -> Iterator[tuple[str, str, dict]]:
    """(service, operation, parameters) of all of them, with what there is `instead` of what the table names."""
    yield "lambda", "GetAccountSettings", {}
    for told in tomllib.loads(EDGES.read_text())["operation"]:
        text = json.dumps(told["with"])
        for some, real in instead.items():
            text = text.replace(some, real)
        params = as_boto3(values.expand(json.loads(text), {"i": 0, **names}))
        if "CiphertextBlob" in params:
            params["CiphertextBlob"] = sealed
        yield told.get("service", "kinesis"), told["call"], params


def as_boto3(value):
    if isinstance(value, list):
        return [as_boto3(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return b64decode(value["$blob"])
    if "$time" in value:
        return datetime.fromtimestamp(value["$time"] / 1000, timezone.utc)
    return {key: as_boto3(element) for key, element in value.items()}


class Caller:
    """Makes any call; answers the code of its refusal, or None."""

    def __init__(self, keys: tuple | None):
        signing = {} if keys else {"signature_version": botocore.UNSIGNED}
        self.config, self.clients = Config(**QUIET, **signing), {}
        self.keys = dict(zip(("aws_access_key_id", "aws_secret_access_key"), keys)) if keys else {}

    def call(self, service: str, operation: str, params: dict) -> str | None:
        if service not in self.clients:
            self.clients[service] = boto3.client(service, REGION, config=self.config, **self.keys)
        try:
            self.clients[service]._make_api_call(operation, dict(params))
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None


def at_home(name: str) -> tuple[dict, dict, bytes]:
    """What the operations are to be about: things of the attackers' own account."""
    arn, kms = stream(name), root("kms")
    place = {"StreamName": name, "ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}
    iterator = root("kinesis").get_shard_iterator(**place)["ShardIterator"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    names = {"row": f"{name}-row", "stream": name, "stream_arn": arn, "account": ACCOUNT, "region": REGION}
    instead = {SOME_KEY: key, SOME_ITERATOR: iterator, SOME_ACCOUNT: f":{ACCOUNT}:"}
    return names, instead, kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]


def every_operation_by_a_user_who_may_nothing(field: Field) -> None:
    home = at_home("sweep-user")
    keys = user("may-nothing")
    mallory, told = Caller(keys), []
    for service, operation, params in every_operation(*home):
        code = mallory.call(service, operation, params)
        wanted = {None} if operation in FREE else NO_GRANT if operation == "RetireGrant" else DENIED
        if operation not in UNSIGNED and code not in wanted:
            told.append(f"{service} {operation}: {code}")
    assert not told, "; ".join(told)
    root("iam").attach_user_policy(UserName="may-nothing", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    # Of a key that is nobody's AWS says AccessDenied to everybody.
    reads = [asked for asked in every_operation(*home) if asked[1].startswith(("List", "Describe", "Get")) and asked[1] != "GetAccessKeyLastUsed"]
    codes = {operation: mallory.call(service, operation, params) for service, operation, params in reads}
    assert len(codes) > 50 and not DENIED & set(codes.values()), f"the legitimate twin was denied: {codes}"
    put(keys, StreamName="sweep-user")


def every_operation_without_a_signature(field: Field) -> None:
    home = at_home("sweep-nobody")
    nobody, told, count = Caller(None), [], 0
    for service, operation, params in every_operation(*home):
        code, count = nobody.call(service, operation, params), count + 1
        if operation not in UNSIGNED and code not in ("MissingAuthenticationToken", "MissingAuthenticationTokenException"):
            told.append(f"{service} {operation}: {code}")
        if operation in UNSIGNED and code is None:
            told.append(f"{service} {operation} was served")
    assert not told, "; ".join(told)
    assert count > 160, f"{count} operations"
    field.passes(field.put())


def every_operation_on_what_is_anothers(field: Field) -> None:
    """Another account's root, who may everything in its own, names the victim's stream, consumer, key, role and policy wherever one can be named."""
    victim, told, asked = field.victim, [], 0
    theirs = {
        "StreamARN": victim.stream,
        "ResourceARN": victim.stream,
        "ConsumerARN": victim.consumer,
        "ShardIterator": victim.iterator(),
        "KeyId": victim.key,
        "TargetKeyId": victim.key,
        "SourceKeyId": victim.key,
        "DestinationKeyId": victim.key,
        "PolicyArn": victim.policy,
        "PolicySourceArn": victim.steward,
        "RoleArn": victim.steward,
    }
    names = {"row": "sweep-other", "stream": "sweep-other", "stream_arn": victim.stream, "account": VICTIM, "region": REGION}
    stranger = Caller(ROOTS[OTHER])
    for service, operation, params in every_operation(names, {SOME_ACCOUNT: f":{VICTIM}:"}, victim.sealed):
        model = models.read(service)
        members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"] if "input" in model["operations"][operation] else {}
        named = {name: arn for name, arn in theirs.items() if name in members}
        if not named or operation in UNSIGNED:
            continue
        if "StreamARN" in named:
            params.pop("StreamName", None)
        # To name the key is to list what of one's own points at it.
        own = operation in ("ListAliases", "ListRetirableGrants")
        code, asked = stranger.call(service, operation, {**params, **named}), asked + 1
        if code is None and not own:
            told.append(f"{service} {operation}")
    assert not told, f"served: {'; '.join(told)}"
    assert asked > 90, f"only {asked} operations name something"
    assert stranger.call("kinesis", "ListStreams", {}) is None


ATTACKS = [every_operation_by_a_user_who_may_nothing, every_operation_without_a_signature, every_operation_on_what_is_anothers]
