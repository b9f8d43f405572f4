"""The KCL's workers: processes that are started, killed and asked to end, each with a diary that it writes and a log beside it."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from agents import CLIENTS, environment
from diary import Diary

# What a user is told to write for the daemon, and what in it is this run's.
MANUAL = CLIENTS.parent.parent / "docs" / "consumers.md"
DOCUMENTED = "http://127.0.0.1:4566"
DAEMONS = {"kclpy": "The daemon", "kclpy2": "The daemon of KCL 2"}
END_SECONDS = 90
HEAP = "256m"
JAVA = ["java", f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
LOG = ["-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]


def surroundings(endpoint: str) -> dict[str, str]:
    """The environment of a worker: one endpoint for everything, and how often a call is tried left to the KCL."""
    found = environment(endpoint)
    del found["AWS_MAX_ATTEMPTS"]
    return {**found, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Worker:
    """A process that consumes, in the directory `place`. It was told of `diary`."""

    def __init__(self, name: str, command: list[str], surroundings: dict[str, str], place: Path, diary: Path):
        self.name, self.log = name, place / f"{name}.log"
        self.diary = Diary(diary)
        self.killed: float | None = None
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=surroundings, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """Ends it and the children that it has, as a power cut would."""
        self.killed = time.monotonic()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Asks it to checkpoint, to give its leases back and to end."""
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.name} did not end within {END_SECONDS} s of being asked") from None

    def tail(self) -> str:
        return "\n".join(line[:300] for line in self.log.read_text(errors="replace").splitlines()[-15:])


def java(line: str, name: str, stage, **told: str) -> Worker:
    """A worker of the KCL for Java."""
    diary = stage.place / f"{name}.diary"
    words = [f"{key}={value}" for key, value in {**told, "worker": name, "diary": diary}.items()]
    built = os.environ[f"ACCEPTANCE_KCL_{line}"]
    return Worker(name, [*JAVA, *LOG, "-cp", f"{built}/classes:{built}/lib/*", "Worker", *words], surroundings(stage.endpoint), stage.place, diary)


def daemon(package: str, name: str, stage, application: str, stream: str) -> Worker:
    """The KCL's daemon of a package for Python, with the properties file and the environment that docs/consumers.md gives."""
    python, diary = os.environ[f"ACCEPTANCE_{package.upper()}"], stage.place / f"{name}.diary"
    jars = Path(python).parent.parent.glob("lib/python3*/site-packages/amazon_kclpy/jars/*.jar")
    executable = f"{python} {CLIENTS / 'kclpy' / 'processor.py'}"
    given = {"executableName": executable, "streamName": stream, "applicationName": application, "workerId": name}
    (stage.place / f"{name}.properties").write_text(properties(DAEMONS[package], stage.endpoint, given))
    # One endpoint for all is what the other workers are given; here the file has them, and the environment that of CloudWatch alone.
    found = surroundings(stage.endpoint)
    found["AWS_ENDPOINT_URL_CLOUDWATCH"] = found.pop("AWS_ENDPOINT_URL")
    words = [*JAVA, "-cp", ":".join(map(str, jars)), "software.amazon.kinesis.multilang.MultiLangDaemon", "--properties-file", f"{name}.properties"]
    return Worker(name, words, {**found, "WORKER": name, "DIARY": str(diary)}, stage.place, diary)


def properties(section: str, endpoint: str, given: dict[str, str]) -> str:
    """The properties file of a section of the manual, with this run's values in the place of the manual's, or after them."""
    text = MANUAL.read_text().split(f"## {section}\n", 1)[1]
    block = re.search(r"^```properties\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1].replace(DOCUMENTED, endpoint)
    kept = [line for line in block.splitlines() if line.split("=")[0].strip() not in given]
    return "\n".join(kept + [f"{key} = {value}" for key, value in given.items()]) + "\n"
