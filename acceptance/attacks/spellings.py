"""The same thing by another spelling: a policy that denies it must not be got around."""

import json

from accounts import refused_by_any
from field import Field
from callers import ACCOUNT, OTHER, REGION, allow, client, is_, refused, role, root, stream, trust, user

DENIED = ("AccessDeniedException", "AccessDenied")


def but_not(action: str, resource: str) -> str:
    """Everything is allowed but this."""
    statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": action, "Resource": resource}]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def a_role_by_another_arn(field: Field) -> None:
    """A denial names the role by its ARN; partition, path and case do not lead around it."""
    open_role = role("spelled-open", trust(ACCOUNT), allow("*"))
    closed_role = role("spelled-closed", trust(ACCOUNT), allow("*"))
    sts = client("sts", user("spells-roles", but_not("sts:AssumeRole", closed_role)))
    sts.assume_role(RoleArn=open_role, RoleSessionName="s1")
    spellings = [
        closed_role,
        closed_role.replace(":role/", ":role/path/"),
        closed_role.replace(":role/", ":role//"),
        closed_role + " ",
        closed_role.upper(),
    ]
    spellings += [closed_role.replace("arn:aws:", f"arn:{partition}:") for partition in ("aws-cn", "aws-us-gov", "x", "*", "")]
    spellings += [
        closed_role.replace("spelled-closed", "Spelled-Closed"),
        closed_role.replace(":iam::", ":iam:us-east-1:"),
        closed_role.replace(":iam::", ":sts::"),
    ]
    for arn in spellings:
        assert refused_by_any(sts.assume_role, RoleArn=arn, RoleSessionName="s1") in ("AccessDenied", "ValidationError"), arn


def a_stream_by_another_arn(field: Field) -> None:
    arn = stream("spelled")
    writer = client("kinesis", user("spells-streams", but_not("kinesis:*", f"{arn}*")))
    stream("other-spelling")
    writer.put_record(StreamName="other-spelling", Data=b"x", PartitionKey="k")
    for other in (
        arn,
        arn.replace("arn:aws:", "arn:aws-cn:"),
        arn.replace(":stream/", ":stream//"),
        arn + "/",
        arn + "/consumer",
        arn.upper(),
        arn.replace(REGION, "US-EAST-1"),
        arn.replace(ACCOUNT, ""),
        f" {arn}",
        f"{arn} ",
    ):
        code = refused_by_any(writer.put_record, StreamARN=other, Data=b"x", PartitionKey="k")
        assert code in (*DENIED, "InvalidArgumentException", "ValidationException", "ResourceNotFoundException"), f"{other}: {code}"
    for names in (
        {"StreamName": "other-spelling", "StreamARN": arn},
        {"StreamName": "spelled", "StreamARN": arn.replace("spelled", "other-spelling")},
    ):
        assert refused_by_any(writer.put_record, **names, Data=b"x", PartitionKey="k") in (*DENIED, "InvalidArgumentException"), names
    is_(
        root("kinesis").get_records(
            ShardIterator=root("kinesis").get_shard_iterator(StreamName="spelled", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")[
                "ShardIterator"
            ]
        )["Records"],
        [],
    )


