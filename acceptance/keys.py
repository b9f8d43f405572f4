#!/usr/bin/env python3
"""Streams under KMS keys, by boto3 against a closed server: who may, what a key's state does, and that nothing is lost with it.
And a server whose own master key is under the KMS key of another.
"""

import base64
import json
import os
import sys
import time

import boto3
from botocore.exceptions import EventStreamError

from callers import ACCOUNT, CONFIG, OTHER, REGION, ROOTS, advance, allow, client, is_, put, refused, root, run, stream, user
from server import Server

SHARD = "shardId-000000000000"
TOLD_AT_ONCE_SECONDS = 3


def main() -> int:
    return run("keys", SCENARIOS)


# --- what scenarios are made of


def key(account: str = ACCOUNT) -> str:
    """A KMS key's ARN."""
    return root("kms", account).create_key()["KeyMetadata"]["Arn"]


def encrypt(name: str, under: str, keys: tuple = ROOTS[ACCOUNT]) -> None:
    client("kinesis", keys).start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=under)


def read(keys: tuple, arn: str) -> list:
    """What the stream holds, from its beginning."""
    kinesis = client("kinesis", keys)
    iterator = kinesis.get_shard_iterator(StreamARN=arn, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator, StreamARN=arn)["Records"]]


def subscription(arn: str, consumer: str):
    """The events of a new consumer, from the end of the stream on."""
    kinesis = root("kinesis")
    named = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=consumer)["Consumer"]["ConsumerARN"]
    begin = {"Type": "LATEST"}
    return iter(kinesis.subscribe_to_shard(ConsumerARN=named, ShardId=SHARD, StartingPosition=begin)["EventStream"])


def ending(events) -> str:
    """The code that ends a subscription."""
    try:
        for _ in events:
            pass
    except EventStreamError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it ended without an error")


# --- scenarios


def who_puts_and_reads_needs_the_key(server: Server) -> None:
    arn, made = stream("permitted"), key()
    encrypt("permitted", made)
    alice = user("alice", allow("kinesis:*"))
    is_(
        refused("KMSAccessDeniedException", put, alice, StreamName="permitted"),
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: kms:GenerateDataKey on resource: {made}"
        " because no identity-based policy allows the kms:GenerateDataKey action",
    )
    many = client("kinesis", alice).put_records
    refused("KMSAccessDeniedException", many, StreamName="permitted", Records=[{"Data": b"x", "PartitionKey": "k"}] * 3)
    put(ROOTS[ACCOUNT], StreamName="permitted")
    told = refused("KMSAccessDeniedException", read, alice, arn)
    is_(told, f"User arn:aws:iam::{ACCOUNT}:user/alice is not authorized to decrypt records in stream permitted")

    iam = root("iam")
    through = {"StringEquals": {"kms:ViaService": f"kinesis.{REGION}.amazonaws.com", "kms:EncryptionContext:aws:kinesis:arn": arn}}
    iam.put_user_policy(UserName="alice", PolicyName="k", PolicyDocument=allow("kms:GenerateDataKey", made, Condition=through))
    put(alice, StreamName="permitted")
    refused("KMSAccessDeniedException", read, alice, arn)
    refused("AccessDeniedException", client("kms", alice).generate_data_key, KeyId=made, NumberOfBytes=32)
    iam.put_user_policy(UserName="alice", PolicyName="k", PolicyDocument=allow(["kms:GenerateDataKey", "kms:Decrypt"], made))
    put(alice, StreamName="permitted")
    is_(len(read(alice, arn)), 3)
    iam.delete_user_policy(UserName="alice", PolicyName="k")
    refused("KMSAccessDeniedException", put, alice, StreamName="permitted")

    granted = {"EncryptionContextEquals": {"aws:kinesis:arn": arn}}
    grant = root("kms").create_grant(
        KeyId=made, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/alice", Operations=["GenerateDataKey", "Decrypt"], Constraints=granted
    )
    put(alice, StreamName="permitted")
    is_(len(read(alice, arn)), 4)
    root("kms").revoke_grant(KeyId=made, GrantId=grant["GrantId"])
    refused("KMSAccessDeniedException", put, alice, StreamName="permitted")


