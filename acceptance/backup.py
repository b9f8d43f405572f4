#!/usr/bin/env python3
"""Takes a backup of a server under load and brings it back, by the very commands that docs/operations.md prints.

Writers put records with boto3 and keep what was acknowledged; others create, delete, reshard and encrypt streams all the while. Every
record acknowledged before the backup began is in the restored server, under the number it was given, once; no writer was refused; no
stream is there by half; and the restored server gives no number that the other one gave.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import boto3
from botocore.config import Config

from agents import environment
from server import Server

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
PLAIN, SEALED, TURNING = "plain", "sealed", "turning"
SHARDS = 2
WRITERS = 4
BATCH_MAX = 40
DATA_MAX = 3000
LOADED_SECONDS = 1.0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    chosen = arguments.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    passed = 0
    for turn in range(chosen.rounds):
        wrong = one_round(random.Random(chosen.seed + turn))
        if wrong:
            print(f"FAIL round {turn + 1}: {wrong}", flush=True)
            break
        passed += 1
    failed = chosen.rounds - passed
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def one_round(chance: random.Random) -> str | None:
    binary = os.environ["ANABRANCH_BINARY"]
    server, restored = Server(binary, ["--limits", "off"]), Server(binary, ["--limits", "off"])
    try:
        load = Load(server.start(), chance)
        load.begin()
        time.sleep(LOADED_SECONDS)
        before, begun = load.acknowledged(), time.monotonic()
        backup, restore = documented(server.place)
        for command in backup:
            if wrong := run(command, server):
                return wrong
        seconds, during = time.monotonic() - begun, load.total() - sum(map(len, before))
        load.end()
        if load.troubles:
            return f"somebody was refused: {load.troubles[0]!r}"
        if not during:
            return "nothing was acknowledged while the backup was taken"
        if code := server.stop():
            return f"the server ended with {code}"
        for command in restore:
            if command.split()[:2] == ["anabranch", "serve"]:
                restored.data = Path(command.split()[-1])
                restored.start()
            elif wrong := run(command, server):
                return wrong
        if wrong := Check(restored, before, load).all():
            return f"{wrong}\n{restored.log()}"
        again = next(c for c in restore if "restore" in c)
        if not run(again, server):
            return "a restore into a directory that is not empty was not refused"
        print(f"ok   {sum(map(len, before))} records before, {during} during {seconds:.1f} s, {load.changes} changes of streams", flush=True)
        return None
    finally:
        server.discard()
        restored.discard()


def documented(place: Path) -> tuple[list[str], list[str]]:
    """The commands of the page's two boxes, with its directories under `place`."""
    section = PAGE.read_text().split("## Backup", 1)[1].split("\n## ", 1)[0]
    boxes = [box.strip().splitlines() for box in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)]
    (place / "var" / "lib" / "anabranch-backups").mkdir(parents=True, mode=0o700)
    moved = [[line.replace("/var/lib/", f"{place}/var/lib/").replace("/etc/anabranch/", f"{place}/data/") for line in box] for box in boxes]
    backup, restore = moved
    return backup, restore


