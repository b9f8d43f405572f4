"""Waiting for what has to become true."""

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.2


def eventually(says: str, condition: Callable[[], object], seconds: float):
    """Asks until the answer is true, and answers it. TimeoutError when it has not become so."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {seconds} s: {says}")
        time.sleep(PAUSE_SECONDS)
    return answer