def who_starts_encryption_must_know_the_key(server: Server) -> None:
    stream("started")
    made = key()
    bob = user("bob", allow("kinesis:*"))
    told = refused("KMSAccessDeniedException", encrypt, "started", made, bob)
    assert "not authorized to perform: kms:DescribeKey on resource: " + made in told, told
    refused("KMSNotFoundException", encrypt, "started", "alias/nothing", bob)
    root("iam").put_user_policy(UserName="bob", PolicyName="k", PolicyDocument=allow("kms:DescribeKey", made))
    encrypt("started", made, bob)


def the_key_that_aws_manages_needs_no_leave_within_the_account_and_gives_none_outside(server: Server) -> None:
    arn = stream("managed")
    encrypt("managed", "alias/aws/kinesis")
    carol = user("carol", allow("kinesis:*"))
    put(carol, StreamName="managed")
    is_(read(carol, arn), [b"x"])
    managed = root("kms").describe_key(KeyId="alias/aws/kinesis")["KeyMetadata"]
    is_(managed["KeyManager"], "AWS")
    refused("AccessDeniedException", client("kms", carol).generate_data_key, KeyId=managed["Arn"], NumberOfBytes=32)
    statement = json.loads(allow("kinesis:PutRecord", arn))
    statement["Statement"][0]["Principal"] = {"AWS": OTHER}
    root("kinesis").put_resource_policy(ResourceARN=arn, Policy=json.dumps(statement))
    refused("KMSAccessDeniedException", put, ROOTS[OTHER], StreamARN=arn)


