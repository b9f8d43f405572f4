"""Requests that two readers could take apart differently, and what stands in them that is no request."""

from contextlib import closing

import h2
from field import TREASURE, Field
from wire import Request, answer, answers, connect, request, send


def raw(field: Field, text: str, body: bytes = b"") -> list:
    """What is answered to a head that is written out here, as the closed server's host."""
    return send(field.closed.address, text.replace("\n", "\r\n").replace("HOST", field.closed.address).encode("latin-1") + b"\r\n" + body)


def delete_unsigned(field: Field) -> bytes:
    """What is smuggled in: it would delete the victim's stream if anybody's authority were lent to it."""
    return request(field.closed.address, "DeleteStream", {"StreamName": TREASURE}).bytes()


def a_length_and_chunks(field: Field) -> None:
    """Whichever counts, what is smuggled behind it is a request without a signature."""
    put = field.put()
    field.passes(put)
    smuggled = delete_unsigned(field)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(put.body), put.body)
    for headers in (
        (("Content-Length", str(len(put.body))), ("Transfer-Encoding", "chunked")),
        (("Transfer-Encoding", "chunked"), ("Content-Length", "4")),
    ):
        head = Request(put.method, put.target, (*put.headers, *headers), b"", length=False)
        for found in send(field.closed.address, head.bytes() + chunked + smuggled):
            assert found.status in (200, 400), found
            if found.status == 200:
                assert "SequenceNumber" in found.json(), found


def two_lengths(field: Field) -> None:
    put = field.put()
    field.passes(put)
    for lengths in (
        ("0", str(len(put.body))),
        (str(len(put.body)), "0"),
        (f"{len(put.body)}, 0",),
        ("-1",),
        ("+5",),
        ("0x10",),
        ("1e3",),
        ("18446744073709551617",),
        (" ",),
    ):
        head = Request(put.method, put.target, (*put.headers, *(("Content-Length", length) for length in lengths)), put.body, length=False)
        for found in send(field.closed.address, head.bytes() + delete_unsigned(field)):
            assert found.status == 400, f"{lengths}: {found}"


def chunks_said_in_odd_words(field: Field) -> None:
    put = field.put()
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(put.body), put.body)
    good = Request(put.method, put.target, (*put.headers, ("Transfer-Encoding", "chunked")), b"", length=False)
    assert [found.status for found in send(field.closed.address, good.bytes() + whole)] == [200]
    for coding in ("xchunked", "chunked, identity", "identity, chunked, identity", "chunke", "\x0bchunked", "gzip"):
        head = Request(put.method, put.target, (*put.headers, ("Transfer-Encoding", coding)), b"", length=False)
        for found in send(field.closed.address, head.bytes() + whole + delete_unsigned(field)):
            assert found.status in (400, 501), f"{coding!r}: {found}"


def chunks_of_impossible_sizes(field: Field) -> None:
    put = field.put()
    field.passes(put)
    head = Request(put.method, put.target, (*put.headers, ("Transfer-Encoding", "chunked")), b"", length=False).bytes()
    for size in (b"ffffffffffffffff", b"fffffffffffffffff", b"-1", b"+1", b"0x5", b" 5", b"5 5", b"5\n", b"5;" + b"a" * 70_000, b"g"):
        for found in (
            send(field.closed.address, head + size + b"\r\n" + put.body + b"\r\n0\r\n\r\n" + delete_unsigned(field), 3)
            if size[:4] != b"ffff"
            else [cut_off(field, head + size + b"\r\n" + put.body)]
        ):
            assert found is None or found.status in (400, 408), f"{size[:20]}: {found}"


def cut_off(field: Field, data: bytes):
    """The answer, if any, to one who sends no more."""
    with closing(connect(field.closed.address, 3)) as connection:
        connection.sendall(data)
        connection.shutdown(1)
        found = answers(connection, 3)
        return found[0] if found else None


def headers_that_are_none(field: Field) -> None:
    """Folded lines, spaces before the colon, bare carriage returns, NULs."""
    put = field.put()
    field.passes(put)
    good = put.bytes()
    for bad in (
        b"X-A: a\r\n b: c\r\n",
        b"X-A : a\r\n",
        b"X-A\r\n",
        b": a\r\n",
        b"X-A: a\0b\r\n",
        b"X-A: a\rb\r\n",
        b"X A: b\r\n",
        b" X-A: b\r\n",
        b"X-\xff: b\r\n",
    ):
        for found in send(field.closed.address, good.replace(b"Host:", bad + b"Host:", 1)):
            assert found.status == 400, f"{bad}: {found}"


def a_first_line_that_is_none(field: Field) -> None:
    put = field.put()
    field.passes(put)
    for line in (
        b"POST  / HTTP/1.1",
        b"POST / HTTP/1.2",
        b"POST / HTTP/9",
        b"POST /",
        b"POST /\0 HTTP/1.1",
        b"POST / / HTTP/1.1",
        b"POST\t/ HTTP/1.1",
        b"P\xffST / HTTP/1.1",
        b"\x16\x03",
        b"GET / HTTP/1.1\nHost: a",
        b"CONNECT evil.example:443 HTTP/1.1",
    ):
        for found in send(field.closed.address, put.bytes().replace(b"POST / HTTP/1.1", line, 1), 3) if line != b"\x16\x03" else []:
            assert found.status >= 400, f"{line}: {found}"


