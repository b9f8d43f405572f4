#!/usr/bin/env python3
"""Kills the server with -9 under load, again and again, and checks on the same data directory that no promise was broken.

Writers put records with boto3 and keep what was acknowledged. After each kill the server is started again, and every shard is read
from its oldest record: each acknowledged record is there, under the number it was given, once; numbers strictly increase; what one
writer put after another of its own with an acknowledgement in between comes after it; what a reader saw meanwhile is still there.
"""

import argparse
import os
import random
import sys
import threading
import time

import boto3
import botocore.exceptions
from botocore.config import Config

from agents import environment
from server import Server

STREAM = "kills"
SHARDS = 3
WRITERS = 4
BATCH_MAX = 40
DATA_MAX = 3000
LIFE_SECONDS = (0.3, 1.5)
UNANSWERED = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    chosen = arguments.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    chance = random.Random(chosen.seed)

    server = Server(os.environ["ANABRANCH_BINARY"], ["--limits", "off"])
    passed = 0
    try:
        server.start()
        load = Load(server, chance)
        load.client().create_stream(StreamName=STREAM, ShardCount=SHARDS)
        load.client().get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
        for turn in range(1, chosen.kills + 1):
            acknowledged = load.until_killed(chance.uniform(*LIFE_SECONDS))
            begun = time.monotonic()
            server.start()
            ready = time.monotonic() - begun
            wrong = load.check()
            if wrong:
                print(f"FAIL kill {turn}: {wrong}", flush=True)
                print(server.log(), flush=True)
                break
            passed += 1
            print(f"ok   kill {turn}: {acknowledged} acknowledged, {load.total()} in all, ready after {ready * 1000:.0f} ms", flush=True)
        code = server.stop() if passed == chosen.kills else 0
        if code:
            print(f"FAIL the server ended with {code} when asked to stop")
    finally:
        server.discard()
    failed = (chosen.kills - passed) + (code != 0)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


class Load:
    """Writers, what they were promised, and what has been read."""

    def __init__(self, server: Server, chance: random.Random):
        self.server, self.chance = server, chance
        os.environ.update(environment(server.endpoint))
        self.promised = [{} for _ in range(WRITERS)]   # data → (shard, number), in the order of the acknowledgements
        self.read = {}                                 # (shard, number) → data

    def client(self):
        config = Config(retries={"max_attempts": 0}, read_timeout=20, connect_timeout=5, max_pool_connections=2)
        return boto3.client(
            "kinesis", endpoint_url=self.server.endpoint, aws_access_key_id="test", aws_secret_access_key="test", config=config
        )

    def total(self) -> int:
        return sum(map(len, self.promised))

    def until_killed(self, seconds: float) -> int:
        """Writes for so long, then kills the server in the middle of it. Answers how many records were acknowledged."""
        before, over, troubles = self.total(), threading.Event(), []
        threads = [
            threading.Thread(target=self.write, args=(writer, random.Random(self.chance.random()), over, troubles))
            for writer in range(WRITERS)
        ]
        threads.append(threading.Thread(target=self.follow, args=(over,)))
        for thread in threads:
            thread.start()
        # How long the server lives is what is drawn here, so a wait for a time is the point.
        over.wait(seconds)
        self.server.kill()
        over.set()
        for thread in threads:
            thread.join()
        if troubles:
            raise RuntimeError(f"a writer was refused: {troubles[0]}")
        return self.total() - before

    def write(self, writer: int, chance: random.Random, over: threading.Event, troubles: list) -> None:
        client, promised = self.client(), self.promised[writer]
        while not over.is_set():
            batch = [self.record(writer, chance) for _ in range(chance.randint(1, BATCH_MAX))]
            try:
                answer = client.put_records(StreamName=STREAM, Records=batch)
            except UNANSWERED:
                return
            except botocore.exceptions.ClientError as refusal:
                troubles.append(refusal)
                return
            for record, stored in zip(batch, answer["Records"]):
                if "SequenceNumber" in stored:
                    promised[record["Data"]] = (stored["ShardId"], int(stored["SequenceNumber"]))

    def follow(self, over: threading.Event) -> None:
        """Reads what arrives while it is written: whatever anybody saw must outlive the kill."""
        client, iterators = self.client(), {}
        try:
            for shard in range(SHARDS):
                name = f"shardId-{shard:012}"
                told = client.get_shard_iterator(StreamName=STREAM, ShardId=name, ShardIteratorType="LATEST")
                iterators[name] = told["ShardIterator"]
            while not over.is_set():
                for name, iterator in iterators.items():
                    answer = client.get_records(ShardIterator=iterator)
                    iterators[name] = answer["NextShardIterator"]
                    for record in answer["Records"]:
                        self.read[(name, int(record["SequenceNumber"]))] = record["Data"]
        except UNANSWERED:
            return

    def record(self, writer: int, chance: random.Random) -> dict:
        data = f"{writer} {chance.getrandbits(64):016x} ".encode() + chance.randbytes(chance.randint(0, DATA_MAX))
        return {"PartitionKey": str(chance.getrandbits(32)), "Data": data}

    def check(self) -> str | None:
        """What is wrong with what the server has, or None."""
        held = {}
        for shard in range(SHARDS):
            name, last = f"shardId-{shard:012}", 0
            for number, data in self.shard(name):
                if number <= last:
                    return f"{name}: {number} comes after {last}"
                last = number
                if data in held:
                    return f"{name}: the record {data[:18]} is there twice"
                held[data] = (name, number)
        for writer, promised in enumerate(self.promised):
            last = {}
            for data, (shard, number) in promised.items():
                if held.get(data) != (shard, number):
                    return f"acknowledged as {shard} {number}, found as {held.get(data)}: {data[:18]}"
                if number <= last.get(shard, 0):
                    return f"writer {writer} was given {number} after {last[shard]}"
                last[shard] = number
        now = {place: data for data, place in held.items()}
        for place, data in self.read.items():
            if now.get(place) != data:
                return f"{place} was read before as {data[:18]} and is now {now.get(place, b'gone')[:18]}"
        self.read = now
        return None

    def shard(self, name: str):
        """All records of a shard from its oldest."""
        client = self.client()
        iterator = client.get_shard_iterator(StreamName=STREAM, ShardId=name, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            answer = client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                yield int(record["SequenceNumber"]), record["Data"]
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                return
            iterator = answer["NextShardIterator"]


if __name__ == "__main__":
    sys.exit(main())
