"""As much of HTTP/2 (RFC 9113) as attacks need: frames by hand, headers as literals, nothing that a library would refuse to send."""

import struct
from collections.abc import Iterator
from contextlib import closing

from wire import connect

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS = 1, 4
# The static table's statuses (RFC 7541, appendix A), as an indexed field.
STATUSES = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def block(headers: list[tuple[str, str]]) -> bytes:
    """Headers as literals without indexing or compression (RFC 7541, 6.2.2)."""
    return b"".join(b"\x00" + text(name) + text(value) for name, value in headers)


def text(of: str) -> bytes:
    encoded = of.encode()
    length, prefix = len(encoded), b""
    if length < 127:
        return bytes([length]) + encoded
    prefix, length = b"\x7f", length - 127
    while length >= 128:
        prefix, length = prefix + bytes([length % 128 + 128]), length // 128
    return prefix + bytes([length]) + encoded


def frames(connection) -> Iterator[tuple[int, int, int, bytes]]:
    """(kind, flags, stream, payload) as they come, until the connection ends or is silent."""
    held = b""
    while True:
        while len(held) >= 9 and len(held) >= 9 + (length := int.from_bytes(held[:3], "big")):
            yield held[3], held[4], int.from_bytes(held[5:9], "big") & 0x7FFFFFFF, held[9 : 9 + length]
            held = held[9 + length :]
        try:
            more = connection.recv(65_536)
        except (TimeoutError, ConnectionResetError):
            return
        if not more:
            return
        held += more


def exchange(address: str, headers: list[tuple[str, str]], body: bytes) -> int | None:
    """The status of the answer to one request; 0 if it is one that the table has not; None if there is no answer."""
    with closing(connect(address, 3)) as connection:
        data = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, block(headers)) + frame(DATA, END_STREAM, 1, body)
        connection.sendall(data)
        for kind, _, stream, payload in frames(connection):
            if kind == HEADERS and stream == 1:
                return STATUSES.get(payload[0], 0)
            if kind == GOAWAY or (kind == RST_STREAM and stream == 1):
                return None
    return None


def is_sent_away(connection) -> bool:
    """Whether the server ends the connection for what came on it."""
    return any(kind == GOAWAY for kind, *_ in frames(connection))
