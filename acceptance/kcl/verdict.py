"""What must be true of the workers' diaries together, whatever was killed meanwhile."""

from collections import defaultdict

from diary import OLDEST, SHARD_END, Life


class Broken(Exception):
    """A promise of the consumers that did not hold."""


def judge(lives: list[Life], held: dict[str, dict], acknowledged: dict[str, int]) -> str:
    """Judges the lives on one stream. `held` is what the stream holds, `acknowledged` each key's last counter. Answers the figures."""
    by_shard = defaultdict(list)
    for life in sorted(lives, key=lambda life: life.begun):
        by_shard[life.shard].append(life)
    stored(held, acknowledged)
    for shard, content in held.items():
        whole(shard, [number for number, _, _ in content["records"]], by_shard[shard])
        after_its_parents(shard, content["parents"], by_shard)
    repeated = forward(lives)
    total = sum(len(content["records"]) for content in held.values())
    given = sum(len(life.records) for life in lives)
    return f"{total} records, {given} given to {len(lives)} processors, {repeated} beginnings of a key again at a checkpoint"


def stored(held: dict[str, dict], acknowledged: dict[str, int]) -> None:
    """Each acknowledged record is in the stream: else there is nothing to consume."""
    found = defaultdict(set)
    for content in held.values():
        for _, key, counter in content["records"]:
            found[key].add(counter)
    for key, last in acknowledged.items():
        if missing := set(range(1, last + 1)) - found[key]:
            raise Broken(f"{key}: {len(missing)} acknowledged records are not in the stream, the first is {min(missing)}")


def whole(shard: str, numbers: list[str], lives: list[Life]) -> None:
    """Each life on a shard begins at a checkpoint that stands and is given the records after it, in order, none left out; together all."""
    place = {number: index for index, number in enumerate(numbers)}
    reached = 0
    for order, life in enumerate(lives):
        if life.start not in (possible := starts(life, lives[:order])):
            raise Broken(f"{shard}: {life.worker} began at {life.start}, where nobody had checkpointed last; that was {possible}")
        begin = 0 if life.start == OLDEST else len(numbers) if life.start == SHARD_END else place[life.start] + 1
        given = [number for _, number, _, _ in life.records]
        if given != numbers[begin : begin + len(given)]:
            raise Broken(f"{shard}: {life.worker}, which began at {life.start}, was given others than the records from there on")
        if life.at_shard_end and begin + len(given) != len(numbers):
            raise Broken(f"{shard}: {life.worker} was told of the end {len(numbers) - begin - len(given)} records before it")
        reached = max(reached, begin + len(given))
    if reached < len(numbers):
        raise Broken(f"{shard}: the last {len(numbers) - reached} records were given to nobody")


def starts(life: Life, before: list[Life]) -> set[str]:
    """Where a life may begin: at the last checkpoint that stood when it did, or at a later one of which nobody was told what became of it."""
    made = [mark for other in before for mark in other.checkpoints if mark.begun < life.begun and mark.stands is not False]
    sure = [mark for mark in made if mark.stands and mark.done < life.begun]
    last = max(sure, key=lambda mark: mark.done, default=None)
    after = {mark.position for mark in made if last is None or mark.begun > last.done}
    return after | {last.position if last else OLDEST}


def after_its_parents(shard: str, parents: list[str], by_shard: dict[str, list[Life]]) -> None:
    """Nobody is given a shard before its parents were checkpointed at their end: that is what keeps a key's order over a split."""
    if not by_shard[shard]:
        raise Broken(f"{shard} was given to nobody")
    first = by_shard[shard][0].begun
    for parent in parents:
        ends = [mark.begun for life in by_shard[parent] for mark in life.checkpoints if mark.position == SHARD_END and mark.stands is not False]
        if not ends or min(ends) > first:
            raise Broken(f"{shard} was begun before its parent {parent} was at its end")


def forward(lives: list[Life]) -> int:
    """Each key's counter goes up by one (or stays, where the producer had to put again); only a new life on it may go back, and no
    farther than to what workers had checkpointed. Answers how often one did."""
    events = [(at, index, key, counter) for index, life in enumerate(lives) for at, _, key, counter in life.records]
    marks = [(mark.begun, index, mark, None) for index, life in enumerate(lives) for mark in life.checkpoints if mark.stands is not False]
    within, latest, kept, repeated = {}, {}, defaultdict(lambda: {0}), 0
    for _, index, what, counter in sorted(events + marks, key=lambda event: event[:2]):
        if counter is None:
            for key, known in what.counters.items():
                kept[key] = {known} if what.stands else kept[key] | {known}
            continue
        before = within.get((index, what), latest.get(what, 0))
        goes_on = counter in (before, before + 1)
        begins_again = (index, what) not in within and any(counter in (known, known + 1) for known in kept[what])
        if not goes_on and not begins_again:
            raise Broken(f"{what}: {counter} was given to {lives[index].worker} after {before}, checkpointed {sorted(kept[what])}")
        repeated += not goes_on
        within[(index, what)] = latest[what] = counter
    return repeated
