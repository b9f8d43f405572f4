"""Dynoxide, which its makers hold against DynamoDB itself, on a free port of loopback with nothing on disk."""

import os
import subprocess
from pathlib import Path

from peers.free_port import free_port, wait_for


class Dynoxide:
    def __init__(self):
        self.process = None

    def start(self) -> str:
        """Its endpoint, when it listens."""
        program = Path(os.environ["ACCEPTANCE_DYNOXIDE"]) / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
        port = free_port()
        words = [str(program), "--host", "127.0.0.1", "--port", str(port)]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(words, **quiet)
        wait_for(self.process, port)
        return f"http://127.0.0.1:{port}"

    def discard(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
