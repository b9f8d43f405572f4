"""Tokens of identity providers, which need no signature but their own; and messages that are sealed for one account."""

import hashlib
import hmac
import json
import re

import boto3
import botocore
from botocore.config import Config

from accounts import refused_by_any
from field import VICTIM, Field, whole_log
from callers import ACCOUNT, OTHER, ROOTS, advance, allow, client, is_, keys_of, put, refused, role, root, stream, trust, user
from paths import admin
from provider import Provider, encoded
from wire import Answer, Request, answer

INVALID = "InvalidIdentityToken"


def nobody():
    """Whoever has a token needs no key."""
    return boto3.client("sts", config=Config(signature_version=botocore.UNSIGNED, retries={"max_attempts": 0}))


def role_for_jobs(name: str, **condition) -> str:
    """A role for what the provider calls a job."""
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com/realm"
    when = {"StringEquals": {"token.example.com/realm:sub": "job", **condition}}
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": when}
    return role(name, json.dumps({"Version": "2012-10-17", "Statement": [statement]}), allow("kinesis:*"))


def assumed(arn: str, token: str) -> tuple:
    return keys_of(nobody().assume_role_with_web_identity(RoleArn=arn, RoleSessionName="s1", WebIdentityToken=token))


def refusal(arn: str, token: str) -> str:
    return refused_by_any(nobody().assume_role_with_web_identity, RoleArn=arn, RoleSessionName="s1", WebIdentityToken=token)


def a_token_that_nobody_signed(field: Field) -> None:
    """Algorithm `none` in every spelling, and no signature at all."""
    arn = role_for_jobs("unsigned-jobs")
    put(assumed(arn, field.provider.token()), StreamName=stream("unsigned-jobs").rsplit("/", 1)[1])
    for algorithm in ("none", "None", "NONE", "nOnE", "", "HS256", "RS256"):
        assert refusal(arn, field.provider.token({"alg": algorithm}, sign=lambda _: b"")) == INVALID, algorithm
    good = field.provider.token()
    for token in (good.rsplit(".", 1)[0], good.rsplit(".", 1)[0] + ".", good + ".", "." + good, "..", "a.b.c", good.replace(".", "..", 1)):
        assert refusal(arn, token) in (INVALID, "ValidationError"), token[:40]


def a_token_signed_with_what_everybody_knows(field: Field) -> None:
    """The public key as the secret of an HMAC, in every form that it is published in."""
    arn, jwk = role_for_jobs("hmac-jobs"), field.provider.jwk
    assumed(arn, field.provider.token())
    secrets = [
        field.provider.public.read_bytes(),
        field.provider.public.read_bytes().strip(),
        field.provider.key_set.read_bytes(),
        jwk["n"].encode(),
        json.dumps(jwk).encode(),
        b"",
        b"one",
    ]
    for secret in secrets:
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
            token = field.provider.token({"alg": algorithm}, sign=lambda text, secret=secret, digest=digest: hmac.new(secret, text, digest).digest())
            assert refusal(arn, token) == INVALID, algorithm


def a_token_that_brings_its_own_key(field: Field) -> None:
    """Keys come from the configuration: not from the token, nor from where it points."""
    arn, mallory = role_for_jobs("own-key-jobs"), Provider(field.closed.place, "mallory")
    assumed(arn, field.provider.token())
    at = mallory.key_set.as_uri()
    for header in (
        {},
        {"kid": "two"},
        {"kid": None},
        {"jwk": mallory.jwk},
        {"jku": at},
        {"x5u": at},
        {"kid": "../mallory.jwks.json"},
        {"kid": "one' or '1'='1"},
        {"kid": at},
        {"x5c": [encoded(b"certificate")]},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
    ):
        assert refusal(arn, mallory.token(header)) == INVALID, header
    assert refusal(arn, field.provider.token({"crit": ["something"]})) == INVALID, "what must be understood was not"