def a_consumer_by_its_name_or_another_arn(field: Field) -> None:
    arn, kinesis = stream("consumed"), root("kinesis")
    made = {name: kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"] for name in ("kept", "free")}
    mallory = client("kinesis", user("spells-consumers", but_not("kinesis:*", made["kept"])))
    mallory.deregister_stream_consumer(ConsumerARN=made["free"])
    before, created = made["kept"].rsplit(":", 1)
    for other in (
        made["kept"],
        f"{before}:0{created}",
        f"{before}:00{created}",
        f"{before}:+{created}",
        f"{before}: {created}",
        made["kept"].replace("arn:aws:", "arn:aws-cn:"),
        made["kept"].replace("/consumer/", "//consumer/"),
    ):
        code = refused_by_any(mallory.deregister_stream_consumer, ConsumerARN=other)
        assert code in (*DENIED, "InvalidArgumentException", "ValidationException", "ResourceNotFoundException"), f"{other}: {code}"
    refused("AccessDeniedException", mallory.deregister_stream_consumer, StreamARN=arn, ConsumerName="kept")
    refused("AccessDeniedException", mallory.describe_stream_consumer, StreamARN=arn, ConsumerName="kept")
    is_(kinesis.describe_stream_consumer(ConsumerARN=made["kept"])["ConsumerDescription"]["ConsumerStatus"], "ACTIVE")


def a_user_by_another_case_or_no_name(field: Field) -> None:
    iam = root("iam")
    iam.create_user(UserName="guarded", Path="/board/")
    mallory = user("spells-users")
    iam.put_user_policy(
        UserName="spells-users",
        PolicyName="p",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
                    {
                        "Effect": "Deny",
                        "Action": "iam:*",
                        "Resource": [f"arn:aws:iam::{ACCOUNT}:user/board/*", f"arn:aws:iam::{ACCOUNT}:user/spells-users"],
                    },
                ],
            }
        ),
    )
    spells = client("iam", mallory)
    spells.create_user(UserName="not-guarded")
    for name in ("guarded", "Guarded", "GUARDED", "board/guarded", "/board/guarded", "./guarded"):
        code = refused_by_any(spells.create_access_key, UserName=name)
        assert code in ("AccessDenied", "NoSuchEntity", "ValidationError"), f"{name}: {code}"
    refused("AccessDenied", spells.create_access_key)
    refused("AccessDenied", spells.get_user)
    is_(iam.list_access_keys(UserName="guarded")["AccessKeyMetadata"], [])


def a_policy_by_another_arn(field: Field) -> None:
    """Attaching AdministratorAccess is denied by the condition that names it."""
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    statements = [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:Attach*", "Resource": "*", "Condition": {"ArnLike": {"iam:PolicyARN": administrator}}},
    ]
    spells = client("iam", user("spells-policies", json.dumps({"Version": "2012-10-17", "Statement": statements})))
    root("iam").create_user(UserName="attached")
    spells.attach_user_policy(UserName="attached", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    for arn in (
        administrator,
        administrator.replace("arn:aws:", "arn:aws-cn:"),
        administrator.replace("arn:aws:", "arn:x:"),
        administrator.lower(),
        administrator.replace("policy/", "policy//"),
        administrator.replace("::aws:", f"::{ACCOUNT}:"),
        f"{administrator} ",
    ):
        code = refused_by_any(spells.attach_user_policy, UserName="attached", PolicyArn=arn)
        assert code in ("AccessDenied", "NoSuchEntity", "ValidationError", "InvalidInput"), f"{arn}: {code}"
    is_([found["PolicyName"] for found in root("iam").list_attached_user_policies(UserName="attached")["AttachedPolicies"]], ["ReadOnlyAccess"])


def a_key_by_its_alias_or_id(field: Field) -> None:
    """A denial that names a key's ARN holds by whatever the key is named."""
    kms = root("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/spelled", TargetKeyId=key["KeyId"])
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    spells = client("kms", user("spells-keys", but_not("kms:*", key["Arn"])))
    spells.encrypt(KeyId=other, Plaintext=b"x")
    may = client("kms", user("spells-own-key", allow(["kms:Encrypt", "kms:Decrypt"], key["Arn"])))
    is_(may.decrypt(CiphertextBlob=may.encrypt(KeyId="alias/spelled", Plaintext=b"x")["CiphertextBlob"])["Plaintext"], b"x")
    refused("AccessDeniedException", may.encrypt, KeyId=other, Plaintext=b"x")
    for name in (
        key["KeyId"],
        key["Arn"],
        "alias/spelled",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/spelled",
        key["KeyId"].upper(),
        key["Arn"].replace("arn:aws:", "arn:aws-cn:"),
        key["Arn"].replace(":key/", ":key//"),
        key["KeyId"] + " ",
    ):
        code = refused_by_any(spells.encrypt, KeyId=name, Plaintext=b"x")
        assert code in (*DENIED, "NotFoundException", "ValidationException", "InvalidArnException"), f"{name}: {code}"
    refused("AccessDeniedException", spells.decrypt, CiphertextBlob=sealed)
    refused("AccessDeniedException", spells.update_alias, AliasName="alias/spelled", TargetKeyId=other)


def an_action_in_another_case(field: Field) -> None:
    stream("cased")
    writer = user("cased", allow("KINESIS:putrecord"))
    client("kinesis", writer).put_record(StreamName="cased", Data=b"x", PartitionKey="k")
    statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "kInEsIs:PUTRECORD*", "Resource": "*"}]
    denied = client("kinesis", user("cased-denied", json.dumps({"Version": "2012-10-17", "Statement": statements})))
    refused("AccessDeniedException", denied.put_record, StreamName="cased", Data=b"x", PartitionKey="k")


