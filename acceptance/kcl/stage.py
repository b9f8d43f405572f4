"""A server, an application's workers on it, and waits for what they come to."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from diary import SHARD_END, Life
from load import Load, client, held
from server import Server
from verdict import Broken, judge
from workers import Worker, surroundings

LOOK_SECONDS = 0.5
# Where the lease table keeps what is no lease: KCL 3's leader, migration and workers' metrics.
LEASE = "LEASE"


class Stage:
    def __init__(self, application: str, flags: list[str] = ()):
        self.application = application
        self.server = Server(os.environ["ANABRANCH_BINARY"], flags)
        self.streams: list[str] = []
        # How an application of many streams names them.
        self.identifiers: dict[str, str] = {}
        self.workers: list[Worker] = []
        self.loads: list[Load] = []
        # From when to when the server was away.
        self.crashes: list[tuple[float, float]] = []

    def __enter__(self) -> "Stage":
        os.environ.update(surroundings(self.server.start().endpoint))
        return self

    def __exit__(self, trouble, *_) -> None:
        for load in self.loads:
            load.over.set()
        for worker in self.workers:
            if worker.alive():
                worker.kill()
        if trouble:
            self.keep()
        self.server.discard()

    def keep(self) -> None:
        """Puts what the workers wrote where it can be looked at after a failure."""
        kept = Path(os.environ["ACCEPTANCE_TRAFFIC"]).parent / "kcl"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for file in (*self.place.glob("*.log"), *self.place.glob("*.diary"), self.place / "log"):
            shutil.copy(file, kept)
        print(f"     what the workers wrote is in {kept}", flush=True)

    @property
    def place(self) -> Path:
        return self.server.place

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    def stream(self, name: str, shards: int) -> None:
        kinesis = client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        self.streams.append(name)

    def identify(self) -> str:
        """The streams for an application of many: ACCOUNT:NAME:EPOCH each."""
        for name in self.streams:
            told = client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
            account, epoch = told["StreamARN"].split(":")[4], int(told["StreamCreationTimestamp"].timestamp())
            self.identifiers[name] = f"{account}:{name}:{epoch}"
        return ",".join(self.identifiers.values())

    def load(self, stream: str, per_second: int) -> Load:
        self.loads.append(Load(stream, per_second).start())
        return self.loads[-1]

    def worker(self, made: Worker) -> Worker:
        self.workers.append(made)
        return made

    def reshard(self, stream: str, *counts: int) -> None:
        """By way of each of the counts: one call may at most double or halve."""
        for count in counts:
            client("kinesis").update_shard_count(StreamName=stream, TargetShardCount=count, ScalingType="UNIFORM_SCALING")
            self.until(f"{count} shards are open", lambda count=count: len(self.open(stream)) == count, 30)

    def split(self, stream: str, shard: str, at: int) -> None:
        client("kinesis").split_shard(StreamName=stream, ShardToSplit=shard, NewStartingHashKey=str(at))

    def merge(self, stream: str, shard: str, neighbour: str) -> None:
        client("kinesis").merge_shards(StreamName=stream, ShardToMerge=shard, AdjacentShardToMerge=neighbour)

    def open(self, *streams: str) -> set[tuple]:
        """The open shards of these streams, or of all: stream and shard."""
        kinesis = client("kinesis")
        return {
            (stream, shard["ShardId"])
            for stream in streams or self.streams
            for shard in kinesis.list_shards(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
        }

    def ranges(self, stream: str) -> list[tuple[str, int, int]]:
        """The open shards in the order of what they cover: name, first and last hash key."""
        told = client("kinesis").list_shards(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
        covered = [(shard["ShardId"], shard["HashKeyRange"]) for shard in told]
        return sorted(((name, int(keys["StartingHashKey"]), int(keys["EndingHashKey"])) for name, keys in covered), key=lambda one: one[1])

    def crash(self) -> None:
        """Ends the server as a power cut would, and starts it again on what it left, at the same address."""
        begun = time.monotonic()
        self.server.kill()
        self.server.start()
        self.crashes.append((begun, time.monotonic()))

    def leases(self) -> dict[tuple, dict]:
        """The lease table: of each stream and shard its owner, if any, and its checkpoint."""
        dynamodb, found = client("dynamodb"), {}
        try:
            pages = list(dynamodb.get_paginator("scan").paginate(TableName=self.application))
        except dynamodb.exceptions.ResourceNotFoundException:
            return {}
        for item in (item for page in pages for item in page["Items"]):
            if item.get("entityType", {"S": LEASE})["S"] == LEASE:
                # An application of many streams names a lease ACCOUNT:STREAM:EPOCH:SHARD.
                *_, stream, _, shard = ["", self.streams[0], "", *item["leaseKey"]["S"].split(":")]
                found[(stream, shard)] = {"owner": item.get("leaseOwner", {}).get("S"), "checkpoint": item["checkpoint"]["S"]}
        return found

    def leader(self) -> str | None:
        """The worker that gives out leases, in KCL 3."""
        return self.state("Leader", "ownerName")

    def version(self) -> str | None:
        """Which version's ways the workers go, in KCL 3."""
        return self.state("Migration3.0", "cv")

    def state(self, entity: str, attribute: str) -> str | None:
        """What KCL 3's workers have agreed upon."""
        dynamodb = client("dynamodb")
        # Before KCL 3.5 that was in a table of its own.
        own = f"{self.application}-CoordinatorState"
        table, key = (own, "key") if own in dynamodb.list_tables()["TableNames"] else (self.application, "leaseKey")
        told = dynamodb.get_item(TableName=table, Key={key: {"S": entity}}, ConsistentRead=True)
        return told.get("Item", {}).get(attribute, {}).get("S")

    def unfinished(self) -> Counter:
        """How many leases of shards that are not at their end each worker has."""
        return Counter(lease["owner"] for lease in self.leases().values() if lease["checkpoint"] != SHARD_END)

    def lives(self) -> list[Life]:
        return [life for worker in self.workers for life in worker.diary.lives()]

    def reading(self) -> bool:
        """Every open shard is being given to a processor of a worker that lives."""
        alive = {worker.name for worker in self.workers if worker.alive()}
        going = {(life.stream or self.streams[0], life.shard) for life in self.lives() if life.worker in alive and not life.lost and life.records}
        return self.open() <= going

    def caught_up(self) -> bool:
        """The last record of every key was given to somebody."""
        given = {}
        for life in self.lives():
            for key, counter in life.counters.items():
                given[key] = max(counter, given.get(key, 0))
        return all(given.get(key, 0) >= counter for load in self.loads for key, counter in load.counters.items())

    def until(self, what: str, condition: Callable[[], bool], seconds: float) -> float:
        """Waits for a condition. Answers how long it took."""
        begun = time.monotonic()
        while not condition():
            if dead := [worker.name for worker in self.workers if worker.process.poll() not in (None, -9, 0, 143)]:
                raise Broken(f"{dead} ended by themselves while waiting until {what}: {self.tails(dead)}")
            if time.monotonic() - begun > seconds:
                raise Broken(f"not within {seconds:.0f} s: {what}; leases {self.leases()}")
            time.sleep(LOOK_SECONDS)
        took = time.monotonic() - begun
        print(f"     {what}, after {took:.1f} s", flush=True)
        return took

    def tails(self, names: list[str]) -> str:
        return "\n".join(worker.tail() for worker in self.workers if worker.name in names)

    def judged(self, load: Load) -> str:
        return judge([life for life in self.lives() if life.stream in ("", load.stream)], held(load.stream), load.counters)
