"""Somebody who may a little and wants more: by policies, boundaries, keys, roles and sessions."""

import json

from accounts import refused_by_any
from field import VICTIM, Field
from callers import ACCOUNT, ROOTS, allow, client, is_, keys_of, put, refused, role, root, stream, trust, user
from paths import admin

DENIED = "AccessDenied"


def me(name: str, actions, resource: str = "*") -> tuple:
    """A user who may these actions alone; the client for IAM, and the keys."""
    keys = user(name, allow(actions, resource))
    return client("iam", keys), keys


def a_new_version_of_ones_own_policy(field: Field) -> None:
    iam = root("iam")
    policy = iam.create_policy(PolicyName="versions", PolicyDocument=allow(["iam:Get*", "iam:List*"]))["Policy"]["Arn"]
    keys = user("versions")
    iam.attach_user_policy(UserName="versions", PolicyArn=policy)
    mine = client("iam", keys)
    mine.get_policy(PolicyArn=policy)
    refused(DENIED, mine.create_policy_version, PolicyArn=policy, PolicyDocument=allow("*"), SetAsDefault=True)
    refused(DENIED, mine.create_policy_version, PolicyArn=policy, PolicyDocument=allow("*"))
    is_([version["VersionId"] for version in iam.list_policy_versions(PolicyArn=policy)["Versions"]], ["v1"])


