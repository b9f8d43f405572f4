"""DynamoDB Local, AWS's own emulator, on a free port of loopback with nothing on disk."""

import os
import subprocess

from peers.free_port import free_port, wait_for


class DynamoDbLocal:
    def __init__(self):
        self.process = None

    def start(self) -> str:
        """Its endpoint, when it listens."""
        libraries, port = os.environ["ACCEPTANCE_DYNAMODB_LOCAL"], free_port()
        main = "software.amazon.dynamodb.services.local.main.ServerRunner"
        words = ["java", f"-Djava.library.path={libraries}", "-cp", f"{libraries}/*", main, "-inMemory", "-disableTelemetry", "-port", str(port)]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(words, cwd=libraries, **quiet)
        wait_for(self.process, port)
        return f"http://127.0.0.1:{port}"

    def discard(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
