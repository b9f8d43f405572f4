"""One account's root against another account: by name, by ARN, by key, by role."""

import json

from field import TREASURE, VICTIM, Field
from callers import ACCOUNT, OTHER, REGION, ROOTS, allow, client, is_, keys_of, put, refused, role, root, stream, trust, user

STRANGER = ROOTS[OTHER]
DENIED = "AccessDeniedException"
SHARD = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}


def anothers_stream_by_its_name(field: Field) -> None:
    """A name is a name in one's own account."""
    kinesis = client("kinesis", STRANGER)
    stream("same-name", OTHER)
    put(STRANGER, StreamName="same-name")
    for call in (kinesis.describe_stream, kinesis.delete_stream, kinesis.list_shards):
        refused("ResourceNotFoundException", call, StreamName=TREASURE)
    refused("ResourceNotFoundException", kinesis.get_shard_iterator, StreamName=TREASURE, **SHARD)


def anothers_stream_by_its_arn(field: Field) -> None:
    arn, kinesis = field.victim.stream, client("kinesis", STRANGER)
    own = stream("reached-by-arn", OTHER)
    is_(kinesis.describe_stream_summary(StreamARN=own)["StreamDescriptionSummary"]["StreamName"], "reached-by-arn")
    refused(DENIED, put, STRANGER, StreamARN=arn)
    refused(DENIED, kinesis.put_records, StreamARN=arn, Records=[{"Data": b"x", "PartitionKey": "k"}])
    refused(DENIED, kinesis.get_shard_iterator, StreamARN=arn, **SHARD)
    for call in (
        kinesis.describe_stream,
        kinesis.describe_stream_summary,
        kinesis.list_shards,
        kinesis.delete_stream,
        kinesis.list_tags_for_stream,
        kinesis.list_stream_consumers,
    ):
        refused(DENIED, call, StreamARN=arn)
    refused(DENIED, kinesis.update_shard_count, StreamARN=arn, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    refused(DENIED, kinesis.decrease_stream_retention_period, StreamARN=arn, RetentionPeriodHours=24)
    refused(DENIED, kinesis.increase_stream_retention_period, StreamARN=arn, RetentionPeriodHours=25)
    refused(DENIED, kinesis.add_tags_to_stream, StreamARN=arn, Tags={"a": "b"})
    refused(DENIED, kinesis.tag_resource, ResourceARN=arn, Tags={"a": "b"})
    refused(DENIED, kinesis.start_stream_encryption, StreamARN=arn, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    refused(DENIED, kinesis.split_shard, StreamARN=arn, ShardToSplit=SHARD["ShardId"], NewStartingHashKey="10")


def ones_own_policy_on_anothers_stream(field: Field) -> None:
    """What a stream lends is said by its owner."""
    kinesis = client("kinesis", STRANGER)

    def policy(arn: str) -> str:
        allowed = json.loads(allow("kinesis:PutRecord", arn))
        allowed["Statement"][0]["Principal"] = {"AWS": OTHER}
        return json.dumps(allowed)

    own = stream("lent", OTHER)
    kinesis.put_resource_policy(ResourceARN=own, Policy=policy(own))
    refused(DENIED, kinesis.put_resource_policy, ResourceARN=field.victim.stream, Policy=policy(field.victim.stream))
    refused(DENIED, kinesis.get_resource_policy, ResourceARN=field.victim.stream)
    refused(DENIED, kinesis.delete_resource_policy, ResourceARN=field.victim.stream)
    refused("InvalidArgumentException", kinesis.put_resource_policy, ResourceARN=own, Policy=policy(field.victim.stream))


def whether_anothers_stream_exists(field: Field) -> None:
    """There is no telling: the refusal is the same for what is there and for what is not."""
    kinesis = client("kinesis", STRANGER)
    there, nowhere = (
        refused(DENIED, kinesis.describe_stream, StreamARN=field.victim.stream.replace(TREASURE, name)) for name in (TREASURE, "nowhere")
    )
    is_(there.replace(TREASURE, "nowhere"), nowhere)
    iam = client("sts", user("asks-for-roles", allow("*")))
    there, nowhere = (
        refused("AccessDenied", iam.assume_role, RoleArn=f"arn:aws:iam::{VICTIM}:role/{name}", RoleSessionName="s1")
        for name in ("steward", "nowhere")
    )
    is_(there.replace("steward", "nowhere"), nowhere)


def anothers_arn_with_ones_own_name(field: Field) -> None:
    """The account in an ARN counts: it is neither dropped nor taken from the caller."""
    stream(TREASURE, OTHER)
    kinesis = client("kinesis", STRANGER)
    put(STRANGER, StreamName=TREASURE)
    put(STRANGER, StreamARN=f"arn:aws:kinesis:{REGION}:{OTHER}:stream/{TREASURE}")
    refused(DENIED, put, STRANGER, StreamARN=field.victim.stream)
    refused(DENIED, put, STRANGER, StreamARN=field.victim.stream, StreamName=TREASURE)
    refused(DENIED, kinesis.delete_stream, StreamARN=field.victim.stream)
    is_(kinesis.describe_stream_summary(StreamName=TREASURE)["StreamDescriptionSummary"]["StreamStatus"], "ACTIVE")


def anothers_consumer_by_its_arn(field: Field) -> None:
    consumer, kinesis = field.victim.consumer, client("kinesis", STRANGER)
    is_(field.victim.kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]["ConsumerStatus"], "ACTIVE")
    refused(DENIED, kinesis.describe_stream_consumer, ConsumerARN=consumer)
    refused(DENIED, kinesis.deregister_stream_consumer, ConsumerARN=consumer)
    refused(DENIED, kinesis.deregister_stream_consumer, StreamARN=field.victim.stream, ConsumerName="reader")
    refused(DENIED, kinesis.register_stream_consumer, StreamARN=field.victim.stream, ConsumerName="spy")
    refused(DENIED, kinesis.list_tags_for_resource, ResourceARN=consumer)
    refused(DENIED, kinesis.subscribe_to_shard, ConsumerARN=consumer, ShardId=SHARD["ShardId"], StartingPosition={"Type": "TRIM_HORIZON"})


def a_right_that_was_taken_back(field: Field) -> None:
    """What was handed out while it was allowed is worth nothing once it is not."""
    kinesis, scratch = field.victim.kinesis, f"arn:aws:kinesis:{REGION}:{VICTIM}:stream/scratch"
    shared = json.loads(allow(["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"], scratch))
    shared["Statement"][0]["Principal"] = {"AWS": OTHER}
    kinesis.put_resource_policy(ResourceARN=scratch, Policy=json.dumps(shared))
    reader = client("kinesis", STRANGER)
    iterator = reader.get_shard_iterator(StreamARN=scratch, **SHARD)["ShardIterator"]
    iterator = reader.get_records(ShardIterator=iterator, StreamARN=scratch)["NextShardIterator"]
    kinesis.delete_resource_policy(ResourceARN=scratch)
    refused(DENIED, reader.get_records, ShardIterator=iterator, StreamARN=scratch)
    refused(DENIED, reader.get_records, ShardIterator=iterator)


def everybody_named_but_nobody_sent(field: Field) -> None:
    """A policy for everybody lets another account's users in only as far as that account lets them."""
    scratch = f"arn:aws:kinesis:{REGION}:{VICTIM}:stream/scratch"
    everybody = json.loads(allow("kinesis:PutRecord", scratch))
    everybody["Statement"][0]["Principal"] = "*"
    field.victim.kinesis.put_resource_policy(ResourceARN=scratch, Policy=json.dumps(everybody))
    try:
        put(user("sent", allow("kinesis:PutRecord", scratch)), StreamARN=scratch)
        refused(DENIED, put, user("not-sent"), StreamARN=scratch)
        refused(DENIED, put, user("sent-elsewhere", allow("kinesis:PutRecord", scratch + "2")), StreamARN=scratch)
    finally:
        field.victim.kinesis.delete_resource_policy(ResourceARN=scratch)


def anothers_key(field: Field) -> None:
    """By its ARN, its id, its alias, and by what it sealed."""
    kms, victim = client("kms", STRANGER), field.victim
    context = {"EncryptionContext": {"of": "victim"}}
    is_(victim.kms.decrypt(CiphertextBlob=victim.sealed, **context)["Plaintext"], b"the victim's secret")
    refused(DENIED, kms.decrypt, CiphertextBlob=victim.sealed, **context)
    refused(DENIED, kms.decrypt, CiphertextBlob=victim.sealed, KeyId=victim.key, **context)
    for call in (kms.describe_key, kms.disable_key, kms.get_key_policy, kms.list_grants, kms.rotate_key_on_demand):
        refused(DENIED, call, KeyId=victim.key)
    refused(DENIED, kms.encrypt, KeyId=victim.key, Plaintext=b"x")
    refused(DENIED, kms.generate_data_key, KeyId=victim.key, KeySpec="AES_256")
    refused(DENIED, kms.schedule_key_deletion, KeyId=victim.key)
    refused(DENIED, kms.put_key_policy, KeyId=victim.key, PolicyName="default", Policy=victim.kms.get_key_policy(KeyId=victim.key)["Policy"])
    refused(DENIED, kms.create_grant, KeyId=victim.key, GranteePrincipal=f"arn:aws:iam::{OTHER}:root", Operations=["Decrypt"])
    refused("NotFoundException", kms.describe_key, KeyId=victim.key.rsplit("/", 1)[1])
    refused("NotFoundException", kms.describe_key, KeyId="alias/victim")
    alias = refused_by_any(kms.encrypt, KeyId=f"arn:aws:kms:{REGION}:{VICTIM}:alias/victim", Plaintext=b"x")
    assert alias in (DENIED, "NotFoundException"), alias
    refused("NotFoundException", kms.create_alias, AliasName="alias/mine", TargetKeyId=victim.key.rsplit("/", 1)[1])


def anothers_secret_sealed_anew_under_ones_own_key(field: Field) -> None:
    """ReEncrypt needs both keys."""
    kms = client("kms", STRANGER)
    own = kms.create_key()["KeyMetadata"]["Arn"]
    mine = kms.encrypt(KeyId=own, Plaintext=b"mine")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=mine, DestinationKeyId=own)
    refused(DENIED, kms.re_encrypt, CiphertextBlob=field.victim.sealed, SourceEncryptionContext={"of": "victim"}, DestinationKeyId=own)
    refused(DENIED, kms.re_encrypt, CiphertextBlob=mine, DestinationKeyId=field.victim.key)