def a_token_that_was_changed(field: Field) -> None:
    arn = role_for_jobs("changed-jobs")
    good, other = field.provider.token(), field.provider.token(sub="another job")
    assumed(arn, good)
    heads, claims, signs = zip(good.split("."), other.split("."))
    assert refusal(arn, f"{heads[0]}.{claims[0]}.{signs[1]}") == INVALID
    assert refusal(arn, f"{heads[0]}.{claims[1]}.{signs[0]}") == INVALID
    for at in range(0, len(signs[0]) - 1, 29):
        letter = "A" if signs[0][at] != "A" else "B"
        assert refusal(arn, f"{heads[0]}.{claims[0]}.{signs[0][:at]}{letter}{signs[0][at + 1 :]}") == INVALID, at


def a_token_for_somebody_or_something_else(field: Field) -> None:
    """Of another subject, audience, issuer or time; a role that trusts others."""
    arn, token = role_for_jobs("bound-jobs"), field.provider.token
    assumed(arn, token())
    for claims, code in [
        ({"sub": "another job"}, "AccessDenied"),
        ({"sub": "JOB"}, "AccessDenied"),
        ({"sub": "*"}, "AccessDenied"),
        ({"sub": None}, INVALID),
        ({"sub": ["job"]}, INVALID),
        ({"aud": "another service"}, INVALID),
        ({"aud": None}, INVALID),
        ({"aud": "sts.amazonaws.com.evil.example"}, INVALID),
        ({"azp": "another client"}, INVALID),
        ({"iss": "https://token.example.com"}, INVALID),
        ({"iss": "https://token.example.com/realm/"}, INVALID),
        ({"iss": "token.example.com/realm"}, INVALID),
        ({"iss": None}, INVALID),
        ({"exp": 1}, "ExpiredTokenException"),
        ({"exp": None}, INVALID),
        ({"iat": 4_000_000_000}, INVALID),
        ({"nbf": 4_000_000_000}, INVALID),
        ({"exp": "never"}, INVALID),
    ]:
        assert refusal(arn, token(**claims)) == code, f"{claims}: {refusal(arn, token(**claims))}"
    assert refusal(field.victim.steward, token()) == "AccessDenied", "a role that does not trust the provider"
    assert refusal(arn.replace(ACCOUNT, VICTIM), token()) == "AccessDenied", "a role of that name in another account"
    assert refusal(arn.replace("arn:aws:", "arn:aws-cn:"), token()) in ("AccessDenied", "ValidationError")
    refused("AccessDenied", client("sts", user("not-a-job", allow("sts:*"))).assume_role, RoleArn=arn, RoleSessionName="s1")


def a_token_without_end(field: Field) -> None:
    """Large, deep, and of many claims; nobody has to have a key to send it."""
    arn = role_for_jobs("endless-jobs")
    assumed(arn, field.provider.token())
    deep = encoded(b'{"iss":"https://token.example.com/realm","x":' + b"[" * 9_000 + b"]" * 9_000 + b"}")
    header = encoded(b'{"alg":"RS256","kid":"one"}')
    for token in (
        f"{header}.{deep[:19_000]}.AAAA",
        f"{encoded(b'[' * 12_000)}.e30.AAAA",
        "a" * 20_000,
        "." * 20_000,
        f"{header}.{encoded(b'{' * 10_000)}.",
    ):
        assert refusal(arn, token) in (INVALID, "ValidationError"), token[:40]
    for token in ("a" * 20_001, "a" * 1_000_000):
        assert refusal(arn, token) in ("ValidationError", "RequestEntityTooLargeException", "413"), len(token)


def tags_that_the_provider_may_not_give(field: Field) -> None:
    """Tags and a source identity in a token need leave in the trust policy."""
    arn = role_for_jobs("tagged-jobs")
    assumed(arn, field.provider.token())
    tags = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["root"]}}}
    assert refusal(arn, field.provider.token(**tags)) == "AccessDenied"
    assert refusal(arn, field.provider.token(**{"https://aws.amazon.com/source_identity": "root"})) == "AccessDenied"