def a_disabled_key_stops_everything_at_once_and_loses_nothing(server: Server) -> None:
    arn, made, kms = stream("disabled"), key(), root("kms")
    encrypt("disabled", made)
    put(ROOTS[ACCOUNT], StreamName="disabled")
    events = subscription(arn, "c")
    next(events)
    kms.disable_key(KeyId=made)
    begun = time.monotonic()
    is_(refused("KMSDisabledException", put, ROOTS[ACCOUNT], StreamName="disabled"), f"{made} is disabled.")
    is_(refused("KMSDisabledException", read, ROOTS[ACCOUNT], arn), f"{made} is disabled.")
    is_(ending(events), "KMSDisabledException")
    is_(ending(subscription(arn, "d")), "KMSDisabledException")
    assert time.monotonic() - begun < TOLD_AT_ONCE_SECONDS, "subscribers were not told at once"

    server.kill()
    server.start()
    refused("KMSDisabledException", read, ROOTS[ACCOUNT], arn)
    root("kinesis").update_shard_count(StreamName="disabled", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    kms = root("kms")
    kms.enable_key(KeyId=made)
    is_(read(ROOTS[ACCOUNT], arn), [b"x"])
    put(ROOTS[ACCOUNT], StreamName="disabled")
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    is_(refused("KMSInvalidStateException", put, ROOTS[ACCOUNT], StreamName="disabled"), f"{made} is pending deletion.")
    advance(server, 7 * 24 * 3600)
    is_(refused("KMSNotFoundException", put, ROOTS[ACCOUNT], StreamName="disabled"), f"Key '{made}' does not exist")


def older_keys_open_what_they_sealed(server: Server) -> None:
    arn, first, second = stream("older"), key(), key()
    encrypt("older", first)
    put(ROOTS[ACCOUNT], StreamName="older")
    root("kms").rotate_key_on_demand(KeyId=first)
    put(ROOTS[ACCOUNT], StreamName="older")
    encrypt("older", second)
    put(ROOTS[ACCOUNT], StreamName="older")
    root("kinesis").stop_stream_encryption(StreamName="older", EncryptionType="KMS", KeyId=second)
    put(ROOTS[ACCOUNT], StreamName="older")
    is_(len(read(ROOTS[ACCOUNT], arn)), 4)
    server.kill()
    server.start()
    is_(len(read(ROOTS[ACCOUNT], arn)), 4)
    root("kms").disable_key(KeyId=first)
    refused("KMSDisabledException", read, ROOTS[ACCOUNT], arn)
    put(ROOTS[ACCOUNT], StreamName="older")
    root("kms").enable_key(KeyId=first)
    is_(len(read(ROOTS[ACCOUNT], arn)), 5)


def a_key_of_another_account_serves_where_both_sides_allow(server: Server) -> None:
    arn, theirs = stream("foreign"), key(OTHER)
    told = refused("KMSAccessDeniedException", encrypt, "foreign", theirs)
    assert told.endswith("because no resource-based policy allows the kms:DescribeKey action"), told
    kms = root("kms", OTHER)
    policy = json.loads(kms.get_key_policy(KeyId=theirs)["Policy"])
    actions = ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"]
    policy["Statement"].append({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": actions, "Resource": "*"})
    kms.put_key_policy(KeyId=theirs, Policy=json.dumps(policy))
    encrypt("foreign", theirs)
    put(ROOTS[ACCOUNT], StreamName="foreign")
    dora = user("dora", allow("kinesis:*"))
    refused("KMSAccessDeniedException", put, dora, StreamName="foreign")
    root("iam").put_user_policy(UserName="dora", PolicyName="k", PolicyDocument=allow("kms:*", theirs))
    put(dora, StreamName="foreign")
    is_(len(read(dora, arn)), 2)
    policy["Statement"].pop()
    kms.put_key_policy(KeyId=theirs, Policy=json.dumps(policy))
    refused("KMSAccessDeniedException", put, dora, StreamName="foreign")
    refused("KMSAccessDeniedException", read, ROOTS[ACCOUNT], arn)


def another_servers_key_opens_the_master_key(server: Server) -> None:
    """The server of the other scenarios is the KMS of a second one, whose directory holds no key."""
    made = key()
    writer = user("second-server", allow(["kms:GenerateDataKey", "kms:Decrypt"], made))
    names = {"AWS_ACCESS_KEY_ID": writer[0], "AWS_SECRET_ACCESS_KEY": writer[1], "AWS_ENDPOINT_URL": ""}
    second = Server(os.environ["ANABRANCH_BINARY"], ["--master-key-kms", made, "--master-key-kms-endpoint", server.endpoint.rstrip("/")], names)
    try:
        second.start()
        mine = boto3.client("kinesis", REGION, endpoint_url=second.endpoint, aws_access_key_id="test", aws_secret_access_key="test", config=CONFIG)
        mine.create_stream(StreamName="s", ShardCount=1)
        mine.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
        mine.put_record(StreamName="s", Data=b"x", PartitionKey="k")
        second.kill()
        names = sorted(path.name for path in second.data.iterdir() if path.name.startswith("master"))
        is_(names, ["master.key.kms"])
        blob = base64.b64decode((second.data / "master.key.kms").read_text())
        bound = {"anabranch": "master key"}
        plain = root("kms").decrypt(CiphertextBlob=blob, EncryptionContext=bound)["Plaintext"]
        for path in (path for path in second.data.rglob("*") if path.is_file()):
            held = path.read_bytes()
            assert plain not in held and base64.b64encode(plain) not in held, f"{path} holds the key"

        second.start()
        iterator = mine.get_shard_iterator(StreamName="s", ShardId=SHARD, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        is_([record["Data"] for record in mine.get_records(ShardIterator=iterator)["Records"]], [b"x"])
        is_(second.stop(), 0)

        root("kms").disable_key(KeyId=made)
        does_not_start(second, f"DisabledException: {made} is disabled.")
        root("kms").enable_key(KeyId=made)
        root("iam").delete_user_policy(UserName="second-server", PolicyName="p")
        does_not_start(second, "AccessDeniedException: ")
        flags, second.flags = second.flags, []
        does_not_start(second, "name that with --master-key-kms")
        second.flags = [*flags[:-1], "http://127.0.0.1:9"]
        does_not_start(second, "cannot connect to http://127.0.0.1:9")
        second.flags = flags
        root("iam").put_user_policy(UserName="second-server", PolicyName="p", PolicyDocument=allow("kms:Decrypt", made))
        second.start()
        is_(second.stop(), 0)
    finally:
        second.discard()


def does_not_start(server: Server, why: str) -> None:
    try:
        server.start()
    except RuntimeError as error:
        assert why in str(error) and "master key" in str(error), f"{why!r} is not in {error}"
        return
    raise AssertionError("it started")


SCENARIOS = [
    who_puts_and_reads_needs_the_key,
    who_starts_encryption_must_know_the_key,
    the_key_that_aws_manages_needs_no_leave_within_the_account_and_gives_none_outside,
    a_disabled_key_stops_everything_at_once_and_loses_nothing,
    older_keys_open_what_they_sealed,
    a_key_of_another_account_serves_where_both_sides_allow,
    another_servers_key_opens_the_master_key,
]

if __name__ == "__main__":
    sys.exit(main())