def anothers_users_roles_and_policies(field: Field) -> None:
    iam = root("iam", OTHER)
    iam.create_user(UserName="own")
    refused("NoSuchEntity", iam.get_user, UserName="heir")
    refused("NoSuchEntity", iam.create_access_key, UserName="heir")
    refused("NoSuchEntity", iam.update_assume_role_policy, RoleName="steward", PolicyDocument=trust(OTHER))
    for call in (iam.get_policy, iam.list_entities_for_policy, iam.delete_policy):
        assert refused_by_any(call, PolicyArn=field.victim.policy) in ("AccessDenied", "NoSuchEntity")
    assert refused_by_any(iam.create_policy_version, PolicyArn=field.victim.policy, PolicyDocument=allow("*")) in ("AccessDenied", "NoSuchEntity")
    assert refused_by_any(iam.attach_user_policy, UserName="own", PolicyArn=field.victim.policy) in ("AccessDenied", "NoSuchEntity")
    who = f"arn:aws:iam::{VICTIM}:role/steward"
    assert refused_by_any(iam.simulate_principal_policy, PolicySourceArn=who, ActionNames=["kms:Decrypt"]) in (
        "AccessDenied",
        "NoSuchEntity",
        "InvalidInput",
    )
    is_([found["UserName"] for found in iam.list_users()["Users"]], ["own"])


