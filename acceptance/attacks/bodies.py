"""Bodies that are too large, too deep, too dense, or not what they say; and requests that cost far more than they weigh."""

import gzip
import zlib
from contextlib import closing

import cbor2

from field import VICTIM, Field, cpu_seconds, resident_mib
from callers import ACCOUNT, REGION, ROOTS, allow, is_, refused, stream, user
from wire import Answer, Request, answer, connect, request, send, signed

MIB = 1 << 20
# An answer has come by then, however busy the machine is.
ANSWER_SECONDS_MAX = 60
# Seconds of a processor that a call may take which costs as much as it can, in a build without optimization.
SECONDS_MAX = 5.0


def told(field: Field, sent: Request, seconds: float = SECONDS_MAX) -> Answer:
    """The answer, which may not cost the server more than so many seconds of a processor: on a busy machine it comes later."""
    before = cpu_seconds(field.closed)
    found = answer(field.closed.address, sent, ANSWER_SECONDS_MAX)
    took = cpu_seconds(field.closed) - before
    assert took < seconds, f"it took {took:.1f} s of a processor: {found}"
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
    found = send(
        field.closed.address, Request(chunked.method, chunked.target, chunked.headers, b"", length=False).bytes() + chunk * 20 + b"0\r\n\r\n"
    )
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
    for body in (
        b"[" * deep,
        b'{"a":' * deep,
        b'{"Tags":' + b'{"a":' * deep,
        b'{"x":' + b"[" * deep + b"]" * deep + b"}",
        b'{"StreamName":"s","x":' + b'[{"a":' * (deep // 2),
    ):
        found = told(field, json_call(field, "CreateStream", body))
        assert (found.status, found.code) == (400, "SerializationException"), found
    shallow = b'{"StreamName":"treasure","x":' + b"[" * 90 + b"]" * 90 + b"}"
    is_(told(field, json_call(field, "DescribeStream", shallow)).status, 200)


def cbor_without_end(field: Field) -> None:
    content = {"Content-Type": "application/x-amz-cbor-1.1"}
    deep = 1_000_000
    for body in (
        b"\x81" * deep,
        b"\xa1\x61\x61" * deep,
        b"\x9f" * deep,
        b"\xbf\x61\x61" * deep,
        b"\xa1\x64Tags" + b"\xa1\x61a" * deep,
        b"\xc1" * deep,
        b"\x5f" * deep,
        b"\xa1\x61x" + b"\x7f" * deep,
    ):
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
    for body in (
        b'{"StreamName":"twice-mine","StreamName":"twice-not"}',
        b'{"StreamName":"twice-not","StreamName":"twice-mine"}',
        b'{"StreamName":"twice-mine","Stream\\u004eame":"twice-not"}',
        b'{"StreamName":"twice-mine","streamname":"twice-not"}',
        b'{"StreamName":"twice-mine","StreamName\\u0000":"twice-not"}',
    ):
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
    for body in (
        b'{"StreamName":"\xff"}',
        b'{"StreamName":"\xc0\xae\xc0\xae/"}',
        b'{"StreamName":"\\ud800"}',
        b'{"StreamName":"a\\u0000b"}',
        b'{"StreamName":"\xed\xa0\x80"}',
        b'{"Limit":1e999999999}',
        b'{"Limit":-0}',
        b'{"Limit":' + b"9" * 1_000_000 + b"}",
        b'{"Limit":0.' + b"0" * 1_000_000 + b"1}",
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"{}\0",
    ):
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
]
