#!/usr/bin/env python3
"""The memory of a server is closed to everybody but root: run under an unprivileged user, it leaves no core when it is aborted, and that user
reads neither its memory nor its environment. A process without that care is held beside it, so that the check itself is checked.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from outcomes import Outcomes
from server import READY_SECONDS

NOBODY = 65534
OPEN = 'exec 3<"$1"'


def main() -> int:
    if os.geteuid() != 0:
        print("skipped: only root can start a process as somebody else")
        print("0 passed, 0 failed")
        return 0
    outcomes = Outcomes()
    with tempfile.TemporaryDirectory(prefix="anabranch-undumpable-") as folder:
        place = Path(folder)
        # The build's own place may be closed to others.
        program = shutil.copy(os.environ["ANABRANCH_BINARY"], place / "anabranch")
        for path in (place, Path(program)):
            path.chmod(0o755)
        work = place / "work"
        work.mkdir()
        os.chown(work, NOBODY, NOBODY)
        server = begin([program, "serve", "--listen", "127.0.0.1:0", "--data-dir", str(work / "data"), "--ready-file", str(work / "ready")], work)
        other = begin(["sleep", "600"], work)
        try:
            wait_for(work / "ready", server)
            outcomes.of("its user does not read its memory", lambda: read_by_its_user(server, other))
            outcomes.of("it leaves no core", lambda: leaves_no_core(server, other, work))
        finally:
            for process in (server, other):
                if process.returncode is None and process.poll() is None:
                    process.kill()
                    process.wait()
    return outcomes.end(0)


def begin(words: list[str], work: Path) -> subprocess.Popen:
    """A process of nobody's that would leave a core in `work` if it were up to its starter."""

    def cores() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    null = subprocess.DEVNULL
    return subprocess.Popen(
        words, cwd=work, user=NOBODY, group=NOBODY, extra_groups=[], preexec_fn=cores, stdin=null, stdout=null, stderr=null, env={"PATH": os.environ["PATH"], "SECRET": "s"}
    )


def wait_for(path: Path, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not path.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the server did not become ready")
        time.sleep(0.005)


def can_read(path: str) -> bool:
    """Whether nobody, the user, opens a file."""
    words = ["sh", "-c", OPEN, "sh", path]
    done = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], stderr=subprocess.PIPE, text=True)
    if done.returncode and "Permission denied" not in done.stderr:
        raise RuntimeError(done.stderr)
    return done.returncode == 0


def read_by_its_user(server: subprocess.Popen, other: subprocess.Popen) -> str | None:
    if not can_read(f"/proc/{other.pid}/environ"):
        return "the check shows nothing: its user does not read another process either"
    opened = [name for name in ("mem", "environ", "maps", "auxv") if can_read(f"/proc/{server.pid}/{name}")]
    return f"its user reads {', '.join(opened)}" if opened else None


def leaves_no_core(server: subprocess.Popen, other: subprocess.Popen, work: Path) -> str | None:
    if aborted(other) != os.CLD_DUMPED:
        return "the check shows nothing: this machine makes no cores of any process"
    for core in work.glob("core*"):
        core.unlink()
    if aborted(server) != os.CLD_KILLED:
        return "the system made a core of it"
    cores = list(work.glob("core*"))
    return f"there is {cores[0]}" if cores else None


def aborted(process: subprocess.Popen) -> int:
    """How a process ends that is told to abort."""
    process.send_signal(signal.SIGABRT)
    code = os.waitid(os.P_PID, process.pid, os.WEXITED).si_code
    process.returncode = -signal.SIGABRT
    return code


if __name__ == "__main__":
    sys.exit(main())