def an_old_version_that_allowed_more(field: Field) -> None:
    iam = root("iam")
    policy = iam.create_policy(PolicyName="old-version", PolicyDocument=allow("*"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("iam:List*"), SetAsDefault=True)
    keys = user("old-version")
    iam.attach_user_policy(UserName="old-version", PolicyArn=policy)
    mine = client("iam", keys)
    mine.list_users()
    refused(DENIED, mine.set_default_policy_version, PolicyArn=policy, VersionId="v1")
    refused(DENIED, mine.delete_policy_version, PolicyArn=policy, VersionId="v1")
    refused(DENIED, mine.create_user, UserName="by-old-version")


def a_policy_written_or_attached_by_oneself(field: Field) -> None:
    mine, _ = me("self-service", "iam:List*")
    iam = root("iam")
    iam.create_group(GroupName="administrators")
    iam.attach_group_policy(GroupName="administrators", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    administrator = {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    mine.list_users()
    refused(DENIED, mine.put_user_policy, UserName="self-service", PolicyName="p", PolicyDocument=allow("*"))
    refused(DENIED, mine.attach_user_policy, UserName="self-service", **administrator)
    refused(DENIED, mine.add_user_to_group, UserName="self-service", GroupName="administrators")
    refused(DENIED, mine.put_group_policy, GroupName="administrators", PolicyName="p", PolicyDocument=allow("*"))
    refused(DENIED, mine.create_policy, PolicyName="mine", PolicyDocument=allow("*"))
    refused(DENIED, mine.delete_user_policy, UserName="self-service", PolicyName="p")
    refused(DENIED, mine.create_user, UserName="by-self-service")
    is_(iam.list_groups_for_user(UserName="self-service")["Groups"], [])


def a_key_of_somebody_who_may_more(field: Field) -> None:
    user("powerful", allow("*"))
    mine, _ = me("key-maker", "iam:*AccessKey*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
    mine.list_access_keys(UserName="key-maker")
    mine.delete_access_key(UserName="key-maker", AccessKeyId=mine.create_access_key(UserName="key-maker")["AccessKey"]["AccessKeyId"])
    theirs = root("iam").list_access_keys(UserName="powerful")["AccessKeyMetadata"][0]["AccessKeyId"]
    refused(DENIED, mine.create_access_key, UserName="powerful")
    refused(DENIED, mine.delete_access_key, UserName="powerful", AccessKeyId=theirs)
    refused(DENIED, mine.update_access_key, UserName="powerful", AccessKeyId=theirs, Status="Inactive")
    # Naming oneself, but somebody else's key.
    refused("NoSuchEntity", mine.delete_access_key, UserName="key-maker", AccessKeyId=theirs)
    refused("NoSuchEntity", mine.update_access_key, UserName="key-maker", AccessKeyId=theirs, Status="Inactive")
    is_(root("iam").list_access_keys(UserName="powerful")["AccessKeyMetadata"][0]["Status"], "Active")


def a_trust_policy_changed_to_let_oneself_in(field: Field) -> None:
    powerful = role("powerful", trust(f"arn:aws:iam::{ACCOUNT}:user/nobody-yet"), allow("*"))
    keys = user("trust-changer", allow(["sts:AssumeRole", "iam:GetRole"]))
    mine = client("iam", keys)
    mine.get_role(RoleName="powerful")
    refused(DENIED, client("sts", keys).assume_role, RoleArn=powerful, RoleSessionName="s1")
    refused(DENIED, mine.update_assume_role_policy, RoleName="powerful", PolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:user/trust-changer"))
    refused(DENIED, mine.put_role_policy, RoleName="powerful", PolicyName="q", PolicyDocument=allow("*"))
    refused(DENIED, mine.attach_role_policy, RoleName="powerful", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    refused(DENIED, client("sts", keys).assume_role, RoleArn=powerful, RoleSessionName="s1")


def a_boundary_taken_off_by_whom_it_binds(field: Field) -> None:
    iam = root("iam")
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=allow(["kinesis:*", "iam:Get*"]))["Policy"]["Arn"]
    keys = user("bounded", allow("*"))
    stream("bounded")
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=boundary)
    mine = client("iam", keys)
    put(keys, StreamName="bounded")
    mine.get_user(UserName="bounded")
    refused(DENIED, mine.delete_user_permissions_boundary, UserName="bounded")
    refused(DENIED, mine.put_user_permissions_boundary, UserName="bounded", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")
    refused(DENIED, mine.create_policy_version, PolicyArn=boundary, PolicyDocument=allow("*"), SetAsDefault=True)
    refused(DENIED, mine.create_user, UserName="unbounded")
    is_(iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary)


def a_user_made_without_the_boundary_that_is_asked_for(field: Field) -> None:
    """An administrator who may make users only within a boundary makes none who may more."""
    iam = root("iam")
    boundary = iam.create_policy(PolicyName="delegated", PolicyDocument=allow("kinesis:*"))["Policy"]["Arn"]
    other = iam.create_policy(PolicyName="delegated-not", PolicyDocument=allow("*"))["Policy"]["Arn"]
    needs = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}
    keys = user("delegate", allow(["iam:CreateUser", "iam:PutUserPolicy", "iam:PutUserPermissionsBoundary"], **needs))
    iam.put_user_policy(UserName="delegate", PolicyName="keys", PolicyDocument=allow("iam:CreateAccessKey"))
    mine = client("iam", keys)
    mine.create_user(UserName="delegated", PermissionsBoundary=boundary)
    mine.put_user_policy(UserName="delegated", PolicyName="p", PolicyDocument=allow("*"))
    made = mine.create_access_key(UserName="delegated")["AccessKey"]
    refused(DENIED, client("iam", (made["AccessKeyId"], made["SecretAccessKey"])).create_user, UserName="by-delegated")
    refused(DENIED, mine.create_user, UserName="without")
    refused(DENIED, mine.create_user, UserName="with-another", PermissionsBoundary=other)
    refused(DENIED, mine.put_user_permissions_boundary, UserName="delegated", PermissionsBoundary=other)
    iam.create_user(UserName="unbounded-before")
    refused(DENIED, mine.put_user_policy, UserName="unbounded-before", PolicyName="p", PolicyDocument=allow("*"))
    refused(DENIED, mine.delete_user_permissions_boundary, UserName="delegated")


def a_role_passed_that_may_not_be(field: Field) -> None:
    """No operation here takes a role yet: what a policy says of iam:PassRole is asked of the evaluator."""
    passes = {"Condition": {"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}}
    keys = user("passer", allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app-*", **passes))
    me_arn = f"arn:aws:iam::{ACCOUNT}:user/passer"

    def decision(name: str, service: str) -> str:
        entry = {"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string", "ContextKeyValues": [service]}
        asked = {
            "PolicySourceArn": me_arn,
            "ActionNames": ["iam:PassRole"],
            "ResourceArns": [f"arn:aws:iam::{ACCOUNT}:role/{name}"],
            "ContextEntries": [entry],
        }
        return root("iam").simulate_principal_policy(**asked)["EvaluationResults"][0]["EvalDecision"]

    is_(decision("app-one", "firehose.amazonaws.com"), "allowed")
    is_(decision("admin", "firehose.amazonaws.com"), "implicitDeny")
    is_(decision("app-one", "lambda.amazonaws.com"), "implicitDeny")
    is_(decision("App-one", "firehose.amazonaws.com"), "implicitDeny")
    refused(DENIED, client("iam", keys).list_roles)


def a_session_policy_that_wants_more(field: Field) -> None:
    """A session may what both its role and its policy allow."""
    stream("narrow")
    arn = role("narrow", trust(ACCOUNT), allow("kinesis:Get*"))
    sts = client("sts", user("widens", allow("sts:AssumeRole")))
    wide = keys_of(
        sts.assume_role(RoleArn=arn, RoleSessionName="s1", Policy=allow("*"), PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}])
    )
    place = {"StreamName": "narrow", "ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}
    client("kinesis", wide).get_shard_iterator(**place)
    refused("AccessDeniedException", put, wide, StreamName="narrow")
    mine = client("sts", user("federates-wide", allow("sts:*")))
    federated = keys_of(mine.get_federation_token(Name="wide", Policy=allow("*")))
    refused("AccessDeniedException", put, federated, StreamName="narrow")


def the_callers_power_kept_in_a_role(field: Field) -> None:
    stream("kept-power")
    keys = user("keeps", allow(["kinesis:*", "sts:*"]))
    arn = role("weak", trust(ACCOUNT), allow("kinesis:List*"))
    session = keys_of(client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="s1"))
    put(keys, StreamName="kept-power")
    client("kinesis", session).list_streams()
    refused("AccessDeniedException", put, session, StreamName="kept-power")


def a_session_that_outlives_what_it_came_from(field: Field) -> None:
    """Of a role or user that was deleted, also when another one has its name since."""
    stream("outlives")
    iam = root("iam")
    sts = client("sts", user("outlives-maker", allow("sts:*")))
    arn = role("outlived", trust(ACCOUNT), allow("kinesis:*"))
    of_role = keys_of(sts.assume_role(RoleArn=arn, RoleSessionName="s1"))
    of_user = keys_of(client("sts", user("outlived", allow("kinesis:*"))).get_session_token())
    for session in (of_role, of_user):
        put(session, StreamName="outlives")
    iam.delete_role_policy(RoleName="outlived", PolicyName="p")
    iam.delete_role(RoleName="outlived")
    for key in iam.list_access_keys(UserName="outlived")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="outlived", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="outlived", PolicyName="p")
    iam.delete_user(UserName="outlived")
    for session in (of_role, of_user):
        refused("UnrecognizedClientException", put, session, StreamName="outlives")
    role("outlived", trust(ACCOUNT), allow("kinesis:*"))
    user("outlived", allow("kinesis:*"))
    for session in (of_role, of_user):
        refused("UnrecognizedClientException", put, session, StreamName="outlives")


def a_session_made_by_a_session(field: Field) -> None:
    """Sessions of users make no sessions, and call no IAM; a chain lasts an hour at the most."""
    keys = user("chains", allow("*"))
    session = keys_of(client("sts", keys).get_session_token())
    client("sts", session).get_caller_identity()
    assert refused_by_any(client("sts", session).get_session_token) in (DENIED, "InvalidClientTokenId")
    assert refused_by_any(client("sts", session).get_federation_token, Name="again", Policy=allow("*")) in (DENIED, "InvalidClientTokenId")
    refused("InvalidClientTokenId", client("iam", session).create_access_key, UserName="chains")
    arn = role("chained", trust(ACCOUNT), allow("*"))
    root("iam").update_role(RoleName="chained", MaxSessionDuration=43200)
    first = keys_of(client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="s1", DurationSeconds=43200))
    refused("ValidationError", client("sts", first).assume_role, RoleArn=arn, RoleSessionName="s2", DurationSeconds=3601)


def tags_and_a_source_identity_of_ones_own_choosing(field: Field) -> None:
    """What a chain of roles hands on is not to be changed in it, nor tags to be had without leave."""
    stream("tagged-chain")
    keys = user("tags-itself", allow(["sts:AssumeRole", "kinesis:PutRecord"]))
    plain = role("tag-plain", trust(ACCOUNT), allow("sts:*"))
    refused(DENIED, client("sts", keys).assume_role, RoleArn=plain, RoleSessionName="s1", Tags=[{"Key": "team", "Value": "root"}])
    refused(DENIED, client("sts", keys).assume_role, RoleArn=plain, RoleSessionName="s1", SourceIdentity="root")
    root("iam").put_user_policy(UserName="tags-itself", PolicyName="p", PolicyDocument=allow("sts:*"))
    may = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    first, second = (role(name, trust(ACCOUNT, may), allow("sts:*")) for name in ("tag-first", "tag-second"))
    ask = {"Tags": [{"Key": "team", "Value": "blue"}], "TransitiveTagKeys": ["team"], "SourceIdentity": "tags-itself"}
    session = keys_of(client("sts", keys).assume_role(RoleArn=first, RoleSessionName="s1", **ask))
    sts = client("sts", session)
    sts.assume_role(RoleArn=second, RoleSessionName="s1")
    assert refused_by_any(sts.assume_role, RoleArn=second, RoleSessionName="s1", Tags=[{"Key": "team", "Value": "red"}]) in (
        DENIED,
        "InvalidParameterValue",
    )
    told = sts.assume_role(RoleArn=second, RoleSessionName="s1", SourceIdentity="tags-itself")
    is_(told["SourceIdentity"], "tags-itself")
    changed = None
    try:
        changed = sts.assume_role(RoleArn=second, RoleSessionName="s1", SourceIdentity="somebody-else").get("SourceIdentity")
    except sts.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in (DENIED, "ValidationError", "InvalidParameterValue"), error
    assert changed in (None, "tags-itself"), f"the source identity became {changed}"


def an_admin_call_by_an_administrator_who_is_no_root(field: Field) -> None:
    """Moving the clock, faults, backups and resets are the roots' alone."""
    administrator = user("administrator", allow("*"))
    session = keys_of(root("sts").get_session_token())
    assert admin(field, "clock", {"advance_ms": 1}, ROOTS[VICTIM]).status == 200
    for keys in (administrator, session, None, (ROOTS[VICTIM][0], "wrong")):
        for path, body in [
            ("clock", {"advance_ms": 1}),
            ("fault", {"faults": ["error=1"]}),
            ("backup", {"into": str(field.closed.place / "stolen")}),
            ("reset", {}),
        ]:
            found = admin(field, path, body, keys)
            assert found.status == 403, f"{path}: {found}"
    assert not (field.closed.place / "stolen").exists()
    put(ROOTS[VICTIM], StreamName="scratch")


def a_permission_without_its_resource(field: Field) -> None:
    """Leave for one stream is none for another whose name begins or ends alike."""
    for name in ("orders", "orders-secret", "my-orders", "Orders"):
        stream(name)
    keys = user("orders", allow("kinesis:PutRecord", f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/orders"))
    put(keys, StreamName="orders")
    for name in ("orders-secret", "my-orders", "Orders"):
        refused("AccessDeniedException", put, keys, StreamName=name)
    refused("AccessDeniedException", client("kinesis", keys).put_records, StreamName="orders", Records=[{"Data": b"x", "PartitionKey": "k"}])


def a_condition_met_by_leaving_its_key_out(field: Field) -> None:
    """A key that is absent satisfies no positive operator, and a denial by a negated one holds."""
    stream("absent-keys")
    for operator, key, value in [
        ("StringEquals", "aws:PrincipalTag/team", "blue"),
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
        ("StringLike", "aws:SourceArn", "*"),
        ("ArnLike", "aws:SourceArn", "arn:aws:*:*:*:*"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "300"),
        ("ForAnyValue:StringEquals", "aws:TagKeys", "a"),
    ]:
        name = f"absent-{operator.replace(':', '-')}-{len(key)}"
        keys = user(name, allow("kinesis:PutRecord", Condition={operator: {key: value}}))
        refused("AccessDeniedException", put, keys, StreamName="absent-keys")
        root("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("kinesis:PutRecord"))
        put(keys, StreamName="absent-keys")
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}}},
    ]
    keys = user("absent-denied", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    refused("AccessDeniedException", put, keys, StreamName="absent-keys")
    root("iam").tag_user(UserName="absent-denied", Tags=[{"Key": "team", "Value": "blue"}])
    put(keys, StreamName="absent-keys")


ATTACKS = [
    a_new_version_of_ones_own_policy,
    an_old_version_that_allowed_more,
    a_policy_written_or_attached_by_oneself,
    a_key_of_somebody_who_may_more,
    a_trust_policy_changed_to_let_oneself_in,
    a_boundary_taken_off_by_whom_it_binds,
    a_user_made_without_the_boundary_that_is_asked_for,
    a_role_passed_that_may_not_be,
    a_session_policy_that_wants_more,
    the_callers_power_kept_in_a_role,
    a_session_that_outlives_what_it_came_from,
    a_session_made_by_a_session,
    tags_and_a_source_identity_of_ones_own_choosing,
    an_admin_call_by_an_administrator_who_is_no_root,
    a_permission_without_its_resource,
    a_condition_met_by_leaving_its_key_out,
]
