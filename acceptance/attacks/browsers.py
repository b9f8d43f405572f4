"""Web pages that somebody happens to open, against an open server; and what a closed one tells pages."""

from field import Field
from wire import Answer, Request, answer, signed

EVIL = "https://evil.example"


def asked(field: Field, *headers: tuple[str, str], method: str = "POST", target: str = "/", host: str | None = None, body: bytes = b"{}") -> Answer:
    """What the open server answers to a call that nobody signed, as a page would make it."""
    base = (("Host", host or field.open.address), ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "Kinesis_20131202.ListStreams"))
    kept = tuple(pair for pair in base if pair[0].lower() not in {name.lower() for name, _ in headers})
    return answer(field.open.address, Request(method, target, (*kept, *headers), body))


def page(field: Field, *headers: tuple[str, str], **how) -> Answer:
    """The same, signed as everybody can sign on an open server: what counts is the guard."""
    base = (
        ("Host", how.pop("host", field.open.address)),
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", "Kinesis_20131202.ListStreams"),
    )
    unsigned = Request("POST", "/", (*base, *headers), b"{}")
    return answer(field.open.address, signed(unsigned, ("test", "test")))


def a_page_of_a_stranger(field: Field) -> None:
    assert page(field).status == 200
    assert page(field, ("Origin", "http://localhost:3000")).status == 200
    for origin in (
        EVIL,
        "null",
        "https://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://192.0.2.1",
        "file://",
        "chrome-extension://abc",
        "http://localhost@evil.example",
        "http://evil.example#localhost",
    ):
        assert page(field, ("Origin", origin)).status == 403, origin


def a_page_that_hides_its_origin(field: Field) -> None:
    assert page(field, ("Sec-Fetch-Site", "none")).status == 200
    for site in ("cross-site", "same-site", "CROSS-SITE", "", "unknown"):
        assert page(field, ("Sec-Fetch-Site", site)).status == 403, site


def a_page_with_two_origins(field: Field) -> None:
    here = ("Origin", "http://localhost")
    assert page(field, here).status == 200
    for two in ((here, ("Origin", EVIL)), (("Origin", EVIL), here), (("Origin", f"http://localhost, {EVIL}"),)):
        unsigned = asked(field, *two)
        assert unsigned.status == 403, two


def a_name_that_was_rebound(field: Field) -> None:
    """A page whose name resolves to this machine calls by that name."""
    for host in (field.open.address, "localhost", "kinesis.localhost:4566", "[::1]:4566", "anabranch"):
        assert page(field, host=host).status == 200, host
    for host in (
        "evil.example",
        "evil.example:4566",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "0x7f.1",
        "evil.example.",
        "localhost:80@evil.example",
        "kinesis.us-east-1.amazonaws.com",
    ):
        assert page(field, host=host).status in (400, 403), host


def a_rebound_name_beside_a_good_one(field: Field) -> None:
    """Every name that a request calls by counts."""
    good = (("Host", "localhost"), ("X-Amz-Target", "Kinesis_20131202.ListStreams"), ("Content-Type", "application/x-amz-json-1.1"))
    assert answer(field.open.address, signed(Request("POST", "/", good, b"{}"), ("test", "test"))).status == 200
    two = Request("POST", "/", (*good, ("Host", "evil.example")), b"{}")
    assert answer(field.open.address, two).status in (400, 403)
    absolute = Request("POST", "http://evil.example/", good, b"{}")
    assert answer(field.open.address, absolute).status in (400, 403)


def a_preflight_of_a_stranger(field: Field) -> None:
    """A browser asks before it sends what a plain form cannot."""
    wants = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-amz-target,authorization"))
    good = asked(field, ("Origin", "http://localhost:3000"), *wants, method="OPTIONS", body=b"")
    assert good.status == 200 and good.headers["access-control-allow-origin"] == "http://localhost:3000", good.headers
    bad = asked(field, ("Origin", EVIL), *wants, method="OPTIONS", body=b"")
    assert bad.status == 403 and not any(name.startswith("access-control") for name in bad.headers), bad.headers


def a_form_that_needs_no_preflight(field: Field) -> None:
    """Forms, images and text/plain are sent across origins without asking."""
    form = b"Action=GetCallerIdentity&Version=2011-06-15"
    for headers in (
        (("Content-Type", "text/plain"),),
        (("Content-Type", "application/x-www-form-urlencoded"),),
        (("Content-Type", "multipart/form-data; boundary=x"),),
    ):
        found = asked(field, ("Origin", EVIL), *headers, body=form)
        assert found.status == 403, found
    for target in ("/?Action=ListUsers&Version=2010-05-08", "/metrics", "/healthz", "/_localstack/info"):
        found = asked(field, ("Sec-Fetch-Site", "cross-site"), method="GET", target=target, body=b"")
        assert found.status == 403, f"{target}: {found}"
    assert asked(field, method="GET", target="/healthz", body=b"").status == 200


def an_admin_call_by_a_page(field: Field) -> None:
    """An open server takes admin calls unsigned, from loopback: where the browser is as well."""
    body = b'{"faults": []}'
    assert asked(field, target="/_anabranch/fault", body=body).status == 200
    for headers in ((("Origin", EVIL),), (("Origin", "null"),), (("Sec-Fetch-Site", "cross-site"),)):
        for path in ("fault", "clock", "reset", "backup"):
            found = asked(field, ("Content-Type", "text/plain"), *headers, target=f"/_anabranch/{path}", body=b'{"faults": ["error=1"]}')
            assert found.status == 403, f"{path} {headers}: {found}"
    assert asked(field, target="/_anabranch/fault", host="evil.example", body=b'{"faults": ["error=1"]}').status == 403
    assert page(field).status == 200


def an_answer_read_by_a_page_on_a_closed_server(field: Field) -> None:
    """There the signature decides; but no page of a stranger is let read an answer."""
    put = field.put()
    field.passes(put)
    found = field.passes(put.and_header("Origin", EVIL))
    assert not any(name.startswith("access-control") for name in found.headers), found.headers
    near = field.passes(put.and_header("Origin", "http://localhost:3000"))
    assert near.headers["access-control-allow-origin"] == "http://localhost:3000", near.headers
    wants = (("Host", field.closed.address), ("Origin", EVIL), ("Access-Control-Request-Method", "POST"))
    bad = answer(field.closed.address, Request("OPTIONS", "/", wants))
    assert not any(name.startswith("access-control") for name in bad.headers), bad.headers


ATTACKS = [
    a_page_of_a_stranger,
    a_page_that_hides_its_origin,
    a_page_with_two_origins,
    a_name_that_was_rebound,
    a_rebound_name_beside_a_good_one,
    a_preflight_of_a_stranger,
    a_form_that_needs_no_preflight,
    an_admin_call_by_a_page,
    an_answer_read_by_a_page_on_a_closed_server,
]
