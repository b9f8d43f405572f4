"""Clients that take their time: with heads, bodies, handshakes and frames. Others are served meanwhile."""

import time
from contextlib import ExitStack, contextmanager

import h2
from field import Field, resident_mib
from wire import answers, connect

# How many of a kind there are at once.
MANY = 300
# What another's call may take meanwhile, on a machine that is busy with other things.
SECONDS_MAX = 5.0
# A body that stops is given up after 30 seconds.
STOPPED_SECONDS_MAX = 40


def others_are_served(field: Field, times: int = 5) -> None:
    for _ in range(times):
        begun = time.monotonic()
        field.passes(field.put())
        took = time.monotonic() - begun
        assert took < SECONDS_MAX, f"another's call took {took:.2f} s"


@contextmanager
def held(field: Field, first: bytes, count: int = MANY):
    """So many connections that have sent this much, and stay."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(field.closed.address)) for _ in range(count)]
        for connection in connections:
            connection.sendall(first)
        yield connections


def heads_that_come_drop_by_drop(field: Field) -> None:
    put = field.put()
    head = put.bytes().split(b"\r\n\r\n")[0]
    before = resident_mib(field.closed)
    with held(field, head[:40]) as connections:
        for at in range(40, 45):
            for connection in connections:
                connection.sendall(head[at : at + 1])
            others_are_served(field, 1)
        assert resident_mib(field.closed) < before + 64
        # Whoever goes on is served.
        connections[0].sendall(put.bytes()[45:])
        assert answers(connections[0])[0].status == 200


def bodies_that_come_drop_by_drop(field: Field) -> None:
    """A promised length costs nothing until it comes."""
    put = field.put().and_header("Content-Length", str(16 << 20))
    head = put.bytes().split(b"\r\n\r\n")[0].replace(f"\r\nContent-Length: {len(put.body)}".encode(), b"")
    before = resident_mib(field.closed)
    with held(field, head + b"\r\n\r\n{"):
        others_are_served(field)
        assert resident_mib(field.closed) < before + 96, "promises were believed"


def begin(field: Field) -> None:
    """Begins, before all other attacks, what takes longer than they do together: a body that stops."""
    field.stopped = connect(field.closed.address), time.monotonic()
    field.stopped[0].sendall(field.put().bytes()[:-3])
    field.at_end.callback(field.stopped[0].close)


def a_body_that_stops(field: Field) -> None:
    """It is waited for half a minute, and then given up."""
    connection, begun = field.stopped
    with connection:
        found = answers(connection, max(1, STOPPED_SECONDS_MAX - (time.monotonic() - begun)))
        assert [one.status for one in found] == [408], [str(one) for one in found]
        assert connection.recv(1) == b"", "the connection goes on"
    others_are_served(field)


def connections_that_say_nothing(field: Field) -> None:
    with held(field, b""):
        others_are_served(field)


def handshakes_that_are_not_ended(field: Field) -> None:
    """The first bytes of TLS, and then nothing."""
    with held(field, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20)):
        others_are_served(field)


def answers_that_nobody_takes(field: Field) -> None:
    """Requests one behind the other, whose answers stay where they are."""
    listing = field.signed("DescribeStream", {"StreamName": "treasure"}).bytes()
    before = resident_mib(field.closed)
    with held(field, listing * 20, 50):
        others_are_served(field)
        assert resident_mib(field.closed) < before + 96


def streams_that_are_reset_at_once(field: Field) -> None:
    """CVE-2023-44487: requests over HTTP/2 that are taken back as soon as they are made."""
    put = field.put()
    pairs = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", field.closed.address)]
    pairs += [(name.lower(), value) for name, value in put.headers if name.lower() != "host"]
    block = h2.block(pairs)
    resets = (
        h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block) + h2.frame(h2.RST_STREAM, 0, stream, b"\0\0\0\x08") for stream in range(1, 20_000, 2)
    )
    with connect(field.closed.address) as connection:
        sent = push(connection, h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0) + b"".join(resets))
        others_are_served(field, 2)
        assert not sent or h2.is_sent_away(connection), "it was let go on"


def a_head_continued_without_end(field: Field) -> None:
    """CVE-2024-27316: CONTINUATION frames for a head that never ends."""
    data = h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0) + h2.frame(h2.HEADERS, 0, 1, h2.block([(":method", "POST")]))
    more = h2.frame(h2.CONTINUATION, 0, 1, h2.block([("x-a", "a" * 8_000)]))
    before = resident_mib(field.closed)
    with connect(field.closed.address) as connection:
        sent = push(connection, data + more * 4_000)
        others_are_served(field, 2)
        assert not sent or h2.is_sent_away(connection), "it was let go on"
    assert resident_mib(field.closed) < before + 64


def pings_and_settings_without_end(field: Field) -> None:
    """Each wants an answer, which nobody takes."""
    data = h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0)
    data += (h2.frame(h2.PING, 0, 0, bytes(8)) + h2.frame(h2.SETTINGS, 0, 0)) * 100_000
    before = resident_mib(field.closed)
    with connect(field.closed.address, 2) as connection:
        push(connection, data)
        others_are_served(field, 2)
        assert resident_mib(field.closed) < before + 64


def push(connection, data: bytes) -> bool:
    """Sends as much as is taken; whether all of it was."""
    try:
        connection.sendall(data)
        return True
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        return False


ATTACKS = [
    heads_that_come_drop_by_drop,
    bodies_that_come_drop_by_drop,
    connections_that_say_nothing,
    handshakes_that_are_not_ended,
    answers_that_nobody_takes,
    streams_that_are_reset_at_once,
    a_head_continued_without_end,
    pings_and_settings_without_end,
    a_body_that_stops,
]
