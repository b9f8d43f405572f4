#!/usr/bin/env python3
"""Who may: users, roles, sessions and resource policies, by boto3 and the AWS CLI against a closed server.

Each scenario makes its identities by the IAM API and then calls Kinesis as them.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

import boto3

from agents import Agent
from callers import ACCOUNT, CONFIG, OTHER, REGION, ROOTS, advance, allow, client, is_, keys_of, put, refused, role, root, run, stream, trust, user
import signatures
from server import Server

ISSUER = "https://token.example.com/realm"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="anabranch-provider-") as place:
        keys = Path(place) / "jwks.json"
        keys.write_text(table("servers.toml")["web"]["files"]["jwks.json"])
        return run("identities", SCENARIOS, ["--web-identity", f"{ISSUER}={keys}"])


def table(name: str) -> dict:
    """A file of the scenario table, which has a provider's keys and a token of it."""
    return tomllib.loads((Path(__file__).resolve().parent / "scenarios" / name).read_text())


# --- scenarios


def a_user_may_what_its_policies_allow(server: Server) -> None:
    mine, other = stream("users-own"), stream("users-other")
    alice = user("alice", allow("kinesis:PutRecord", mine))
    put(alice, StreamName="users-own")
    put(alice, StreamARN=mine)
    is_(
        refused("AccessDeniedException", put, alice, StreamName="users-other"),
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: kinesis:PutRecord on resource: {other}"
        " because no identity-based policy allows the kinesis:PutRecord action",
    )
    nowhere = refused("AccessDeniedException", put, alice, StreamName="users-nowhere")
    assert "users-nowhere because no identity-based policy" in nowhere, nowhere
    said = refused("AccessDenied", client("iam", alice).list_users)
    assert said.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:ListUsers"), said
    is_(client("sts", alice).get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/alice")

    root("iam").put_user_policy(UserName="alice", PolicyName="q", PolicyDocument=allow("kinesis:*").replace("Allow", "Deny"))
    said = refused("AccessDeniedException", put, alice, StreamName="users-own")
    assert said.endswith("with an explicit deny in an identity-based policy"), said
    root("iam").delete_user_policy(UserName="alice", PolicyName="q")
    put(alice, StreamName="users-own")


def keys_end_at_once(server: Server) -> None:
    stream("keys")
    bob, iam = user("bob", allow("kinesis:*")), root("iam")
    put(bob, StreamName="keys")
    iam.update_access_key(UserName="bob", AccessKeyId=bob[0], Status="Inactive")
    is_(refused("UnrecognizedClientException", put, bob, StreamName="keys"), "The security token included in the request is invalid.")
    iam.update_access_key(UserName="bob", AccessKeyId=bob[0], Status="Active")
    put(bob, StreamName="keys")
    refused("InvalidSignatureException", put, (bob[0], "wrong"), StreamName="keys")
    iam.delete_access_key(UserName="bob", AccessKeyId=bob[0])
    refused("UnrecognizedClientException", put, bob, StreamName="keys")


def groups_boundaries_and_conditions_count(server: Server) -> None:
    arn, iam = stream("groups"), root("iam")
    carol = user("carol")
    refused("AccessDeniedException", put, carol, StreamName="groups")
    iam.create_group(GroupName="writers")
    policy = iam.create_policy(PolicyName="write", PolicyDocument=allow("kinesis:Put*"))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="writers", PolicyArn=policy)
    iam.add_user_to_group(GroupName="writers", UserName="carol")
    put(carol, StreamName="groups")
    iam.create_policy(PolicyName="reads-alone", PolicyDocument=allow("kinesis:Get*"))
    iam.put_user_permissions_boundary(UserName="carol", PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/reads-alone")
    said = refused("AccessDeniedException", put, carol, StreamName="groups")
    assert said.endswith("because no permissions boundary allows the kinesis:PutRecord action"), said
    iam.delete_user_permissions_boundary(UserName="carol")

    tagged = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("kinesis:Put*", Condition=tagged), SetAsDefault=True)
    refused("AccessDeniedException", put, carol, StreamName="groups")
    iam.tag_user(UserName="carol", Tags=[{"Key": "team", "Value": "blue"}])
    root("kinesis").tag_resource(ResourceARN=arn, Tags={"team": "blue"})
    put(carol, StreamName="groups")
    root("kinesis").tag_resource(ResourceARN=arn, Tags={"team": "red"})
    refused("AccessDeniedException", put, carol, StreamName="groups")


