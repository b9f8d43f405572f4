"""Bodies that are too large, too deep, too dense, or not what they say; and requests that cost far more than they weigh."""

import gzip
import json
import time
import zlib
from contextlib import ExitStack, closing
from urllib.parse import quote

import cbor2

from accounts import refused_by_any
from field import VICTIM, Field, resident_mib
from identities import ACCOUNT, OTHER, REGION, ROOTS, allow, is_, refused, root, stream, user
from wire import Answer, Request, answer, connect, request, send, signed

MIB = 1 << 20
# What a call that costs as much as it can may take, on a machine that is busy with tests and in a build without optimization.
SECONDS_MAX = 5.0


def told(field: Field, sent: Request, seconds: float = SECONDS_MAX) -> Answer:
    """The answer, which has to come in time."""
    begun = time.monotonic()
    found = answer(field.closed.address, sent, seconds + 10)
    took = time.monotonic() - begun
    assert took < seconds, f"it took {took:.1f} s: {found}"
    return found


def json_call(field: Field, operation: str, body: bytes, keys=ROOTS[VICTIM], service: str = "kinesis", **headers) -> Request:
    unsigned = request(field.closed.address, operation, {}, service, **headers)
    return signed(Request(unsigned.method, unsigned.target, unsigned.headers, body), keys, service)


def a_body_larger_than_any(field: Field) -> None:
    """Told by its length it is refused before any of it is read; in chunks when it has become too large."""
    field.passes(field.put())
    before = resident_mib(field.closed)
    for length in (17 * MIB, 1 << 40):
        asked = field.put().and_header("Content-Length", str(length))
        found = send(field.closed.address, Request(asked.method, asked.target, asked.headers, b"", length=False).bytes())
        assert [one.status for one in found] == [413], [str(one) for one in found]
    chunked = field.put().and_header("Transfer-Encoding", "chunked")
    chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
    found = send(field.closed.address, Request(chunked.method, chunked.target, chunked.headers, b"", length=False).bytes() + chunk * 20 + b"0\r\n\r\n")
    assert all(one.status == 413 for one in found), [str(one) for one in found]
    form = request(field.closed.address, "ListUsers", {"Padding": "a" * (MIB + 1)}, "iam")
    assert told(field, signed(form, ROOTS[VICTIM], "iam")).status == 413
    assert resident_mib(field.closed) < before + 64, "what was refused was kept"


def a_body_that_ends_before_its_length(field: Field) -> None:
    """Nothing is done of half a request, whoever signed it."""
    put = field.put()
    scratch = field.victim.kinesis.get_records(ShardIterator=field.victim.iterator("scratch"))["Records"]
    with closing(connect(field.closed.address)) as connection:
        connection.sendall(put.bytes()[:-5])
    field.passes(put)
    is_(len(field.victim.kinesis.get_records(ShardIterator=field.victim.iterator("scratch"))["Records"]), len(scratch) + 1)