def run(command: str, server: Server) -> str | None:
    """Runs a command of the page. What is wrong, or None."""
    words = {**os.environ, **environment(server.endpoint), "PATH": f"{Path(server.binary).parent}:{os.environ['PATH']}"}
    done = subprocess.run(command, shell=True, env=words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return None if done.returncode == 0 else f"`{command}` ended with {done.returncode}: {done.stdout}{done.stderr}"


def client(endpoint: str):
    config = Config(retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5, max_pool_connections=2)
    return boto3.client("kinesis", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test", config=config)


class Load:
    """Writers and changers, what they were promised, and what they were refused."""

    def __init__(self, server: Server, chance: random.Random):
        self.endpoint, self.chance = server.endpoint, chance
        os.environ.update(environment(server.endpoint))
        self.promised = [{} for _ in range(WRITERS)]   # data → (stream, shard, number)
        self.troubles, self.changes = [], 0
        self.over = threading.Event()
        self.threads = []

    def begin(self) -> None:
        made = client(self.endpoint)
        for name in (PLAIN, SEALED, TURNING):
            made.create_stream(StreamName=name, ShardCount=SHARDS)
        made.start_stream_encryption(StreamName=SEALED, EncryptionType="KMS", KeyId="alias/aws/kinesis")
        works = [lambda writer=writer: self.write(writer, random.Random(self.chance.random())) for writer in range(WRITERS)]
        works += [self.come_and_go, self.reshard, self.seal]
        self.threads = [threading.Thread(target=self.watch, args=(work,)) for work in works]
        for thread in self.threads:
            thread.start()

    def watch(self, work) -> None:
        try:
            work()
        except Exception as trouble:  # Whatever ends a thread is what the round fails with.
            self.troubles.append(trouble)

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def acknowledged(self) -> list[dict]:
        return [dict(promised) for promised in self.promised]

    def total(self) -> int:
        return sum(map(len, self.promised))

    def write(self, writer: int, chance: random.Random) -> None:
        talking, promised = client(self.endpoint), self.promised[writer]
        stream = (PLAIN, SEALED)[writer % 2]
        while not self.over.is_set():
            batch = [self.record(writer, chance) for _ in range(chance.randint(1, BATCH_MAX))]
            answer = talking.put_records(StreamName=stream, Records=batch)
            for record, stored in zip(batch, answer["Records"]):
                if "SequenceNumber" not in stored:
                    raise RuntimeError(f"a record was refused: {stored}")
                promised[record["Data"]] = (stream, stored["ShardId"], int(stored["SequenceNumber"]))

    def come_and_go(self) -> None:
        """Creates streams, puts a record into each, and deletes the one before."""
        talking, number = client(self.endpoint), 0
        while not self.over.is_set():
            talking.create_stream(StreamName=f"passing-{number}", ShardCount=3)
            talking.put_record(StreamName=f"passing-{number}", PartitionKey="k", Data=b"x")
            if number:
                talking.delete_stream(StreamName=f"passing-{number - 1}")
            number, self.changes = number + 1, self.changes + 2

    def reshard(self) -> None:
        talking, count = client(self.endpoint), SHARDS
        while not self.over.is_set():
            count = 2 * SHARDS if count == SHARDS else SHARDS
            talking.update_shard_count(StreamName=TURNING, TargetShardCount=count, ScalingType="UNIFORM_SCALING")
            for key in range(10):
                talking.put_record(StreamName=TURNING, PartitionKey=str(key), Data=b"x")
            self.changes += 1

    def seal(self) -> None:
        """Puts to streams that are encrypted from their first record on: their data keys are made while the backup is taken."""
        talking, number = client(self.endpoint), 0
        while not self.over.is_set():
            name, number = f"sealing-{number}", number + 1
            talking.create_stream(StreamName=name, ShardCount=1)
            talking.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
            talking.put_record(StreamName=name, PartitionKey="k", Data=b"x")
            self.changes += 2

    def record(self, writer: int, chance: random.Random) -> dict:
        data = f"{writer} {chance.getrandbits(64):016x} ".encode() + chance.randbytes(chance.randint(0, DATA_MAX))
        return {"PartitionKey": str(chance.getrandbits(32)), "Data": data}


class Check:
    """What a restored server has, against what the other one promised."""

    def __init__(self, server: Server, before: list[dict], load: Load):
        self.talking, self.before, self.load = client(server.endpoint), before, load

    def all(self) -> str | None:
        held = {}
        streams = list(self.streams())
        for stream in streams:
            if wrong := self.stream(stream, held):
                return f"{stream}: {wrong}"
        for promised in self.before:
            for data, place in promised.items():
                if held.get(data) != place:
                    return f"acknowledged as {place}, found as {held.get(data)}: {data[:18]}"
        if {PLAIN, SEALED, TURNING} - set(streams):
            return f"streams are missing: {streams}"
        return self.numbers()

    def streams(self):
        for page in self.talking.get_paginator("list_streams").paginate():
            yield from page["StreamNames"]

    def stream(self, name: str, held: dict) -> str | None:
        """Whether a stream is whole: ACTIVE, every shard readable from its oldest record, every open one writable."""
        described = self.talking.describe_stream(StreamName=name)["StreamDescription"]
        if described["StreamStatus"] != "ACTIVE":
            return f"it is {described['StreamStatus']}"
        for shard in described["Shards"]:
            last, shard_id = 0, shard["ShardId"]
            for number, data in self.shard(name, shard_id):
                if number <= last:
                    return f"{shard_id}: {number} comes after {last}"
                last = number
                if name in (PLAIN, SEALED):
                    if data in held:
                        return f"{shard_id}: the record {data[:18]} is there twice"
                    held[data] = (name, shard_id, number)
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]:
                key = shard["HashKeyRange"]["StartingHashKey"]
                put = self.talking.put_record(StreamName=name, PartitionKey="k", ExplicitHashKey=key, Data=b"new")
                if put["ShardId"] != shard_id or int(put["SequenceNumber"]) <= last:
                    return f"{shard_id}: a record put now went to {put['ShardId']} as {put['SequenceNumber']} after {last}"
        return None

    def numbers(self) -> str | None:
        """A new record's number is greater than any that the other server ever gave in its shard."""
        greatest = {}
        for promised in self.load.promised:
            for stream, shard, number in promised.values():
                greatest[(stream, shard)] = max(number, greatest.get((stream, shard), 0))
        for (stream, shard), number in greatest.items():
            for new, data in self.shard(stream, shard):
                if data == b"new" and new <= number:
                    return f"{stream} {shard}: the new record got {new}, the other server gave {number}"
        return None

    def shard(self, stream: str, name: str):
        """All records of a shard from its oldest."""
        iterator = self.talking.get_shard_iterator(StreamName=stream, ShardId=name, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            answer = self.talking.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                yield int(record["SequenceNumber"]), record["Data"]
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                return
            iterator = answer.get("NextShardIterator")


if __name__ == "__main__":
    sys.exit(main())