def a_denial_decoded_by_another_account(field: Field) -> None:
    """What the log tells of a denial is sealed for the account whose call it was, and needs leave to be opened."""
    keys = user("denied-loudly")
    refused("AccessDeniedException", put, keys, StreamName="denied-loudly")
    lines = [line for line in whole_log(field.closed).splitlines() if "denied-loudly" in line and "encoded_message" in line]
    message = re.search(r'encoded_message="?([\w-]+)', lines[-1])[1]
    told = json.loads(root("sts").decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    is_((told["allowed"], told["context"]["action"]), (False, "kinesis:PutRecord"))
    invalid = "InvalidAuthorizationMessageException"
    refused(invalid, root("sts", OTHER).decode_authorization_message, EncodedMessage=message)
    refused("AccessDenied", client("sts", keys).decode_authorization_message, EncodedMessage=message)
    for at in range(0, len(message), 41):
        changed = message[:at] + ("A" if message[at] != "A" else "B") + message[at + 1 :]
        refused(invalid, root("sts").decode_authorization_message, EncodedMessage=changed)
    session = keys_of(root("sts").get_federation_token(Name="any"))
    refused(invalid, root("sts").decode_authorization_message, EncodedMessage=session[2][:10_000])


def a_role_token_for_another_role(field: Field) -> None:
    """A token of a host is good for its role alone, as it was made; and roots make it, for their own roles."""
    name = "container-writer"
    arn = role(name, for_containers(), allow("kinesis:*"))
    other = role("container-other", for_containers(), allow("*"))
    stream(name)
    token = admin(field, "role-token", {"role": name}, ROOTS[ACCOUNT]).json()["token"]
    told = asked_with(field, name, token).json()
    put((told["AccessKeyId"], told["SecretAccessKey"], told["Token"]), StreamName=name)
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    tries = [("container-other", token), (other, token), (f"{VICTIM}:steward", token), (field.victim.steward, token)]
    tries += [(name, changed), (name, token[:-4]), (name, told["Token"]), (arn.replace(ACCOUNT, VICTIM), token), ("../role-token", token)]
    for named, shown in tries:
        # Ten wrong tokens are answered as such in a minute; the clock moves on.
        advance(field.closed, 61)
        found = asked_with(field, named, shown)
        assert found.status in (403, 404), f"{named}: {found}"
    assert asked_with(field, name, None).status == 401
    for keys in (user("makes-role-tokens", allow("*")), ROOTS[OTHER], (told["AccessKeyId"], told["SecretAccessKey"], told["Token"]), None):
        assert admin(field, "role-token", {"role": arn}, keys).status == 403, keys
    root("iam").update_assume_role_policy(RoleName=name, PolicyDocument=trust(ACCOUNT))
    assert asked_with(field, name, token).status == 403, "the role does not trust containers any more"


def for_containers() -> str:
    """The trust policy of a role for programs on hosts."""
    document = json.loads(trust(ACCOUNT))
    document["Statement"][0]["Principal"] = {"Service": "ecs-tasks.amazonaws.com"}
    return json.dumps(document)


def asked_with(field: Field, named: str, token: str | None) -> Answer:
    """What is answered to a program that asks for a role's credentials."""
    shown = (("Authorization", token),) if token else ()
    headers = (("Host", field.closed.address), *shown)
    return answer(field.closed.address, Request("GET", f"/_anabranch/credentials/{named}", headers))


ATTACKS = [
    a_token_that_nobody_signed,
    a_token_signed_with_what_everybody_knows,
    a_token_that_brings_its_own_key,
    a_token_that_was_changed,
    a_token_for_somebody_or_something_else,
    a_token_without_end,
    tags_that_the_provider_may_not_give,
    a_denial_decoded_by_another_account,
    a_role_token_for_another_role,
]
