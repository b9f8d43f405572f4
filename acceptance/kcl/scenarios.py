"""What is done to the workers of each version while they read."""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import metrics
from stage import Stage
from verdict import Broken
from workers import Worker, daemon, java

STREAM = "river"
APPLICATION = "delta"
RECORDS_LEAST = 50_000
PER_SECOND = 250
# A worker that makes the first leases of a stream rests for a minute after it; in an application of many streams after each.
STREAM_SECONDS = 60
# KCL 3 looks whether leases are well spread every 20 s and moves some every minute; a leader that is dead is one for 120 s more.
START_SECONDS = 180
SPREAD_SECONDS = 300
LEADER_SECONDS = 420
# Each worker deletes leases of finished shards every five minutes, and a lease only after those of its parents. So those of the first
# shards go with the first time after they were finished, those of the last may take two more.
CLEAN_SECONDS = 400
SOAK_SECONDS = 600
SOAK_SHARDS = (5, 12)
BREAK_SECONDS = 30
SERVER_TURNS = 4
DRAIN_SECONDS = 600
# What KCL 3 calls the ways it goes while workers of KCL 2 become its own.
COMPATIBLE = "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X"
WITH_WAY_BACK = "CLIENT_VERSION_3X_WITH_ROLLBACK"
THREE = "CLIENT_VERSION_3X"
READY_SECONDS = 900


@dataclass
class Client:
    """How a worker is started, and what its version does."""

    start: Callable[[Stage, str], Worker]
    # KCL 3: one of them gives out the leases, and they are handed over in peace. Before, workers stole them.
    led: bool = True
    # Whether it tells CloudWatch of its records.
    measured: bool = True


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


def kcl(line: str, retrieval: str, led: bool = True, **settings: str) -> Client:
    """The KCL for Java. The endpoint is in the environment, where KCL 2 does not look."""

    def start(stage: Stage, name: str) -> Worker:
        told = {"streams": stage.identify()} if len(stage.streams) > 1 else {"stream": STREAM}
        if not led:
            told["endpoint"] = stage.endpoint
        return java(line, name, stage, application=APPLICATION, retrieval=retrieval, **told, **settings)

    return Client(start, led)


def kcl2() -> str:
    return whole_life(kcl("2", "fanout", led=False), Shards(8, 16, (8, 6)))


def kclpy() -> str:
    """The daemon, with a Python process for each shard."""
    return whole_life(Client(lambda stage, name: daemon("kclpy", name, stage, APPLICATION, STREAM)), Shards(4, 8, (4, 3)))


def kclpy2() -> str:
    """The daemon of KCL 2, which cannot be told where CloudWatch is."""
    client = Client(lambda stage, name: daemon("kclpy2", name, stage, APPLICATION, STREAM), led=False, measured=False)
    return whole_life(client, Shards(4, 8, (4, 3)))


