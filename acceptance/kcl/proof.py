"""What the judge must find: a day of two workers that is right, and each way in which it could be wrong."""

import copy
from collections.abc import Callable

from diary import OLDEST, SHARD_END, Checkpoint, Life
from verdict import Broken, judge

KEY = "key"
LAST = 15
# A shard of ten records, and its child of five.
HELD = {
    "parent": {"parents": [], "records": [(f"{number:03}", KEY, number) for number in range(1, 11)]},
    "child": {"parents": ["parent"], "records": [(f"{number:03}", KEY, number) for number in range(11, LAST + 1)]},
}


def day() -> list[Life]:
    """One worker checkpoints at the fourth record and is killed after the sixth; another reads on, to the end and in the child."""
    killed = life("killed", "parent", 1, OLDEST, range(1, 7))
    killed.checkpoints = [Checkpoint("004", {KEY: 4}, 2.45, 2.46, True)]
    follower = life("follower", "parent", 5, "004", range(5, 11))
    follower.checkpoints, follower.at_shard_end = [Checkpoint(SHARD_END, {KEY: 10}, 8, 8.1, True)], True
    return [killed, follower, life("follower", "child", 9, OLDEST, range(11, LAST + 1))]


def life(worker: str, shard: str, begun: float, start: str, counters: range) -> Life:
    records = [(begun + 1 + index / 10, f"{counter:03}", KEY, counter) for index, counter in enumerate(counters)]
    return Life(worker, "", shard, begun, start, records, counters={KEY: counters[-1]})


def swap(lives: list[Life]) -> None:
    lives[1].records[1:3] = lives[1].records[2:0:-1]


WRONG: dict[str, Callable[[list[Life]], object]] = {
    "a record left out after a checkpoint": lambda lives: lives[1].records.pop(0),
    "a record left out": lambda lives: lives[1].records.pop(3),
    "the last record left out": lambda lives: lives[2].records.pop(),
    "an end before the last record": lambda lives: lives[1].records.pop(),
    "two records in the wrong order": swap,
    "a child begun before its parent's end": lambda lives: setattr(lives[2], "begun", 7),
    "a child that nobody was given": lambda lives: lives.pop(),
    "a beginning where nobody checkpointed": lambda lives: setattr(lives[1], "start", "003"),
    "a beginning at a checkpoint that was refused": lambda lives: setattr(lives[0].checkpoints[0], "stands", False),
    "a counter that goes back": lambda lives: lives[1].records.__setitem__(2, (*lives[1].records[2][:3], 2)),
}


def prove() -> None:
    judge(day(), HELD, {KEY: LAST})
    for what, spoil in WRONG.items():
        lives = copy.deepcopy(day())
        spoil(lives)
        must_find(what, lives, LAST)
    must_find("an acknowledged record that is not in the stream", day(), LAST + 1)


def must_find(what: str, lives: list[Life], acknowledged: int) -> None:
    try:
        judge(lives, HELD, {KEY: acknowledged})
    except Broken:
        return
    raise Broken(f"the judge does not find {what}")
