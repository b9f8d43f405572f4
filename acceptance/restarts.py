"""A proxy that restarts the server before it hands it each request: on the same data directory, killed and asked to stop in turn.

Whoever talks to it should not notice: what the server promised in one life holds in the next.
"""

import http.client
import http.server
import threading
import time
from urllib.parse import urlsplit

from server import Server

SECONDS = 60
PIECE = 64 * 1024


class Restarting:
    """A server behind the proxy, with the interface of `Server`."""

    def __init__(self, server: Server):
        self.server = server
        self.turns, self.seconds = 0, 0.0
        self.restart_lock = threading.Lock()
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        proxy.daemon_threads = True
        self.proxy = proxy
        self.endpoint = f"http://127.0.0.1:{proxy.server_address[1]}"
        threading.Thread(target=proxy.serve_forever, daemon=True).start()

    def restart(self) -> None:
        with self.restart_lock:
            begun = time.monotonic()
            if self.turns % 2:
                self.server.kill()
            elif code := self.server.stop():
                raise RuntimeError(f"the server ended with {code} when asked to stop:\n{self.server.log()}")
            self.server.start()
            self.turns += 1
            self.seconds += time.monotonic() - begun

    def log(self) -> str:
        return self.server.log()

    def stop(self) -> int:
        self.proxy.shutdown()
        return self.server.stop()

    def discard(self) -> None:
        self.proxy.server_close()
        self.server.discard()


def handler(restarting: Restarting):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            restarting.restart()
            address = urlsplit(restarting.server.endpoint)
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=SECONDS)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                self.relay(connection.getresponse())
            finally:
                connection.close()

        def relay(self, response: http.client.HTTPResponse) -> None:
            """Passes an answer on as it comes: that of SubscribeToShard goes on for minutes, and ends with the server."""
            self.send_response_only(response.status, response.reason)
            for name, value in response.getheaders():
                self.send_header(name, value)
            self.end_headers()
            if "Content-Length" in response.headers:
                self.wfile.write(response.read())
                return
            try:
                while piece := response.read1(PIECE):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")
            except (http.client.HTTPException, OSError):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = forward

        def log_message(self, *_) -> None:
            """Nothing: the driver says what happens."""

    return Handler