def anothers_role(field: Field) -> None:
    """A role opens to whom its trust policy names, and to nobody else."""
    mallory = client("sts", user("assumes", allow("sts:*")))
    refused("AccessDenied", mallory.assume_role, RoleArn=field.victim.steward, RoleSessionName="s1")
    own = role("assumed", trust(f"arn:aws:iam::{ACCOUNT}:user/assumes"), allow("*"))
    session = keys_of(mallory.assume_role(RoleArn=own, RoleSessionName="s1"))
    refused("AccessDenied", client("sts", session).assume_role, RoleArn=field.victim.steward, RoleSessionName="s1")
    refused("AccessDenied", client("sts", user("not-named", allow("*"))).assume_role, RoleArn=own, RoleSessionName="s1")


def a_role_that_is_not_there(field: Field) -> None:
    there = role("is-there", trust(ACCOUNT), allow("*"))
    sts = client("sts", user("looks-for-roles", allow("sts:*")))
    sts.assume_role(RoleArn=there, RoleSessionName="s1")
    for name in ("is-not-there", "is-ther", "IS-THERE", "is-there/", "/is-there", "path/is-there"):
        assert refused_by_any(sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="s1") in (
            "AccessDenied",
            "ValidationError",
        ), name


def anothers_metrics(field: Field) -> None:
    mine, theirs = client("cloudwatch", ROOTS[VICTIM]), client("cloudwatch", STRANGER)
    mine.put_metric_data(Namespace="victim", MetricData=[{"MetricName": "secret", "Value": 7}])
    ask = {"Namespace": "victim", "MetricName": "secret", "StartTime": 0, "EndTime": 4102444800, "Period": 86400 * 20000, "Statistics": ["Sum"]}
    is_([point["Sum"] for point in mine.get_metric_statistics(**ask)["Datapoints"]], [7.0])
    is_(theirs.get_metric_statistics(**ask)["Datapoints"], [])


def refused_by_any(call, **named) -> str:
    """The code of the refusal, whatever it is."""
    try:
        call(**named)
    except call.__self__.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


ATTACKS = [
    anothers_stream_by_its_name,
    anothers_stream_by_its_arn,
    ones_own_policy_on_anothers_stream,
    whether_anothers_stream_exists,
    anothers_arn_with_ones_own_name,
    anothers_consumer_by_its_arn,
    a_right_that_was_taken_back,
    everybody_named_but_nobody_sent,
    anothers_key,
    anothers_secret_sealed_anew_under_ones_own_key,
    anothers_users_roles_and_policies,
    anothers_role,
    a_role_that_is_not_there,
    anothers_metrics,
]