def json_without_end(field: Field) -> None:
    """Nested as deep as a body is long: in a member nobody knows, in one that is known, in lists and maps."""
    deep = 1_000_000
    for body in (b"[" * deep, b'{"a":' * deep, b'{"Tags":' + b'{"a":' * deep, b'{"x":' + b"[" * deep + b"]" * deep + b"}", b'{"StreamName":"s","x":' + b'[{"a":' * (deep // 2)):
        found = told(field, json_call(field, "CreateStream", body))
        assert (found.status, found.code) == (400, "SerializationException"), found
    shallow = b'{"StreamName":"treasure","x":' + b"[" * 90 + b"]" * 90 + b"}"
    is_(told(field, json_call(field, "DescribeStream", shallow)).status, 200)


def cbor_without_end(field: Field) -> None:
    content = {"Content-Type": "application/x-amz-cbor-1.1"}
    deep = 1_000_000
    for body in (b"\x81" * deep, b"\xa1\x61\x61" * deep, b"\x9f" * deep, b"\xbf\x61\x61" * deep, b"\xa1\x64Tags" + b"\xa1\x61a" * deep, b"\xc1" * deep, b"\x5f" * deep, b"\xa1\x61x" + b"\x7f" * deep):
        found = told(field, json_call(field, "CreateStream", body, **content))
        assert found.status == 400, found
    body = cbor2.dumps({"StreamName": "treasure"})
    is_(told(field, json_call(field, "DescribeStream", body, **content)).status, 200)


def cbor_that_claims_more_than_it_has(field: Field) -> None:
    """Lengths of texts, lists and maps up to 2⁶⁴ - 1 are claimed in a few bytes."""
    content = {"Content-Type": "application/x-amz-cbor-1.1"}
    before = resident_mib(field.closed)
    for kind in (0x5B, 0x7B, 0x9B, 0xBB):
        for size in ("ffffffffffffffff", "7fffffffffffffff", "0000000100000000", "0000000000ffffff"):
            for member in ("Records", "StreamName", "Data", "x"):
                body = cbor2.dumps({member: 0})[:-1] + bytes([kind]) + bytes.fromhex(size)
                found = told(field, json_call(field, "PutRecords", body, **content))
                assert found.status == 400, found
    assert resident_mib(field.closed) < before + 16, "it believed a length"
    body = cbor2.dumps({"StreamName": "scratch", "Records": [{"Data": b"x", "PartitionKey": "k"}]})
    is_(told(field, json_call(field, "PutRecords", body, **content)).status, 200)


def a_form_without_end(field: Field) -> None:
    """As many parameters as fit, places in lists up to 2⁶⁴, and names nested as deep as they are long."""
    head = "Action=ListUsers&Version=2010-05-08"

    def form(body: str) -> Answer:
        unsigned = request(field.closed.address, "ListUsers", {}, "iam")
        return told(field, signed(Request(unsigned.method, unsigned.target, unsigned.headers, body.encode()), ROOTS[VICTIM], "iam"))

    is_(form(head).status, 200)
    before = resident_mib(field.closed)
    tags = "Action=CreateUser&Version=2010-05-08&UserName=form"
    for body in (
        head + "&a=" * 300_000,
        head + "".join(f"&Tags.member.{i}.Key=k" for i in range(30_000)),
        tags + "".join(f"&Tags.member.{10**i}.Key=k" for i in range(25)),
        tags + "&Tags.member.18446744073709551616.Key=k&Tags.member.-1.Key=k&Tags.member.4294967295.Value=v",
        tags + "&Tags" + ".member.1" * 100_000 + "=k",
        tags + "&" + "a." * 400_000 + "=k",
        head + "&%zz=1",
        head + "&" + "%41" * 300_000,
    ):
        found = form(body)
        assert found.status in (200, 400, 409), found
    refused("NoSuchEntity", field.victim.iam.get_user, UserName="form")
    assert resident_mib(field.closed) < before + 64


def a_gzip_bomb(field: Field) -> None:
    """A gigabyte in a megabyte: unpacking ends where a body that is sent as it is would be refused."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, next_one = (packer.compress(b"\0" * MIB) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    # What begins anew can be repeated. The end is never come to.
    bomb = first + next_one * 1023
    assert len(bomb) < 2 * MIB
    packed = {"Content-Encoding": "gzip"}
    is_(told(field, json_call(field, "ListStreams", gzip.compress(b"{}"), **packed)).status, 200)
    before = resident_mib(field.closed, "VmHWM")
    for keys in (ROOTS[VICTIM], None):
        assert told(field, json_call(field, "ListStreams", bomb, keys, **packed)).status == 413
    form = request(field.closed.address, "PutMetricData", {}, "monitoring", **packed)
    assert told(field, signed(Request(form.method, form.target, form.headers, bomb[: MIB // 2]), ROOTS[VICTIM], "monitoring")).status == 413
    members = gzip.compress(b"") * 200_000
    assert told(field, json_call(field, "ListStreams", members, **packed)).status == 400
    assert resident_mib(field.closed, "VmHWM") < before + 96, "the bomb went off"


def gzip_that_is_none(field: Field) -> None:
    good = gzip.compress(b'{"StreamName":"treasure"}')
    packed = {"Content-Encoding": "gzip"}
    is_(told(field, json_call(field, "DescribeStream", good, **packed)).status, 200)
    for body in (b"{}", good[:-4], good[:10], good + b"trailing", b"\x1f\x8b" + b"\0" * 100, gzip.compress(good)):
        found = told(field, json_call(field, "DescribeStream", body, **packed))
        assert found.status == 400, found


def the_same_member_twice(field: Field) -> None:
    """What is judged and what is served is one reading of the document."""
    for name in ("twice-mine", "twice-not"):
        stream(name)
    keys = user("twice", allow("kinesis:DescribeStreamSummary", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/twice-mine"))
    for body in (b'{"StreamName":"twice-mine","StreamName":"twice-not"}', b'{"StreamName":"twice-not","StreamName":"twice-mine"}', b'{"StreamName":"twice-mine","Stream\\u004eame":"twice-not"}', b'{"StreamName":"twice-mine","streamname":"twice-not"}', b'{"StreamName":"twice-mine","StreamName\\u0000":"twice-not"}'):
        found = told(field, json_call(field, "DescribeStreamSummary", body, keys))
        assert found.status == 400 or b'"StreamName":"twice-mine"' in found.body, found
    content = {"Content-Type": "application/x-amz-cbor-1.1"}
    pairs = [cbor2.dumps("StreamName") + cbor2.dumps(name) for name in ("twice-mine", "twice-not")]
    for body in (b"\xa2" + b"".join(pairs), b"\xa2" + b"".join(reversed(pairs))):
        found = told(field, json_call(field, "DescribeStreamSummary", body, keys, **content))
        assert found.status == 400 or b"stream/twice-mine" in found.body, found
    found = told(field, json_call(field, "DescribeStreamSummary", b'{"StreamName":"twice-mine"}', keys))
    is_(found.status, 200)


def text_that_is_none(field: Field) -> None:
    """Bytes that are no UTF-8, halves of surrogates, NULs, numbers beyond all measure."""
    for body in (b'{"StreamName":"\xff"}', b'{"StreamName":"\xc0\xae\xc0\xae/"}', b'{"StreamName":"\\ud800"}', b'{"StreamName":"a\\u0000b"}', b'{"StreamName":"\xed\xa0\x80"}', b'{"Limit":1e999999999}', b'{"Limit":-0}', b'{"Limit":' + b"9" * 1_000_000 + b"}", b'{"Limit":0.' + b"0" * 1_000_000 + b"1}", b"\xef\xbb\xbf{}", b"{}{}", b"{}\0"):
        found = told(field, json_call(field, "DescribeStream", body))
        assert found.status == 400, f"{body[:40]}: {found}"
    is_(told(field, json_call(field, "DescribeStream", b'{"StreamName":"tr\\u0065asure"}')).status, 200)


def more_of_a_list_than_there_may_be(field: Field) -> None:
    record = {"Data": "eA==", "PartitionKey": "k"}
    is_(told(field, field.signed("PutRecords", {"StreamName": "scratch", "Records": [record] * 500})).status, 200)
    for count in (501, 100_000):
        found = told(field, field.signed("PutRecords", {"StreamName": "scratch", "Records": [record] * count}))
        assert (found.status, found.code) == (400, "ValidationException"), found
    tags = {f"k{i}": "v" for i in range(100_000)}
    assert told(field, field.signed("AddTagsToStream", {"StreamName": "scratch", "Tags": tags})).status == 400
    same = "{" + ",".join(['"k":"v"'] * 500_000) + "}"
    assert told(field, json_call(field, "AddTagsToStream", f'{{"StreamName":"scratch","Tags":{same}}}'.encode())).status in (200, 400)
    field.victim.kinesis.remove_tags_from_stream(StreamName="scratch", TagKeys=["k"])


def a_pattern_that_takes_for_ever(field: Field) -> None:
    """Wildcards without end in a policy, against texts that nearly match; and a request's own text is long."""
    for name in ("a" * 128, "b" * 100):
        stream(name)
    stars = {f"stars-{i}": pattern for i, pattern in enumerate(("*a" * 700 + "*b", "?*" * 700 + "b", "*" * 1400 + "b", "*?a" * 450 + "*b"))}
    for name, pattern in stars.items():
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kinesis:*", "Resource": f"arn:aws:kinesis:*:*:stream/{pattern}"}]})
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
        begun = time.monotonic()
        assert refused_by_any(iam.create_policy, PolicyName="bad", PolicyDocument=document) in ("MalformedPolicyDocument", "LimitExceeded", "ValidationError")
        assert time.monotonic() - begun < SECONDS_MAX
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
        for _ in range(10):
            begun = time.monotonic()
            field.passes(field.put())
            took = time.monotonic() - begun
            assert took < 1.0, f"another's call took {took:.2f} s"


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
    a_body_larger_than_any,
    a_body_that_ends_before_its_length,
    json_without_end,
    cbor_without_end,
    cbor_that_claims_more_than_it_has,
    a_form_without_end,
    a_gzip_bomb,
    gzip_that_is_none,
    the_same_member_twice,
    text_that_is_none,
    more_of_a_list_than_there_may_be,
    a_pattern_that_takes_for_ever,
    policies_as_large_as_they_may_be,
    keys_that_take_long_to_make,
    a_simulation_of_millions,
    a_simulation_of_statements_without_end,
]