def tags_of_a_new_stream_need_a_permission_of_their_own(server: Server) -> None:
    dora, iam = user("dora", allow("kinesis:CreateStream")), root("iam")
    kinesis = client("kinesis", dora)
    said = refused("AccessDeniedException", kinesis.create_stream, StreamName="new-tagged", ShardCount=1, Tags={"cost": "7"})
    assert "kinesis:AddTagsToStream" in said, said
    refused("ResourceNotFoundException", root("kinesis").describe_stream_summary, StreamName="new-tagged")
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}}
    both = allow(["kinesis:CreateStream", "kinesis:AddTagsToStream"], Condition=only)
    iam.put_user_policy(UserName="dora", PolicyName="p", PolicyDocument=both)
    refused("AccessDeniedException", kinesis.create_stream, StreamName="new-tagged", ShardCount=1, Tags={"other": "7"})
    kinesis.create_stream(StreamName="new-tagged", ShardCount=1, Tags={"cost": "7"})


def a_role_is_assumed_and_its_session_ends(server: Server) -> None:
    stream("roles")
    frank = user("frank", allow("sts:AssumeRole"))
    trusted = trust(f"arn:aws:iam::{ACCOUNT}:user/frank", Condition={"StringEquals": {"sts:ExternalId": "secret-7"}})
    reader = role("reader", trusted, allow("kinesis:*"))
    sts = client("sts", frank)
    ask = {"RoleArn": reader, "RoleSessionName": "s1", "DurationSeconds": 900}
    said = refused("AccessDenied", sts.assume_role, **ask)
    assert f"is not authorized to perform: sts:AssumeRole on resource: {reader}" in said, said
    refused("AccessDenied", client("sts", user("grace", allow("*"))).assume_role, **ask, ExternalId="secret-7")
    refused("AccessDenied", sts.assume_role, **{**ask, "RoleArn": reader + "s"}, ExternalId="secret-7")
    refused("AccessDenied", root("sts").assume_role, **ask, ExternalId="secret-7")

    answer = sts.assume_role(**ask, ExternalId="secret-7")
    is_(answer["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1")
    session = keys_of(answer)
    put(session, StreamName="roles")
    is_(client("sts", session).get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1")
    refused("UnrecognizedClientException", put, session[:2], StreamName="roles")
    refused("UnrecognizedClientException", put, (*session[:2], session[2][:-8] + "AAAAAAA="), StreamName="roles")

    narrow = keys_of(sts.assume_role(**ask, ExternalId="secret-7", Policy=allow("kinesis:Get*")))
    said = refused("AccessDeniedException", put, narrow, StreamName="roles")
    assert said.endswith("because no session policy allows the kinesis:PutRecord action"), said
    refused("MalformedPolicyDocument", sts.assume_role, **ask, ExternalId="secret-7", Policy="{")

    advance(server, 901)
    is_(refused("ExpiredTokenException", put, session, StreamName="roles"), "The security token included in the request is expired")
    is_(refused("ExpiredToken", client("sts", session).get_caller_identity), "The security token included in the request is expired")
    session = keys_of(sts.assume_role(**ask, ExternalId="secret-7"))
    put(session, StreamName="roles")
    root("iam").delete_role_policy(RoleName="reader", PolicyName="p")
    refused("AccessDeniedException", put, session, StreamName="roles")
    root("iam").delete_role(RoleName="reader")
    refused("UnrecognizedClientException", put, session, StreamName="roles")


def tags_of_a_session_are_handed_on_in_a_chain(server: Server) -> None:
    arn = stream("chain")
    root("kinesis").tag_resource(ResourceARN=arn, Tags={"team": "blue"})
    henry = user("henry", allow("sts:*"))
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    tagged = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}", "aws:SourceIdentity": "henry"}}
    second = role("second", trust(ACCOUNT, actions), allow("kinesis:*", Condition=tagged))
    first = role("first", trust(ACCOUNT, actions), allow("sts:AssumeRole"))
    ask = {"RoleSessionName": "s1", "SourceIdentity": "henry"}
    for team, may in (("blue", True), ("red", False)):
        asked = {"Tags": [{"Key": "team", "Value": team}], "TransitiveTagKeys": ["team"]}
        one = client("sts", henry).assume_role(RoleArn=first, **ask, **asked)
        two = keys_of(client("sts", keys_of(one)).assume_role(RoleArn=second, RoleSessionName="s1"))
        put(two, StreamName="chain") if may else refused("AccessDeniedException", put, two, StreamName="chain")
    too_long = {"RoleArn": second, "RoleSessionName": "s1", "DurationSeconds": 3601}
    refused("ValidationError", client("sts", keys_of(one)).assume_role, **too_long)


def sessions_of_users_and_federated_users(server: Server) -> None:
    stream("sessions")
    ida = user("ida", allow(["kinesis:*", "iam:*", "sts:GetFederationToken"]))
    sts = client("sts", ida)
    session = keys_of(sts.get_session_token())
    put(session, StreamName="sessions")
    is_(client("sts", session).get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/ida")
    refused("InvalidClientTokenId", client("iam", session).list_users)
    refused("AccessDenied", client("sts", session).get_session_token)
    federated = keys_of(sts.get_federation_token(Name="judy", Policy=allow("kinesis:Put*")))
    is_(client("sts", federated).get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:federated-user/judy")
    put(federated, StreamName="sessions")
    refused("AccessDeniedException", client("kinesis", federated).list_shards, StreamName="sessions")
    silent = keys_of(sts.get_federation_token(Name="judy"))
    refused("AccessDeniedException", put, silent, StreamName="sessions")


def another_account_may_what_the_resource_says(server: Server) -> None:
    arn, kinesis = stream("shared"), root("kinesis")
    theirs = ROOTS[OTHER]
    said = refused("AccessDeniedException", put, theirs, StreamARN=arn)
    assert said.endswith(f"on resource: {arn} because no resource-based policy allows the kinesis:PutRecord action"), said
    refused("ResourceNotFoundException", put, theirs, StreamName="shared")
    statement = json.loads(allow(["kinesis:PutRecord", "kinesis:GetRecords", "kinesis:GetShardIterator"], arn))
    statement["Statement"][0]["Principal"] = {"AWS": OTHER}
    kinesis.put_resource_policy(ResourceARN=arn, Policy=json.dumps(statement))
    put(theirs, StreamARN=arn)
    reader = client("kinesis", theirs)
    place = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = reader.get_shard_iterator(StreamARN=arn, **place)["ShardIterator"]
    is_(len(reader.get_records(ShardIterator=iterator, StreamARN=arn)["Records"]), 1)
    refused("AccessDeniedException", reader.list_shards, StreamARN=arn)
    kinesis.delete_resource_policy(ResourceARN=arn)
    refused("AccessDeniedException", reader.get_records, ShardIterator=iterator, StreamARN=arn)
    refused("AccessDeniedException", reader.get_records, ShardIterator=iterator)
    own = kinesis.get_shard_iterator(StreamName="shared", **place)["ShardIterator"]
    refused("AccessDeniedException", reader.get_records, ShardIterator=own)


def what_was_made_holds_after_a_restart(server: Server) -> None:
    stream("restarts")
    kate = user("kate", allow(["kinesis:*", "sts:*"]))
    worker = role("worker", trust(ACCOUNT), allow("kinesis:PutRecord"))
    session = keys_of(client("sts", kate).assume_role(RoleArn=worker, RoleSessionName="s1"))
    server.kill()
    server.start()
    for keys in (kate, session):
        put(keys, StreamName="restarts")
    refused("AccessDeniedException", client("kinesis", session).list_shards, StreamName="restarts")


def what_botocore_signs_is_taken_and_nothing_of_it_can_be_changed(server: Server) -> None:
    mina = user("mina", allow("*"))
    session = keys_of(client("sts", mina).get_session_token())
    signatures.check(server.endpoint, [mina, session], requests=1000)


def the_cli_assumes_a_role_by_its_configuration(server: Server) -> None:
    stream("cli")
    lea = user("lea", allow("sts:AssumeRole"))
    arn = role("cli", trust(ACCOUNT), allow(["kinesis:PutRecord", "kinesis:ListStreams"]))
    config = server.place / "aws-config"
    config.write_text(f"[profile lea]\nregion = {REGION}\n\n[profile app]\nregion = {REGION}\nrole_arn = {arn}\nsource_profile = lea\n")
    secrets = server.place / "aws-credentials"
    secrets.write_text(f"[lea]\naws_access_key_id = {lea[0]}\naws_secret_access_key = {lea[1]}\n")
    # The CLI keeps sessions beneath the home folder.
    place = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(secrets), "HOME": str(server.place)}

    def aws(*words: str) -> str:
        done = subprocess.run([os.environ["ACCEPTANCE_AWS"], *words], env={**os.environ, **place}, capture_output=True, text=True)
        return f"{done.returncode}: {done.stdout}{done.stderr}"

    assert "assumed-role/cli/botocore-session-" in (said := aws("--profile", "app", "sts", "get-caller-identity")), said
    assert "SequenceNumber" in (said := aws("--profile", "app", "kinesis", "put-record", "--stream-name", "cli", "--partition-key", "k", "--data", "eA==")), said
    assert "AccessDeniedException" in (said := aws("--profile", "lea", "kinesis", "list-streams")), said


CONTAINERS = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}}
)


