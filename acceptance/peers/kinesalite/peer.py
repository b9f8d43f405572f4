"""kinesalite, whose answers were recorded on AWS from 2014 to 2018, on a free port of loopback."""

import os
import re
import subprocess
from pathlib import Path

# Its command listens on all addresses; this is all that the command does, on one.
PROGRAM = """
const server = require(process.argv[1])({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0, shardLimit: 100000 });
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
"""


class Kinesalite:
    def __init__(self):
        self.process = None

    def start(self) -> str:
        """Its endpoint, when it listens."""
        module = Path(os.environ["ACCEPTANCE_KINESALITE"]) / "node_modules" / "kinesalite"
        words = [os.environ["ACCEPTANCE_NODE"], "-e", PROGRAM, str(module)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen(words, env=kept, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        told = re.match(r"port (\d+)", self.process.stdout.readline())
        if told is None:
            raise RuntimeError(f"kinesalite ended with {self.process.wait()}")
        return f"http://127.0.0.1:{told[1]}"

    def discard(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
