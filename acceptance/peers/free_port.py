"""A port of loopback for a peer that cannot choose one by itself."""

import socket
import subprocess
import time

READY_SECONDS = 60


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(process: subprocess.Popen, port: int) -> None:
    """Until the process listens on the port."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the peer does not listen; it ended with {process.poll()}") from None
            time.sleep(0.02)
