"""As much of S3 as it takes to read a directory of buckets: for clients that verify what was delivered there. An object's metadata stands in a file
beside it, `OBJECT.metadata.json`."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

METADATA = ".metadata.json"


class Buckets:
    """Serves the directory at `url` until ended."""

    def __init__(self, directory: Path):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(directory))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def handler(directory: Path) -> type:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path, _, query = self.path.partition("?")
            asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
            bucket, _, key = urllib.parse.unquote(path).lstrip("/").partition("/")
            if "location" in asked:
                return self.answer(200, b"<LocationConstraint/>")
            if not key:
                return self.answer(200, listing(directory / bucket, asked.get("prefix", ""), asked.get("marker", "")))
            file = directory / bucket / key
            if not file.is_file():
                return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>")
            beside = Path(f"{file}{METADATA}")
            self.answer(200, file.read_bytes(), json.loads(beside.read_text()) if beside.exists() else {})

        def answer(self, status: int, content: bytes, headers: dict | None = None):
            self.send_response(status)
            for name, value in {**(headers or {}), "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler


def listing(bucket: Path, prefix: str, marker: str) -> bytes:
    files = sorted(str(file.relative_to(bucket)) for file in bucket.rglob("*") if file.is_file() and not file.name.endswith(METADATA))
    keys = [f"<Contents><Key>{escape(key)}</Key></Contents>" for key in files if key.startswith(prefix) and key > marker]
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(keys)}</ListBucketResult>".encode()