def whole_life(client: Client, shards: Shards) -> str:
    """Shards are split and merged; a second worker is handed leases; a worker is killed, the leader if there is one, and the server
    with it; a third worker comes."""
    with Stage(APPLICATION) as stage:
        stage.stream(STREAM, shards.before)
        oldest = stage.open()
        load = stage.load(STREAM, PER_SECOND)
        first = stage.worker(client.start(stage, "first"))
        stage.until(f"the first worker reads all {shards.before} shards", stage.reading, START_SECONDS)

        second = stage.worker(client.start(stage, "second"))
        stage.until("the second worker took over from the first", lambda: handed(first, second, client.led), SPREAD_SECONDS)
        stage.reshard(STREAM, shards.more)
        stage.until(f"the two share the {shards.more} shards", lambda: shared(stage, first, second), SPREAD_SECONDS)

        gone, left = (second, first) if client.led and stage.leader() == second.name else (first, second)
        stage.until(f"{gone.name} is in the middle of records", lambda: in_the_middle(gone), START_SECONDS)
        gone.kill()
        stage.crash()
        stage.reshard(STREAM, *shards.fewer)
        third = stage.worker(client.start(stage, "third"))
        stage.until(f"the two that are left read the {shards.fewer[-1]} shards", lambda: taken_over(stage, left, third), LEADER_SECONDS)
        stage.until(f"the leases of the first {shards.before} shards are deleted", lambda: not oldest & set(stage.leases()), CLEAN_SECONDS)
        stage.until(f"{RECORDS_LEAST} records were put", lambda: load.acknowledged >= RECORDS_LEAST, RECORDS_LEAST / PER_SECOND)
        return drained(stage, left, third, measured=client.measured)


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
    """Two streams of one application; both are resharded, a worker and the server killed."""
    with Stage(APPLICATION) as stage:
        names = [f"{STREAM}-{number}" for number in range(2)]
        for name in names:
            stage.stream(name, 3)
        for name in names:
            stage.load(name, PER_SECOND // 2)
        client = kcl("3", "fanout")
        first = stage.worker(client.start(stage, "first"))
        stage.until("the first worker reads all 6 shards", stage.reading, START_SECONDS + STREAM_SECONDS * len(names))
        second = stage.worker(client.start(stage, "second"))
        stage.until("the second worker took over from the first", lambda: handed(first, second, client.led), SPREAD_SECONDS)
        stage.reshard(names[0], 4)
        stage.reshard(names[1], 2)
        stage.until("the two share the 6 shards", lambda: shared(stage, first, second), SPREAD_SECONDS)
        gone, left = (first, second) if stage.leader() == second.name else (second, first)
        gone.kill()
        stage.crash()
        stage.until("the one that is left reads all", lambda: stage.unfinished() == {left.name: 6} and stage.reading(), SPREAD_SECONDS)
        return drained(stage, left)


def soak() -> str:
    """Four workers, two that poll and two in fan-out. For ten minutes every half minute a shard is split or two are merged, and a worker,
    or now and then the server, is killed; another takes its place. Then what is left is read."""
    seed = int(time.time())
    print(f"     seed {seed}", flush=True)
    chance = random.Random(seed)
    with Stage(APPLICATION) as stage:
        stage.stream(STREAM, 8)
        load = stage.load(STREAM, PER_SECOND)
        clients = [kcl("3", retrieval) for retrieval in ("polling", "fanout", "polling", "fanout")]
        # Of workers that find a new application's tables empty in the same moment one gives up (KCL 3.5.1), so the first begins alone.
        places = [stage.worker(clients[0].start(stage, "worker-0"))]
        stage.until("the 8 shards are read", stage.reading, START_SECONDS)
        places += [stage.worker(clients[number].start(stage, f"worker-{number}")) for number in range(1, len(clients))]
        turn, over = 0, time.monotonic() + SOAK_SECONDS
        while time.monotonic() < over:
            turn += 1
            print(f"     {split_or_merged(stage, chance)}", flush=True)
            if turn % SERVER_TURNS == 0:
                stage.crash()
                print(f"     the server was killed; {load.acknowledged} records were put", flush=True)
            else:
                place = chance.randrange(len(places))
                places[place].kill()
                places[place] = stage.worker(clients[place].start(stage, f"worker-{len(stage.workers)}"))
                print(f"     {places[place].name} follows one that was killed; {load.acknowledged} records were put", flush=True)
            # How often something breaks is what is asked for, so a wait for a time is the point.
            time.sleep(BREAK_SECONDS)
        load.stop()
        stage.until("every record was given", stage.caught_up, DRAIN_SECONDS)
        stage.until("the shards that are open are read by workers that live", lambda: owned(stage, places), DRAIN_SECONDS)
        return drained(stage, *places)


def split_or_merged(stage: Stage, chance: random.Random) -> str:
    """One step: whole UpdateShardCounts have several, and KCL 3 takes 20 s and more for each, so it would never keep up."""
    ranges = stage.ranges(STREAM)
    place = chance.randrange(len(ranges) - 1)
    (shard, start, end), (neighbour, _, _) = ranges[place : place + 2]
    if len(ranges) <= SOAK_SHARDS[0] or len(ranges) < SOAK_SHARDS[1] and chance.random() < 0.5:
        stage.split(STREAM, shard, (start + end) // 2)
        return f"{shard} was split"
    stage.merge(STREAM, shard, neighbour)
    return f"{shard} and {neighbour} were merged"


def owned(stage: Stage, workers: Iterable[Worker]) -> bool:
    """All leases that are to be had are those of open shards, and each is some live worker's."""
    found = stage.unfinished()
    return found.total() == len(stage.open()) and set(found) <= {worker.name for worker in workers}


def migrate() -> str:
    """KCL 2.5 becomes KCL 3.5 as AWS tells: worker by worker to 3 in the ways of 2, which change by themselves once all are there;
    then worker by worker to plain 3. Shards are split and merged on the way."""
    with Stage(APPLICATION) as stage:
        stage.stream(STREAM, 4)
        stage.load(STREAM, PER_SECOND)
        old, way, new = kcl("2", "fanout", led=False), kcl("3", "fanout", version=COMPATIBLE), kcl("3", "fanout")
        workers = [stage.worker(old.start(stage, f"two-{number}")) for number in range(2)]
        stage.until("two workers of KCL 2 share the 4 shards", lambda: shared(stage, *workers), SPREAD_SECONDS)
        workers = replaced(stage, workers, way, "compatible")
        stage.reshard(STREAM, 8)
        stage.until("two workers of KCL 3 share the 8 shards as KCL 2 would", lambda: shared(stage, *workers), SPREAD_SECONDS)
        stage.until("KCL 3 goes its own ways", lambda: stage.version() == WITH_WAY_BACK, READY_SECONDS)
        stage.crash()
        workers = replaced(stage, workers, new, "three")
        stage.until("there is no way back", lambda: stage.version() == THREE, START_SECONDS)
        stage.reshard(STREAM, 6)
        stage.until("two workers of KCL 3 share the 6 shards", lambda: shared(stage, *workers), SPREAD_SECONDS)
        return drained(stage, *workers)


def replaced(stage: Stage, workers: list[Worker], client: Client, name: str) -> list[Worker]:
    """Each worker is asked to end when the one in its place reads."""
    others = []
    for number, worker in enumerate(workers):
        worker.stop()
        others.append(stage.worker(client.start(stage, f"{name}-{number}")))
        stage.until(f"{others[-1].name} reads", lambda: any(life.records for life in others[-1].diary.lives()), SPREAD_SECONDS)
    return others


def handed(giver: Worker, taker: Worker, in_peace: bool) -> bool:
    """The taker reads on where the giver checkpointed: in peace when it was asked to end a processor."""
    given = {
        (life.stream, life.shard, mark.position)
        for life in giver.diary.lives() if life.asked_to_end or not in_peace and life.lost
        for mark in life.checkpoints if mark.stands and (not in_peace or mark is life.checkpoints[-1])
    }
    return any((life.stream, life.shard, life.start) in given and life.records for life in taker.diary.lives())


def in_the_middle(worker: Worker) -> bool:
    """Most of its processors were given records that they have not checkpointed: whoever follows them is to begin before these."""
    going = [life for life in worker.diary.lives() if not life.lost and not life.at_shard_end]
    open_ended = [life for life in going if life.records and (not life.checkpoints or life.checkpoints[-1].position != life.position)]
    return 2 * len(open_ended) > len(going)


def shared(stage: Stage, *workers: Worker) -> bool:
    """All shards are read, and each of the workers has its share of them, up to a half more or less."""
    found = stage.unfinished()
    fair = found.total() / len(workers)
    even = all(abs(found[worker.name] - fair) <= max(1, fair / 2) for worker in workers)
    return even and found.total() == len(stage.open()) and stage.reading()


def taken_over(stage: Stage, *workers: Worker) -> bool:
    """All shards are read by these workers, and each was given records. Few shards need not be spread evenly: KCL 3 balances bytes,
    those of finished shards too until their leases are deleted."""
    took_part = all(any(life.records for life in worker.diary.lives()) for worker in workers)
    return took_part and owned(stage, workers) and stage.reading()


def drained(stage: Stage, *workers: Worker, measured: bool = True) -> str:
    """Ends the load, waits until all of it was given, ends the workers and judges."""
    for load in stage.loads:
        load.stop()
    stage.until("every record was given", stage.caught_up, START_SECONDS)
    for worker in workers:
        worker.stop()
    told = "; ".join(stage.judged(load) for load in stage.loads)
    if not measured:
        return told
    counted = metrics.processed(APPLICATION, stage.lives(), stage.identifiers)
    killed = {worker.name: worker.killed for worker in stage.workers if worker.killed}
    owed = metrics.owed(stage.lives(), killed, stage.crashes)
    told += f"; CloudWatch was told of {counted}, {owed} at least were owed"
    if counted < owed:
        raise Broken(told)
    return told


ALL = {
    "kcl3": short,
    "kcl3-poll": poll,
    "kcl3-fanout": fanout,
    "kcl3-multistream": multistream,
    "kcl2": kcl2,
    "kclpy": kclpy,
    "kclpy2": kclpy2,
    "kcl-migrate": migrate,
    "soak": soak,
}
