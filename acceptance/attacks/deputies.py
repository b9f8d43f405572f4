"""Confused deputies: somebody who may is made to do it for somebody who may not."""

import json
import ssl

from accounts import refused_by_any
from field import Field
from callers import ACCOUNT, OTHER, REGION, ROOTS, allow, client, is_, keys_of, refused, role, root, stream, trust, user
from wire import Request, connect

DENIED = "AccessDeniedException"


def a_role_of_one_customer_for_another(field: Field) -> None:
    """The external id tells for whom a service of many customers assumes a role."""
    service = client("sts", user("saas", allow("sts:AssumeRole")))
    arns = {}
    for customer in ("one", "two"):
        condition = {"StringEquals": {"sts:ExternalId": f"id-of-{customer}"}}
        arns[customer] = role(f"customer-{customer}", trust(f"arn:aws:iam::{ACCOUNT}:user/saas", Condition=condition), allow("kinesis:*"))
    service.assume_role(RoleArn=arns["one"], RoleSessionName="s1", ExternalId="id-of-one")
    for wrong in ("id-of-two", "ID-OF-ONE", "id-of-one ", "id-of-*", "id-of-onе", "id-of-one,id-of-two"):
        assert refused_by_any(service.assume_role, RoleArn=arns["one"], RoleSessionName="s1", ExternalId=wrong) in (
            "AccessDenied",
            "ValidationError",
        ), wrong
    refused("AccessDenied", service.assume_role, RoleArn=arns["two"], RoleSessionName="s1")


def a_role_of_a_service(field: Field) -> None:
    """What trusts a service trusts nobody else, not even the account's own root."""
    document = json.loads(trust(ACCOUNT))
    document["Statement"][0]["Principal"] = {"Service": "firehose.amazonaws.com"}
    arn = role("for-firehose", json.dumps(document), allow("*"))
    mine = client("sts", user("is-no-service", allow("sts:*")))
    mine.assume_role(RoleArn=role("for-us", trust(ACCOUNT), allow("*")), RoleSessionName="s1")
    refused("AccessDenied", mine.assume_role, RoleArn=arn, RoleSessionName="s1")
    refused("AccessDenied", root("sts").assume_role, RoleArn=arn, RoleSessionName="s1")


def a_service_claimed_by_headers(field: Field) -> None:
    """No header makes a call one of a service, nor says for which resource it is made."""
    stream("by-service")
    for key in (
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:ViaAWSService",
        "aws:CalledVia",
        "aws:PrincipalIsAWSService",
        "aws:SourceVpce",
        "aws:SourceVpc",
    ):
        value = "true" if "AWSService" in key and key != "aws:CalledVia" else "*"
        operator = "Bool" if value == "true" else "ForAnyValue:StringLike" if key == "aws:CalledVia" else "StringLike"
        name = "via-" + key.split(":")[1]
        keys = user(name, allow("kinesis:PutRecord", Condition={operator: {key: value}}))
        claims = {
            "X-Amz-Source-Arn": "arn:aws:iam::1:root",
            "X-Amz-Source-Account": ACCOUNT,
            "X-Amz-Via-Aws-Service": "true",
            "X-Amz-Called-Via": "firehose.amazonaws.com",
            "X-Amz-Vpce-Id": "vpce-1",
            "X-Amzn-Vpc-Id": "vpc-1",
            "X-Amzn-Vpce-Id": "vpce-1",
            "Aws-Source-Arn": "a",
        }
        field.fails(field.put(keys, "by-service", **claims), DENIED)
        root("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("kinesis:PutRecord"))
        field.passes(field.put(keys, "by-service", **claims))


def an_address_claimed_by_headers(field: Field) -> None:
    """aws:SourceIp is the connection's."""
    stream("by-address")
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    keys = user("from-afar", allow("kinesis:PutRecord", Condition=condition))
    for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Amz-Source-Ip"):
        field.fails(field.put(keys, "by-address", **{name: "for=203.0.113.7" if name == "Forwarded" else "203.0.113.7"}), DENIED)
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}
    root("iam").put_user_policy(UserName="from-afar", PolicyName="p", PolicyDocument=allow("kinesis:PutRecord", Condition=here))
    field.passes(field.put(keys, "by-address", **{"X-Forwarded-For": "203.0.113.7"}))


