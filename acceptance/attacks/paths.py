"""Paths: of the server's own, of requests, of backups."""

import json
import re
from contextlib import closing

from exposure import beyond_loopback
from field import VICTIM, Field
from callers import ROOTS
from wire import Answer, Request, answer, connect, send, signed


def admin(field: Field, path: str, body: dict, keys: tuple | None, service: str = "anabranch", **how) -> Answer:
    """An admin call to the closed server."""
    headers = (("Host", field.closed.address), ("Content-Type", "application/json"))
    asked = Request("POST", f"/_anabranch/{path}", headers, json.dumps(body).encode())
    return answer(field.closed.address, signed(asked, keys, service, **how))


def an_admin_call_by_another_path(field: Field) -> None:
    """No spelling of a path reaches an admin call without its signature."""
    assert admin(field, "clock", {"advance_ms": 1}, ROOTS[VICTIM]).status == 200
    body = b'{"advance_ms": 86400000}'
    tries = [
        "/_anabranch/clock",
        "//_anabranch/clock",
        "/_anabranch//clock",
        "/_anabranch/./clock",
        "/a/../_anabranch/clock",
        "/%5Fanabranch/clock",
        "/_anabranch/%63lock",
        "/_anabranch/clock/",
        "/_anabranch/clock;a",
        "/_ANABRANCH/clock",
        "/_anabranch/clock?x",
        "/_anabranch/clock%00",
        "/healthz/../_anabranch/clock",
        "/metrics/..;/_anabranch/clock",
        "http://localhost/_anabranch/clock",
        f"http://{field.closed.address}/_anabranch/clock",
    ]
    for target in tries:
        for found in send(field.closed.address, Request("POST", target, (("Host", field.closed.address), ("Connection", "close")), body).bytes()):
            assert found.status in (400, 403, 404), f"{target}: {found}"
    assert admin(field, "clock", {"advance_ms": 86_400_000}, ROOTS[VICTIM][:1] + ("wrong",)).status == 403


def an_admin_call_under_another_signature(field: Field) -> None:
    """Signed for another service or path, with another body, or long ago."""
    right = {"advance_ms": 1}
    assert admin(field, "clock", right, ROOTS[VICTIM]).status == 200
    for service in ("kinesis", "sts", "iam", "Anabranch"):
        assert admin(field, "clock", right, ROOTS[VICTIM], service).status == 403, service
    assert admin(field, "clock", right, ROOTS[VICTIM], minutes=-6).status == 403
    headers = (("Host", field.closed.address), ("Content-Type", "application/json"))
    good = signed(Request("POST", "/_anabranch/clock", headers, json.dumps(right).encode()), ROOTS[VICTIM], "anabranch")
    for target, body in [("/_anabranch/fault", good.body), ("/_anabranch/clock", b'{"advance_ms": 2}')]:
        assert answer(field.closed.address, Request("POST", target, good.headers, body)).status == 403


def a_backup_where_none_may_be(field: Field) -> None:
    """Into what others may write, what is not empty, and the data themselves."""
    place = field.closed.place
    good = place / "backup-good"
    good.mkdir(mode=0o700)
    assert "done" in ndjson(field, str(good))
    shared, full, link = place / "backup-shared", place / "backup-full", place / "backup-link"
    shared.mkdir()
    shared.chmod(0o777)
    full.mkdir(mode=0o700)
    (full / "kept").write_text("kept")
    link.symlink_to(shared)
    for into in (
        str(shared),
        str(link),
        str(full),
        str(field.closed.data),
        str(field.closed.data / "log"),
        "relative",
        "",
        "/proc/self",
        str(full / "kept"),
        str(place / "none" / ".." / "backup-full"),
    ):
        found = admin(field, "backup", {"into": into}, ROOTS[VICTIM])
        assert found.status == 400, f"{into}: {found}"
    assert [path.name for path in full.iterdir()] == ["kept"] and not list(shared.iterdir())
    for file in good.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0 or good.stat().st_mode & 0o077 == 0, file
        assert file.name != "master.key", "the master key is in the backup"


def ndjson(field: Field, into: str) -> dict:
    """The last line that a backup says. It comes in chunks, whose length lines are left out."""
    headers = (("Host", field.closed.address), ("Content-Type", "application/json"), ("Connection", "close"))
    asked = signed(Request("POST", "/_anabranch/backup", headers, json.dumps({"into": into}).encode()), ROOTS[VICTIM], "anabranch")
    with closing(connect(field.closed.address)) as connection:
        connection.sendall(asked.bytes())
        held = b""
        while more := connection.recv(65_536):
            held += more
    return json.loads(re.findall(rb"^(\{.*\})\r?$", held, re.MULTILINE)[-1])


def metrics_for_strangers(field: Field) -> None:
    """Beyond loopback a closed server says nothing of itself, whatever a header claims. Needs an address that is not loopback's."""
    with beyond_loopback(field) as (local, elsewhere):
        for path in ("/metrics", "/_localstack/health", "/_localstack/info"):
            assert local(path).status == 200, path
            for claim in ((), (("X-Forwarded-For", "127.0.0.1"),), (("Forwarded", "for=127.0.0.1"), ("X-Real-Ip", "127.0.0.1"))):
                assert elsewhere(path, claim).status == 403, path
        for path in ("/healthz", "/readyz"):
            assert elsewhere(path).status == 200, path


def a_file_by_its_path(field: Field) -> None:
    """There are no files behind paths."""
    assert answer(field.closed.address, Request("GET", "/healthz", (("Host", field.closed.address),))).status == 200
    for target in (
        "/../../../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/_localstack/../../etc/passwd",
        "/healthz/../../etc/passwd",
        "/master.key",
        "/_anabranch/../master.key",
    ):
        for found in send(field.closed.address, Request("GET", target, (("Host", field.closed.address), ("Connection", "close"))).bytes()):
            assert found.status in (400, 403, 404) and b"root:" not in found.body, f"{target}: {found}"


ATTACKS = [
    an_admin_call_by_another_path,
    an_admin_call_under_another_signature,
    a_backup_where_none_may_be,
    metrics_for_strangers,
    a_file_by_its_path,
]
