"""The binary under test: started on a free port with a directory of its own, ended by its process id."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

READY_SECONDS = 30
STOP_SECONDS = 30


class Server:
    """A running `anabranch serve`. `flags` are added to what every server of a test needs."""

    def __init__(self, binary: str, flags: list[str] = (), environment: dict[str, str] | None = None):
        self.binary, self.flags = binary, list(flags)
        self.environment = {**os.environ, **(environment or {})}
        self.folder = tempfile.TemporaryDirectory(prefix="anabranch-acceptance-")
        self.place = Path(self.folder.name)
        self.data = self.place / "data"
        self.process = None
        self.endpoint = None
        self.address = "127.0.0.1:0"

    def start(self) -> "Server":
        ready = self.place / "ready.json"
        ready.unlink(missing_ok=True)
        words = [self.binary, "serve", "--listen", self.address, "--ready-file", str(ready)]
        if "--ephemeral" not in self.flags:
            words += ["--data-dir", str(self.data)]
        words += [flag.replace("{place}", str(self.place)) for flag in self.flags]
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while not ready.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server was not ready after {READY_SECONDS} s:\n{self.log()}")
            time.sleep(0.005)
        self.endpoint = json.loads(ready.read_text())["endpoint"]
        self.address = self.endpoint.split("//", 1)[1].rstrip("/")
        return self

    def log(self) -> str:
        """The last lines that the server wrote."""
        return "\n".join((self.place / "log").read_text(errors="replace").splitlines()[-30:])

    def kill(self) -> None:
        """Ends it as a power cut would, as far as a process can be."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Asks it to drain and end. Answers its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def discard(self) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        self.folder.cleanup()


class Elsewhere:
    """A server that somebody else runs, for instance a peer."""

    def __init__(self, endpoint: str):
        self.endpoint = endpoint

    def log(self) -> str:
        return ""

    def stop(self) -> int:
        return 0

    def discard(self) -> None:
        pass
