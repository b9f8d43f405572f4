#!/usr/bin/env python3
"""Flink counts what comes into a stream and writes the counts to another, killed in between: what was put is in its count once.

Its own cluster is in one process (`clients/flink`), with the properties of docs/consumers.md. The process is killed after a checkpoint that another
goes on from, meanwhile a shard is split. A record that was counted twice, or not at all, is a count that is too high or never reached.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import boto3

from agents import environment
from aggregates import records_of
from conditions import eventually
from outcomes import Outcomes
from server import Server

PAGE = Path(__file__).resolve().parent.parent / "docs" / "consumers.md"
# What the page gives is fan-out; the others are that without some lines, and with others.
FAN_OUT = ["flink.stream.recordpublisher = EFO\n", "flink.stream.efo.consumername = orders-counter\n"]
KEYS, EACH = 20, 30
SECONDS = 150
# Flink looks into classes of Java's own.
OPENED = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.util", "java.time", "java.nio")]


def main() -> int:
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"]), Outcomes()
    try:
        os.environ.update(environment(server.start().endpoint), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_MAX_ATTEMPTS="10")
        for mode in ("polling", "fan-out", "new-source"):
            outcomes.of(mode, lambda: counted_once(server, mode), wrong=(RuntimeError, TimeoutError))
        code = server.stop()
    finally:
        server.discard()
    return outcomes.end(code)


def counted_once(server: Server, mode: str) -> str | None:
    client, stream, counts = boto3.client("kinesis"), f"{mode}-in", f"{mode}-counts"
    for name, shards in ((stream, 2), (counts, 1)):
        client.create_stream(StreamName=name, ShardCount=shards)
        client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    arn = client.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    folder = server.place / mode
    folder.mkdir()
    (folder / "flink.properties").write_text(properties(server, mode))

    put(client, stream)
    first = Job(folder, arn, counts, None)
    try:
        first.until("it counted all that was put", lambda: counted(client, counts) == dict.fromkeys(keys(), EACH))
        client.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126))
        put(client, stream)
        first.until("it counts what comes behind the split", lambda: max(counted(client, counts).values(), default=0) > EACH)
        seen = checkpoints(folder)
        first.until("it has taken another checkpoint", lambda: checkpoints(folder) - seen)
    finally:
        first.kill()
    put(client, stream)
    newest = max(checkpoints(folder), key=lambda path: int(path.name.removeprefix("chk-")))
    second = Job(folder, arn, counts, newest)
    try:
        second.until("it counted all that was put", lambda: min(counted(client, counts).values(), default=0) >= 3 * EACH)
        more = checkpoints(folder)
        second.until("it has taken another checkpoint", lambda: checkpoints(folder) - more)
    finally:
        second.kill()
    told = counted(client, counts)
    if wrong := {key: count for key, count in told.items() if count != 3 * EACH}:
        return f"{len(wrong)} of {KEYS} keys are not counted {3 * EACH} times: {wrong}"
    return None if told.keys() == set(keys()) else f"it counted {sorted(told)}"


def keys() -> list[str]:
    return [f"key-{number}" for number in range(KEYS)]


def put(client, stream: str) -> None:
    """Each key so many times, spread over the shards."""
    entries = [{"Data": key.encode(), "PartitionKey": f"{key} {number}"} for number in range(EACH) for key in keys()]
    while entries:
        answers = client.put_records(StreamName=stream, Records=entries[:500])["Records"]
        entries = [entry for entry, answer in zip(entries, answers) if "ErrorCode" in answer] + entries[500:]


def counted(client, counts: str) -> dict[str, int]:
    """The highest count of each key. After a restart counts are written again, never higher ones."""
    highest = Counter()
    for record in records_of(client, counts, "shardId-000000000000"):
        key, count = record["Data"].decode().split(" ")
        highest[key] = max(highest[key], int(count))
    return dict(highest)


def checkpoints(folder: Path) -> set[Path]:
    """Those that are whole."""
    return {path.parent for path in folder.glob("checkpoints/*/chk-*/_metadata")}


def properties(server: Server, mode: str) -> str:
    given = re.search(r"^```properties\n(# flink\.properties\n.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    given = given.replace("http://127.0.0.1:4566", server.endpoint)
    if mode != "fan-out":
        for line in FAN_OUT:
            given = given.replace(line, "")
    return given + ("source = new\n" if mode == "new-source" else "")


class Job:
    """A Flink with the one job, in a process of its own."""

    def __init__(self, folder: Path, arn: str, counts: str, checkpoint: Path | None):
        place = os.environ["ACCEPTANCE_FLINK"]
        command = ["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *OPENED, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        command += ["-cp", f"{place}/classes:{place}/lib/*", "Count", str(folder / "flink.properties"), arn, counts, f"file://{folder}/checkpoints"]
        command += [f"file://{checkpoint}"] if checkpoint else []
        self.log = folder / ("second.log" if checkpoint else "first.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def until(self, says: str, condition) -> None:
        eventually(says, lambda: self.runs() and condition(), SECONDS)

    def runs(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"Flink ended with {self.process.returncode}: {self.log.read_text()[-1500:]}")
        return True

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    sys.exit(main())
