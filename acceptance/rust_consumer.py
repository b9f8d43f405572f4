#!/usr/bin/env python3
"""The example consumer in Rust (`examples/consumer`): two share a stream on leases in DynamoDB, over a split and a kill, and miss nothing."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import boto3

from agents import environment
from conditions import eventually
from outcomes import Outcomes
from server import Server

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "consumer"
STREAM, APPLICATION, SHARDS, RECORDS = "orders", "orders-reader", 4, 400
PARENT = "shardId-000000000000"
SECONDS = 90


def main() -> int:
    target = os.environ["ACCEPTANCE_RUST_TARGET"]
    build = ["cargo", "build", "--quiet", "--locked", "--manifest-path", str(EXAMPLE / "Cargo.toml"), "--target-dir", target]
    subprocess.run(build, check=True)
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"]), Outcomes()
    try:
        os.environ.update(environment(server.start().endpoint), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_MAX_ATTEMPTS="10")
        program = Path(target) / "debug" / "consumer"
        outcomes.of("two_share_a_stream", lambda: two_share_a_stream(program, server.place), wrong=(RuntimeError, TimeoutError))
        code = server.stop()
    finally:
        server.discard()
    return outcomes.end(code)


def two_share_a_stream(program: Path, place: Path) -> str | None:
    client = boto3.client("kinesis")
    client.create_stream(StreamName=STREAM, ShardCount=SHARDS)
    client.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
    wanted = put(client, "alone")
    first, second = Worker(program, place, "first"), None
    try:
        eventually("the first has everything", lambda: first.runs() and first.read() == wanted, SECONDS)
        second = Worker(program, place, "second")
        eventually("they share the leases", lambda: second.runs() and holders() == {"first": 2, "second": 2}, SECONDS)
        client.split_shard(StreamName=STREAM, ShardToSplit=PARENT, NewStartingHashKey=str(2**125))
        wanted |= put(client, "together")
        eventually("together they have everything", lambda: first.runs() and second.runs() and first.read() | second.read() == wanted, SECONDS)
        first.kill()
        wanted |= put(client, "behind the kill")
        eventually("the second goes on", lambda: second.runs() and first.read() | second.read() == wanted, SECONDS)
        eventually("it holds all that is open", lambda: second.runs() and holders() == {"second": SHARDS + 1}, SECONDS)
    finally:
        for worker in filter(None, (first, second)):
            worker.kill()
    return None if leases()[PARENT]["checkpoint"]["S"] == "SHARD_END" else f"the split shard's lease is {leases()[PARENT]}"


def put(client, when: str) -> set[str]:
    """Puts records; answers their data."""
    told = {f"{when} {number}" for number in range(RECORDS)}
    entries = [{"PartitionKey": data, "Data": data.encode()} for data in sorted(told)]
    while entries:
        answers = client.put_records(StreamName=STREAM, Records=entries)["Records"]
        entries = [entry for entry, answer in zip(entries, answers) if "ErrorCode" in answer]
    return told


def leases() -> dict[str, dict]:
    items = boto3.client("dynamodb").scan(TableName=APPLICATION, ConsistentRead=True)["Items"]
    return {item["shard"]["S"]: item for item in items}


def holders() -> dict[str, int]:
    """Who holds how many of the leases whose shards are not read to their ends."""
    return dict(Counter(item["worker"]["S"] for item in leases().values() if item["checkpoint"]["S"] != "SHARD_END"))


class Worker:
    def __init__(self, program: Path, place: Path, name: str):
        self.out, self.log = place / f"{name}.out", place / f"{name}.log"
        with self.out.open("w") as out, self.log.open("w") as log:
            self.process = subprocess.Popen([program, STREAM, APPLICATION, name], stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def runs(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the consumer ended with {self.process.returncode}: {self.log.read_text()[-1500:]}")
        return True

    def read(self) -> set[str]:
        """The data of all that it printed."""
        return {line.split(" ", 1)[1] for line in self.out.read_text().rpartition("\n")[0].splitlines()}

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    sys.exit(main())
