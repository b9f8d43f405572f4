"""What became of scenarios that run one after the other on a server: a line for each, and the last line that a lane reads."""

import time
from collections.abc import Callable


class Outcomes:
    def __init__(self):
        self.passed = self.failed = 0

    def of(self, name: str, scenario: Callable[[], str | None], wrong: tuple = ()) -> None:
        """Runs a scenario, which answers what was wrong, or None, or raises one of `wrong`."""
        begun = time.monotonic()
        try:
            trouble = scenario()
        except wrong as error:
            trouble = str(error) or repr(error)
        self.failed, self.passed = self.failed + bool(trouble), self.passed + (not trouble)
        print(f"FAIL {name}: {trouble}" if trouble else f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)

    def end(self, code: int) -> int:
        """The exit code, once the server has ended with `code`."""
        self.failed += code != 0
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