def role_token(server: Server, named: str, to: Path, account: str = ACCOUNT) -> subprocess.CompletedProcess:
    """`anabranch role-token`, as an account's root."""
    key, secret = ROOTS[account]
    keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    words = [server.binary, "role-token", named, "--out", str(to), "--endpoint", server.endpoint]
    return subprocess.run(words, env={**os.environ, **keys}, capture_output=True, text=True)


def asked(server: Server, named: str, token: str | None) -> tuple[int, dict]:
    """What the endpoint for containers' credentials answers."""
    headers = {} if token is None else {"Authorization": token}
    request = urllib.request.Request(f"{server.endpoint}/_anabranch/credentials/{named}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def a_role_token_is_all_that_a_program_on_a_host_needs(server: Server) -> None:
    stream("hosts")
    arn = role("host", CONTAINERS, allow("kinesis:PutRecord"))
    token = server.place / "host.token"
    made = role_token(server, "host", token)
    is_((made.returncode, token.stat().st_mode & 0o777), (0, 0o600))
    assert token.read_text() not in made.stdout + made.stderr, "the token is printed"
    place = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.endpoint}/_anabranch/credentials/host",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }
    with mock.patch.dict(os.environ, place):
        session = boto3.Session(region_name=REGION)
        kinesis = session.client("kinesis", config=CONFIG)
        kinesis.put_record(StreamName="hosts", Data=b"x", PartitionKey="k")
        is_(session.client("sts").get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/host/container")
        refused("AccessDeniedException", kinesis.list_shards, StreamName="hosts")
        said = subprocess.run([os.environ["ACCEPTANCE_AWS"], "sts", "get-caller-identity"], capture_output=True, text=True)
        assert "assumed-role/host/container" in said.stdout, said

    secret = token.read_text()
    for named in ("host", f"{ACCOUNT}:host", arn):
        status, told = asked(server, named, secret)
        is_((status, sorted(told), told["RoleArn"]), (200, ["AccessKeyId", "Expiration", "RoleArn", "SecretAccessKey", "Token"], arn))
    is_(asked(server, "host", None)[0], 401)
    role("other-host", CONTAINERS, allow("kinesis:PutRecord"))
    for named, wrong in (("host", "garbage"), ("other-host", secret), (f"{OTHER}:host", secret), ("host", secret[:-4] + "AAAA")):
        is_(asked(server, named, wrong)[0], 403)
    assert "another account" in role_token(server, arn, server.place / "stolen", OTHER).stderr
    assert "no role nobody" in role_token(server, "nobody", server.place / "stolen").stderr
    assert not (server.place / "stolen").exists()

    iam = root("iam")
    iam.update_assume_role_policy(RoleName="host", PolicyDocument=trust(ACCOUNT))
    status, told = asked(server, "host", secret)
    is_((status, told["code"]), (403, "AccessDenied"))
    iam.update_assume_role_policy(RoleName="host", PolicyDocument=CONTAINERS)
    is_(asked(server, "host", secret)[0], 200)
    iam.delete_role_policy(RoleName="host", PolicyName="p")
    iam.delete_role(RoleName="host")
    role("host", CONTAINERS, allow("kinesis:PutRecord"))
    is_(asked(server, "host", secret)[0], 403)
    answers = {asked(server, "host", "garbage")[0] for _ in range(10)}
    assert 429 in answers, f"wrong tokens are taken without end: {answers}"
    is_(role_token(server, "host", token).returncode, 0)
    is_(asked(server, "host", token.read_text())[0], 200)


def federated(subject: str) -> str:
    """A trust policy for the provider's tokens about somebody."""
    host = ISSUER.removeprefix("https://")
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{host}:sub": subject, f"{host}:aud": "sts.amazonaws.com"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def sdks_get_credentials_of_a_role_in_every_way(server: Server) -> None:
    arn = stream("flows")
    nora = user("nora", allow("sts:AssumeRole"))
    may = allow(["kinesis:PutRecord", "kinesis:GetShardIterator", "kinesis:GetRecords", "kms:Encrypt", "kms:Decrypt"])
    row = next(row for row in table("sts.toml")["row"] if row["id"] == "assume-role-with-web-identity.nobody")
    token, secret = server.place / "web.token", server.place / "flow.token"
    token.write_text(row["with"]["WebIdentityToken"])
    key = root("kms").create_key()["KeyMetadata"]["KeyId"]
    ways = [
        {"kind": "assume-role", "role": role("flow-assumed", trust(ACCOUNT), may), "fresh": True},
        {"kind": "web-identity", "role": role("flow-federated", federated("job-7"), may), "file": str(token)},
        {"kind": "container", "uri": f"{server.endpoint}/_anabranch/credentials/flow-contained", "file": str(secret)},
    ]
    role("flow-contained", CONTAINERS, may)
    is_(role_token(server, "flow-contained", secret).returncode, 0)
    for name in ("java", "go"):
        agent = Agent(name, server.endpoint)
        try:
            for way in ways:
                caller = {"key": nora[0], "secret": nora[1], "token": ""} if way["kind"] == "assume-role" else {"key": "", "secret": "", "token": ""}
                credentials_flow(server, agent, {**caller, "region": REGION, "endpoint": server.endpoint, "provider": way}, arn, key)
        finally:
            agent.close()


def credentials_flow(server: Server, agent: Agent, who: dict, arn: str, key: str) -> None:
    """One SDK puts and gets as a role; what it assumed with a key it assumes again when the session is over."""

    def asked(operation: str, service: str = "kinesis", where: dict = who, **params) -> dict:
        answer = agent.ask({**where, "service": service, "operation": operation, "params": params})
        assert answer.get("ok"), f"{agent.client} {who['provider']['kind']} {operation}: {answer}"
        return answer["output"]

    way = who["provider"]["kind"]
    put_as_role = {"StreamName": "flows", "PartitionKey": "k", "Data": {"$blob": "eA=="}}
    place = asked("PutRecord", **put_as_role)["SequenceNumber"]
    found = asked("GetShardIterator", StreamARN=arn, ShardId="shardId-000000000000", ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=place)
    is_([record["SequenceNumber"] for record in asked("GetRecords", ShardIterator=found["ShardIterator"], StreamARN=arn)["Records"]], [place])
    wanted = {"assume-role": "flow-assumed/sdk", "web-identity": "flow-federated/sdk", "container": "flow-contained/container"}[way]
    is_(asked("GetCallerIdentity", "sts")["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{wanted}")
    if agent.client == "go":
        sealed = asked("Encrypt", "kms", KeyId=key, Plaintext={"$blob": "c2VjcmV0"})["CiphertextBlob"]
        is_(asked("Decrypt", "kms", CiphertextBlob=sealed)["Plaintext"], {"$blob": "c2VjcmV0"})
    if way == "assume-role":
        before = asked("Credentials")
        advance(server, 901)
        over = agent.ask({
            **who, "provider": None, "key": before["Key"], "secret": before["Secret"], "token": before["Token"],
            "service": "kinesis", "operation": "PutRecord", "params": put_as_role,
        })
        is_(over.get("code"), "ExpiredTokenException")
        asked("PutRecord", **put_as_role)
        assert asked("Credentials")["Key"] != before["Key"], f"{agent.client} goes on with the credentials it had"


def init_closes_a_directory_for_good(_: Server) -> None:
    server = Server(os.environ["ANABRANCH_BINARY"])
    try:
        open_endpoint = server.start().endpoint
        test = boto3.client("kinesis", REGION, endpoint_url=open_endpoint, aws_access_key_id="test", aws_secret_access_key="test", config=CONFIG)
        test.create_stream(StreamName="before", ShardCount=1)
        words = [server.binary, "init", "--data-dir", str(server.data)]
        taken = subprocess.run(words, capture_output=True, text=True)
        assert taken.returncode == 1 and "another anabranch process uses the data directory" in taken.stderr, taken
        is_(server.stop(), 0)
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        exported = dict(line.strip().removeprefix("export ").split("=", 1) for line in told.splitlines() if "export" in line)
        server.start()
        refused("UnrecognizedClientException", test.list_streams)
        keys = {"aws_access_key_id": exported["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": exported["AWS_SECRET_ACCESS_KEY"]}
        made = {name: boto3.client(name, REGION, endpoint_url=server.endpoint, config=CONFIG, **keys) for name in ("kinesis", "iam", "sts")}
        is_(made["kinesis"].list_streams()["StreamNames"], ["before"])
        is_(made["sts"].get_caller_identity()["Arn"], "arn:aws:iam::000000000000:root")
        made["iam"].create_user(UserName="alice")
        is_(server.stop(), 0)
        subprocess.run([*words, "--json"], capture_output=True, check=True)
        third = subprocess.run(words, capture_output=True, text=True)
        assert third.returncode == 1 and "has two root access keys already" in third.stderr, third
        secrets = [keys["aws_secret_access_key"].encode()]
        held = b"".join(file.read_bytes() for file in server.data.rglob("*") if file.is_file())
        assert not any(secret in held for secret in secrets), "a secret stands in the data directory as it is"
        for file in server.data.rglob("*"):
            assert file.stat().st_mode & 0o077 == 0 or server.data.stat().st_mode & 0o077 == 0, f"others may read {file}"
    finally:
        server.discard()


SCENARIOS = [
    init_closes_a_directory_for_good,
    a_user_may_what_its_policies_allow,
    keys_end_at_once,
    groups_boundaries_and_conditions_count,
    tags_of_a_new_stream_need_a_permission_of_their_own,
    a_role_is_assumed_and_its_session_ends,
    tags_of_a_session_are_handed_on_in_a_chain,
    sessions_of_users_and_federated_users,
    another_account_may_what_the_resource_says,
    what_was_made_holds_after_a_restart,
    the_cli_assumes_a_role_by_its_configuration,
    a_role_token_is_all_that_a_program_on_a_host_needs,
    sdks_get_credentials_of_a_role_in_every_way,
    what_botocore_signs_is_taken_and_nothing_of_it_can_be_changed,
]

if __name__ == "__main__":
    sys.exit(main())