def a_secure_transport_claimed_by_headers(field: Field) -> None:
    stream("by-tls")
    keys = user("not-on-tls", allow("kinesis:PutRecord", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    for headers in ({"X-Forwarded-Proto": "https"}, {"X-Forwarded-Ssl": "on"}, {"Forwarded": "proto=https"}, {"Front-End-Https": "on"}):
        field.fails(field.put(keys, "by-tls", **headers), DENIED)
    assert over_tls(field, field.put(keys, "by-tls")).startswith(b"HTTP/1.1 200"), "on TLS it is allowed"


def over_tls(field: Field, sent: Request) -> bytes:
    """What is answered on TLS, whoever the server says it is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(connect(field.closed.address)) as connection:
        connection.sendall(sent.with_header("Connection", "close").bytes())
        return connection.recv(65_536)


def a_key_for_one_service_used_directly(field: Field) -> None:
    """kms:ViaService lets a key be used by way of that service alone."""
    kms = root("kms")
    policy = json.loads(allow("kms:*"))
    policy["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"kms:ViaService": f"kinesis.{REGION}.amazonaws.com"}},
        }
    )
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    kms.describe_key(KeyId=key)
    for keys in (ROOTS[ACCOUNT], user("direct", allow("kms:*"))):
        refused(DENIED, client("kms", keys).encrypt, KeyId=key, Plaintext=b"x")
        claimed = field.signed(
            "GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}, keys, "kms", **{"X-Amz-Via-Service": f"kinesis.{REGION}.amazonaws.com"}
        )
        field.fails(claimed, DENIED)


def a_secret_under_another_encryption_context(field: Field) -> None:
    """What is said to go with a ciphertext is bound to it, and may be asked for by policies."""
    kms = root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    context = {"tenant": "one", "purpose": "test"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"one's", EncryptionContext=context)["CiphertextBlob"]
    is_(kms.decrypt(CiphertextBlob=sealed, EncryptionContext=dict(reversed(context.items())))["Plaintext"], b"one's")
    for other in (
        {},
        {"tenant": "one"},
        {**context, "tenant": "two"},
        {**context, "more": "x"},
        {"Tenant": "one", "purpose": "test"},
        {"tenant": "One", "purpose": "test"},
    ):
        refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=sealed, EncryptionContext=other)
    two = client("kms", user("tenant-two", allow("kms:Decrypt", Condition={"StringEquals": {"kms:EncryptionContext:tenant": "two"}})))
    refused(DENIED, two.decrypt, CiphertextBlob=sealed, EncryptionContext=context)
    theirs = kms.encrypt(KeyId=key, Plaintext=b"two's", EncryptionContext={"tenant": "two"})["CiphertextBlob"]
    is_(two.decrypt(CiphertextBlob=theirs, EncryptionContext={"tenant": "two"})["Plaintext"], b"two's")


def a_ciphertext_that_was_changed(field: Field) -> None:
    kms = root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"malleable?")["CiphertextBlob"]
    is_(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"malleable?")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert refused_by_any(kms.decrypt, CiphertextBlob=changed) in ("InvalidCiphertextException", DENIED), at
    for changed in (sealed[:-1], sealed + b"\0", b"\0", sealed * 2):
        refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=changed)


def a_grant_used_beyond_what_it_grants(field: Field) -> None:
    """By another, for another operation, under another context, after it was revoked; and handed on."""
    kms = root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    grantee, other = user("grantee"), user("not-grantee")
    sealed = {name: kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"of": name})["CiphertextBlob"] for name in ("this", "that")}
    grant = kms.create_grant(
        KeyId=key,
        GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/grantee",
        Operations=["Decrypt"],
        Constraints={"EncryptionContextEquals": {"of": "this"}},
    )
    mine = client("kms", grantee)
    is_(mine.decrypt(CiphertextBlob=sealed["this"], EncryptionContext={"of": "this"})["Plaintext"], b"x")
    refused(DENIED, mine.decrypt, CiphertextBlob=sealed["that"], EncryptionContext={"of": "that"})
    refused(DENIED, mine.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext={"of": "this"})
    refused(DENIED, mine.create_grant, KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/not-grantee", Operations=["Decrypt"])
    refused(DENIED, client("kms", other).decrypt, CiphertextBlob=sealed["this"], EncryptionContext={"of": "this"})
    refused(DENIED, client("kms", other).decrypt, CiphertextBlob=sealed["this"], EncryptionContext={"of": "this"}, GrantTokens=[grant["GrantToken"]])
    refused(DENIED, client("kms", other).retire_grant, GrantToken=grant["GrantToken"])
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    refused(DENIED, mine.decrypt, CiphertextBlob=sealed["this"], EncryptionContext={"of": "this"}, GrantTokens=[grant["GrantToken"]])


def a_key_that_was_disabled_or_is_to_be_deleted(field: Field) -> None:
    kms = root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    refused("DisabledException", kms.decrypt, CiphertextBlob=sealed)
    kms.enable_key(KeyId=key)
    is_(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"x")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=sealed)
    refused("KMSInvalidStateException", kms.enable_key, KeyId=key)


def anothers_account_trusted_but_its_user_not_sent(field: Field) -> None:
    """A role that trusts an account leaves it to that account whom it sends."""
    other = root("iam", OTHER)
    arn = role("for-other-account", trust(OTHER), allow("kinesis:List*"))

    def of_other(name: str, policy: str | None) -> tuple:
        other.create_user(UserName=name)
        if policy:
            other.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        made = other.create_access_key(UserName=name)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    sent = keys_of(client("sts", of_other("sent-for-role", allow("sts:AssumeRole", arn))).assume_role(RoleArn=arn, RoleSessionName="s1"))
    client("kinesis", sent).list_streams()
    refused("AccessDenied", client("sts", of_other("not-sent-for-role", None)).assume_role, RoleArn=arn, RoleSessionName="s1")
    refused(
        "AccessDenied",
        client("sts", of_other("sent-elsewhere-for-role", allow("sts:AssumeRole", arn + "2"))).assume_role,
        RoleArn=arn,
        RoleSessionName="s1",
    )


ATTACKS = [
    a_role_of_one_customer_for_another,
    a_role_of_a_service,
    a_service_claimed_by_headers,
    an_address_claimed_by_headers,
    a_secure_transport_claimed_by_headers,
    a_key_for_one_service_used_directly,
    a_secret_under_another_encryption_context,
    a_ciphertext_that_was_changed,
    a_grant_used_beyond_what_it_grants,
    a_key_that_was_disabled_or_is_to_be_deleted,
    anothers_account_trusted_but_its_user_not_sent,
]
