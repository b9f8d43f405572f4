"""Requests that cost far more than they weigh: patterns, policies, simulations, keys."""

import json
from contextlib import ExitStack
from urllib.parse import quote

from accounts import refused_by_any
from bodies import MIB, SECONDS_MAX, told
from field import VICTIM, Field, cpu_seconds
from callers import ACCOUNT, OTHER, ROOTS, allow, is_, root, stream, user
from slowness import others_are_served
from wire import Answer, Request, connect, request, signed


def a_pattern_that_takes_for_ever(field: Field) -> None:
    """Wildcards without end in a policy, against texts that nearly match; and a request's own text is long."""
    for name in ("a" * 128, "b" * 100):
        stream(name)
    stars = {f"stars-{i}": pattern for i, pattern in enumerate(("*a" * 700 + "*b", "?*" * 700 + "b", "*" * 1400 + "b", "*?a" * 450 + "*b"))}
    for name, pattern in stars.items():
        policy = json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kinesis:*", "Resource": f"arn:aws:kinesis:*:*:stream/{pattern}"}]}
        )
        keys = user(name, policy)
        found = told(field, field.signed("DescribeStreamSummary", {"StreamName": "a" * 128}, keys), 1.0)
        assert found.code == "AccessDeniedException", found
    agent = allow("kinesis:DescribeStreamSummary", Condition={"StringLike": {"aws:UserAgent": "*a" * 800 + "*b"}})
    keys = user("stars-agent", agent)
    for asked, status in (("a" * 60_000, 400), ("a" * 60_000 + "b", 200)):
        found = told(field, field.signed("DescribeStreamSummary", {"StreamName": "a" * 128}, keys, **{"User-Agent": asked}), 1.0)
        is_(found.status, status)


def policies_as_large_as_they_may_be(field: Field) -> None:
    """Nested without end, with conditions without end, of more than the quota."""
    iam = root("iam", OTHER)
    good = allow("kinesis:*")
    iam.create_policy(PolicyName="good", PolicyDocument=good)
    nested = '{"Version":"2012-10-17","Statement":' + "[" * 50_000 + "]" * 50_000 + "}"
    for document in (nested, "[" * 131_072, '{"a":' * 26_000, good[:-1] + ',"x":' + "[" * 100_000):
        before = cpu_seconds(field.closed)
        assert refused_by_any(iam.create_policy, PolicyName="bad", PolicyDocument=document) in (
            "MalformedPolicyDocument",
            "LimitExceeded",
            "ValidationError",
        )
        assert cpu_seconds(field.closed) - before < SECONDS_MAX
    statement = '{"Effect":"Allow","Action":"a:b","Resource":"*"}'
    for document in (f'{{"Version":"2012-10-17","Statement":[{",".join([statement] * 2000)}]}}',):
        assert refused_by_any(iam.create_policy, PolicyName="bad", PolicyDocument=document) == "LimitExceeded"
    is_([policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]], ["good"])


def keys_that_take_long_to_make(field: Field) -> None:
    """Eight at once ask for pairs of RSA keys; others' calls take their usual time."""
    key = root("kms").create_key()["KeyMetadata"]["KeyId"]
    ask = {"KeyId": key, "KeyPairSpec": "RSA_2048"}
    assert root("kms").generate_data_key_pair(**ask)["PublicKey"]
    sent = [field.signed("GenerateDataKeyPair", {"KeyId": key, "KeyPairSpec": "RSA_4096"}, ROOTS[ACCOUNT], "kms").bytes() for _ in range(8)]
    with ExitStack() as stack:
        for one in sent:
            stack.enter_context(connect(field.closed.address)).sendall(one)
        others_are_served(field)


def a_simulation_of_millions(field: Field) -> None:
    """Twelve thousand actions on twelve thousand resources, and the page before the last."""
    one = quote(allow("kinesis:*"))
    ask = f"Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1={one}"

    def form(body: str) -> Answer:
        unsigned = request(field.closed.address, "", {}, "iam")
        return told(field, signed(Request(unsigned.method, unsigned.target, unsigned.headers, body.encode()), ROOTS[VICTIM], "iam"))

    is_(form(ask + "&ActionNames.member.1=kinesis:PutRecord").status, 200)
    many = ask + "".join(f"&ActionNames.member.{i}=a:b&ResourceArns.member.{i}=*" for i in range(1, 12_000))
    assert b"<Marker>100</Marker>" in form(many).body
    assert b"<IsTruncated>false</IsTruncated>" in form(many + "&Marker=143975999").body
    assert form(many + "&Marker=0999999999").status == 400


def a_simulation_of_statements_without_end(field: Field) -> None:
    """Policies of as many statements as fit, each told for each action; values of context keys without end."""
    head = "Action=SimulateCustomPolicy&Version=2010-05-08"

    def form(*policies: str, more: str = "") -> Answer:
        given = "".join(f"&PolicyInputList.member.{i}={quote(policy, safe=':,*')}" for i, policy in enumerate(policies, 1))
        body = head + given + more + "".join(f"&ActionNames.member.{i}=a:b" for i in range(1, 1001)) + "&MaxItems=1000"
        unsigned = request(field.closed.address, "", {}, "iam")
        return told(field, signed(Request(unsigned.method, unsigned.target, unsigned.headers, body.encode()), ROOTS[VICTIM], "iam"), 10)

    is_(form(allow("*")).body.count(b"<EvalDecision>"), 1000)
    large = '{"Version":"2012-10-17","Statement":[' + ",".join(['{"Effect":"Allow","Action":"*","Resource":"*"}'] * 2700) + "]}"
    found = form(large, large, large)
    assert found.status == 200 and b"<IsTruncated>true</IsTruncated>" in found.body and len(found.body) < 16 * MIB, f"{len(found.body)} bytes"
    values = json.dumps([str(i) for i in range(15_000)])
    condition = f'{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"ForAllValues:StringLike":{{"a:b":{values}}}}}}}}}'
    context = "&ContextEntries.member.1.ContextKeyName=a:b&ContextEntries.member.1.ContextKeyType=stringList"
    context += "".join(f"&ContextEntries.member.1.ContextKeyValues.member.{i}=x" for i in range(1, 5_000))
    assert form(condition, more=context).status == 400


ATTACKS = [
    a_pattern_that_takes_for_ever,
    policies_as_large_as_they_may_be,
    a_simulation_of_millions,
    a_simulation_of_statements_without_end,
    # What it began goes on for a while, and would be counted with others.
    keys_that_take_long_to_make,
]