def a_name_that_is_a_path(field: Field) -> None:
    """Names go into no path of the file system, and have no dots and slashes where AWS's have none."""
    kinesis, iam, kms = root("kinesis", OTHER), root("iam", OTHER), root("kms", OTHER)
    for name in ("../../etc/passwd", "..%2f..%2fetc", "a/b", "a\\b", "a\0b", "/etc", "a\nb", "ａ"):
        assert refused_by_any(kinesis.create_stream, StreamName=name, ShardCount=1) == "ValidationException", name
        assert refused_by_any(iam.create_user, UserName=name) == "ValidationError", name
    for name in ("..", ".", "..-.."):
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="k")
        kinesis.delete_stream(StreamName=name)
    assert refused_by_any(kms.create_alias, AliasName="alias/../x\0", TargetKeyId="x") in (
        "ValidationException",
        "InvalidAliasNameException",
        "NotFoundException",
    )
    kept = {path.name for path in field.closed.place.rglob("*")} | {path.name for path in field.closed.place.parent.glob("*")}
    assert not kept & {"passwd", "..-..", "etc"}, kept


def a_wildcard_in_a_value(field: Field) -> None:
    """What a variable of a policy stands for is itself, whatever characters it has."""
    arn = stream("team-a-clicks")
    policy = allow("kinesis:PutRecord", "arn:aws:kinesis:*:*:stream/${aws:PrincipalTag/team}-clicks")
    for tag, may in (("team-a", True), ("*", False), ("team-?", False), ("${*}", False)):
        name = "tagged-" + tag.encode().hex()
        keys = user(name, policy)
        try:
            root("iam").tag_user(UserName=name, Tags=[{"Key": "team", "Value": tag}])
        except root("iam").exceptions.ClientError as error:
            is_(error.response["Error"]["Code"], "ValidationError")
            continue
        kinesis = client("kinesis", keys)
        if may:
            kinesis.put_record(StreamARN=arn, Data=b"x", PartitionKey="k")
        else:
            refused("AccessDeniedException", kinesis.put_record, StreamARN=arn, Data=b"x", PartitionKey="k")
    statements = json.loads(policy)
    session = client("sts", user("federates", allow(["sts:*", "kinesis:*"]))).get_federation_token(
        Name="any", Policy=json.dumps(statements), Tags=[{"Key": "team", "Value": "team-b"}]
    )["Credentials"]
    refused(
        "AccessDeniedException",
        client("kinesis", (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])).put_record,
        StreamARN=arn,
        Data=b"x",
        PartitionKey="k",
    )


ATTACKS = [
    a_role_by_another_arn,
    a_stream_by_another_arn,
    a_consumer_by_its_name_or_another_arn,
    a_user_by_another_case_or_no_name,
    a_policy_by_another_arn,
    a_key_by_its_alias_or_id,
    an_action_in_another_case,
    a_name_that_is_a_path,
    a_wildcard_in_a_value,
]
