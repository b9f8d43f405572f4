"""What is done to the workers of each version while they read."""

from collections.abc import Callable
from dataclasses import dataclass

import metrics
from stage import Stage
from verdict import Broken
from workers import Worker, daemon, java

STREAM = "river"
APPLICATION = "delta"
RECORDS_LEAST = 50_000
PER_SECOND = 250
# KCL 3 looks whether leases are well spread every 20 s and moves some every minute; a leader that is dead is one for 120 s more.
START_SECONDS = 120
SPREAD_SECONDS = 300
LEADER_SECONDS = 300
# Each worker deletes leases of finished shards every five minutes, and a parent's only after those of its children were begun.
CLEAN_SECONDS = 400


@dataclass
class Client:
    """How a worker is started, and what its version does."""

    start: Callable[[Stage, str], Worker]
    # KCL 3: one of them gives out the leases, and they are handed over in peace. Before, workers stole them.
    led: bool = True


@dataclass
class Shards:
    """How many there are at the beginning, in between and at the end, there by way of others."""

    before: int
    more: int
    fewer: tuple[int, ...]


def poll() -> str:
    return whole_life(kcl("3", "polling"), Shards(8, 16, (8, 6)))


def fanout() -> str:
    return whole_life(kcl("3", "fanout"), Shards(8, 16, (8, 6)))


def kcl(line: str, retrieval: str, led: bool = True) -> Client:
    """The KCL for Java. The endpoint is in the environment, where KCL 2 does not look."""

    def start(stage: Stage, name: str) -> Worker:
        told = {"streams": stage.identify()} if len(stage.streams) > 1 else {"stream": STREAM}
        if not led:
            told["endpoint"] = stage.endpoint
        return java(line, name, stage, application=APPLICATION, retrieval=retrieval, **told)

    return Client(start, led)


def kcl2() -> str:
    return whole_life(kcl("2", "fanout", led=False), Shards(8, 16, (8, 6)))


def kclpy() -> str:
    """The daemon, with a Python process for each shard."""
    return whole_life(Client(lambda stage, name: daemon(name, stage, APPLICATION, STREAM)), Shards(4, 8, (4, 3)))


def whole_life(client: Client, shards: Shards) -> str:
    """Shards are split and merged; a second worker is handed leases; a worker is killed, the leader if there is one, and the server
    with it; a third worker comes."""
    with Stage(APPLICATION) as stage:
        stage.stream(STREAM, shards.before)
        load = stage.load(STREAM, PER_SECOND)
        first = stage.worker(client.start(stage, "first"))
        stage.until(f"the first worker reads all {shards.before} shards", stage.reading, START_SECONDS)

        second = stage.worker(client.start(stage, "second"))
        stage.until("the second worker took over from the first", lambda: handed(first, second, client.led), SPREAD_SECONDS)
        stage.reshard(STREAM, shards.more)
        stage.until(f"the two share the {shards.more} shards", lambda: shared(stage, first, second), SPREAD_SECONDS)

        gone, left = (second, first) if client.led and stage.leader() == second.name else (first, second)
        gone.kill()
        stage.crash()
        finished = stage.open()
        stage.reshard(STREAM, *shards.fewer)
        third = stage.worker(client.start(stage, "third"))
        stage.until(f"the two that are left share the {shards.fewer[-1]} shards", lambda: shared(stage, left, third), LEADER_SECONDS)
        stage.until(f"the leases of the {shards.more} finished shards are deleted", lambda: not finished & set(stage.leases()), CLEAN_SECONDS)
        stage.until(f"{RECORDS_LEAST} records were put", lambda: load.acknowledged >= RECORDS_LEAST, RECORDS_LEAST / PER_SECOND)
        return drained(stage, left, third)


def short() -> str:
    """One worker in fan-out: a shard split, two merged, the server killed."""
    with Stage(APPLICATION) as stage:
        stage.stream(STREAM, 3)
        stage.load(STREAM, PER_SECOND)
        worker = stage.worker(kcl("3", "fanout").start(stage, "first"))
        stage.until("the worker reads the 3 shards", stage.reading, START_SECONDS)
        stage.split(STREAM, "shardId-000000000000", 1 << 124)
        stage.merge(STREAM, "shardId-000000000001", "shardId-000000000002")
        stage.crash()
        stage.until("the worker reads the 3 shards made of them", stage.reading, START_SECONDS)
        return drained(stage, worker)


def multistream() -> str:
    """Three streams of one application; two are resharded, a worker and the server killed."""
    with Stage(APPLICATION) as stage:
        names = [f"{STREAM}-{number}" for number in range(3)]
        for name in names:
            stage.stream(name, 2)
        for name in names:
            stage.load(name, PER_SECOND // 2)
        client = kcl("3", "fanout")
        first = stage.worker(client.start(stage, "first"))
        stage.until("the first worker reads all 6 shards", stage.reading, START_SECONDS)
        second = stage.worker(client.start(stage, "second"))
        stage.until("the second worker took over from the first", lambda: handed(first, second, client.led), SPREAD_SECONDS)
        stage.reshard(names[0], 4)
        stage.reshard(names[1], 1)
        stage.until("the two share the 7 shards", lambda: shared(stage, first, second), SPREAD_SECONDS)
        gone, left = (first, second) if stage.leader() == second.name else (second, first)
        gone.kill()
        stage.crash()
        stage.until("the one that is left reads all", lambda: stage.unfinished() == {left.name: 7} and stage.reading(), SPREAD_SECONDS)
        return drained(stage, left)


def handed(giver: Worker, taker: Worker, in_peace: bool) -> bool:
    """The taker reads on where the giver checkpointed: in peace when it was asked to end a processor."""
    given = {
        (life.stream, life.shard, mark.position)
        for life in giver.diary.lives() if life.asked_to_end or not in_peace and life.lost
        for mark in life.checkpoints if mark.stands and (not in_peace or mark is life.checkpoints[-1])
    }
    return any((life.stream, life.shard, life.start) in given and life.records for life in taker.diary.lives())


def shared(stage: Stage, *workers: Worker) -> bool:
    """All shards are read, and each of the workers has its share of them, to a third; KCL 3 itself balances bytes, to a tenth."""
    found = stage.unfinished()
    fair = found.total() / len(workers)
    even = all(abs(found[worker.name] - fair) <= max(1, fair / 3) for worker in workers)
    return even and found.total() == len(stage.open()) and stage.reading()


def drained(stage: Stage, *workers: Worker) -> str:
    """Ends the load, waits until all of it was given, ends the workers and judges."""
    for load in stage.loads:
        load.stop()
    stage.until("every record was given", stage.caught_up, START_SECONDS)
    for worker in workers:
        worker.stop()
    told = "; ".join(stage.judged(load) for load in stage.loads)
    given = sum(len(life.records) for life in stage.lives())
    counted = metrics.processed(APPLICATION, stage.lives(), stage.identifiers)
    # What a worker that is killed has not sent yet is lost, and so is what is sent while the server is down.
    if not given * 0.8 <= counted:
        raise Broken(f"{given} records were given, CloudWatch was told of {counted}")
    return f"{told}; CloudWatch was told of {counted}"


ALL = {"kcl3": short, "kcl3-poll": poll, "kcl3-fanout": fanout, "kcl3-multistream": multistream, "kcl2": kcl2, "kclpy": kclpy}