def two_targets_two_tokens_two_dates(field: Field) -> None:
    """What was signed once is not there twice."""
    put = field.put()
    field.passes(put)
    for name, value in (
        ("X-Amz-Target", "Kinesis_20131202.DeleteStream"),
        ("X-Amz-Date", "20300101T000000Z"),
        ("Host", "elsewhere"),
        ("Content-Type", "application/x-amz-cbor-1.1"),
    ):
        for two in (put.before(name, value), put.and_header(name, value)):
            found = answer(field.closed.address, two)
            assert found.status in (400, 403), f"{name}: {found}"


def a_method_told_by_a_header(field: Field) -> None:
    listing = field.signed("ListStreams", {})
    plain = field.passes(listing).json()
    for name in ("X-Http-Method-Override", "X-Http-Method", "X-Method-Override"):
        assert field.passes(listing.and_header(name, "DELETE")).json() == plain
    for name, value in (
        ("X-Original-Url", "/_anabranch/clock"),
        ("X-Rewrite-Url", "/_anabranch/clock"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Prefix", "/_anabranch"),
    ):
        assert field.passes(listing.and_header(name, value)).json() == plain


def more_of_a_head_than_there_may_be(field: Field) -> None:
    put = field.put()
    field.passes(put)
    many = put
    for i in range(500):
        many = many.and_header(f"X-Many-{i}", "a")
    large = put.and_header("X-Large", "a" * 2_000_000)
    long = Request(put.method, "/" + "a" * 2_000_000, put.headers, put.body)
    for found in (one for sent in (many, large, long) for one in send(field.closed.address, sent.bytes())):
        assert found.status in (400, 414, 431), found


def a_line_smuggled_into_an_answer(field: Field) -> None:
    """What a request says comes back inside of a document, escaped, and in no header."""
    evil = "x\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>"
    field.passes(field.signed("GetCallerIdentity", {}, service="sts"))
    for found in (
        answer(field.closed.address, field.signed(evil, {}, service="sts")),
        answer(field.closed.address, field.signed("GetUser", {"UserName": "<b>&\"'"}, service="iam")),
        answer(field.closed.address, field.signed("DescribeStream", {"StreamName": evil})),
    ):
        assert found.status in (400, 403, 404), found
        assert "set-cookie" not in found.headers and b"<script>" not in found.body.replace(b"\\u003c", b"") or found.body.startswith(b"{"), found
        assert found.headers["content-type"].startswith(("text/xml", "application/x-amz-json")), found.headers


def headers_that_http2_forbids(field: Field) -> None:
    """Of a connection, in capitals, twice, or out of order (RFC 9113, 8.2 and 8.3)."""
    put = field.put()
    pairs = [(name.lower(), value) for name, value in put.headers if name.lower() != "host"]
    base = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", field.closed.address)]
    assert h2.exchange(field.closed.address, base + pairs, put.body) == 200
    for bad in (
        [*base, ("connection", "close"), *pairs],
        [*base, ("transfer-encoding", "chunked"), *pairs],
        [*base, *((name.upper(), value) for name, value in pairs)],
        [*base, (":path", "/other"), *pairs],
        [*pairs, *base],
        [(":method", "POST"), (":scheme", "http"), (":authority", field.closed.address), *pairs],
        [*base, (":status", "200"), *pairs],
        [*base, ("x-a", "a\r\nb: c"), *pairs],
    ):
        assert h2.exchange(field.closed.address, bad, put.body) != 200, bad


def another_authority_over_http2(field: Field) -> None:
    """`:authority` stands where the host was signed."""
    put = field.put()
    pairs = [(name.lower(), value) for name, value in put.headers if name.lower() != "host"]
    base = [(":method", "POST"), (":scheme", "http"), (":path", "/")]
    assert h2.exchange(field.closed.address, [*base, (":authority", field.closed.address), *pairs], put.body) == 200
    assert h2.exchange(field.closed.address, [*base, (":authority", "evil.example"), *pairs], put.body) != 200
    assert h2.exchange(field.closed.address, [*base, (":authority", field.closed.address), *pairs], put.body.replace(b"eA==", b"eQ==")) != 200


ATTACKS = [
    a_length_and_chunks,
    two_lengths,
    chunks_said_in_odd_words,
    chunks_of_impossible_sizes,
    headers_that_are_none,
    a_first_line_that_is_none,
    two_targets_two_tokens_two_dates,
    a_method_told_by_a_header,
    more_of_a_head_than_there_may_be,
    a_line_smuggled_into_an_answer,
    headers_that_http2_forbids,
    another_authority_over_http2,
]
