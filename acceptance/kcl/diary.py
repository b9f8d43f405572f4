"""What the workers' record processors wrote down, put together into lives: a life is one processor, from its beginning to its end."""

import json
from dataclasses import dataclass, field
from pathlib import Path

OLDEST = "TRIM_HORIZON"
SHARD_END = "SHARD_END"


@dataclass
class Checkpoint:
    """Up to where a life checkpointed. `stands` is None while, or if, nobody was told what became of it."""

    position: str
    counters: dict[str, int]
    begun: float
    done: float | None = None
    stands: bool | None = None


@dataclass
class Life:
    worker: str
    stream: str
    shard: str
    begun: float
    start: str
    records: list[tuple] = field(default_factory=list)      # (time, number, key, counter)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    position: str = ""
    at_shard_end: bool = False
    asked_to_end: bool = False
    lost: bool = False


class Diary:
    """A diary that may still be written: `lives` reads what came since."""

    def __init__(self, path: Path):
        self.path, self.offset, self.rest = path, 0, ""
        self.known: dict[int, Life] = {}

    def lives(self) -> list[Life]:
        if self.path.exists():
            with self.path.open() as file:
                file.seek(self.offset)
                text = self.rest + file.read()
                self.offset = file.tell()
            *lines, self.rest = text.split("\n")
            for line in lines:
                self.take(json.loads(line))
        return list(self.known.values())

    def take(self, line: dict) -> None:
        if line["event"] == "begin":
            life = Life(line["worker"], line["stream"], line["shard"], line["at"], line["from"], position=line["from"])
            self.known[line["life"]] = life
            return
        if line["event"] != "records" and line["life"] not in self.known:
            # The KCL takes a lease from a processor, or asks it to end, even before it has initialized it.
            return
        life = self.known[line["life"]]
        match line["event"]:
            case "records":
                for number, key, counter in line["records"]:
                    life.records.append((line["at"], number, key, counter))
                    life.counters[key], life.position = counter, number
            case "shard end":
                life.at_shard_end, life.position = True, SHARD_END
            case "asked to end":
                life.asked_to_end = True
            case "lost":
                life.lost = True
            case "checkpointing":
                life.checkpoints.append(Checkpoint(life.position, dict(life.counters), line["at"]))
            case "checkpointed":
                life.checkpoints[-1].done, life.checkpoints[-1].stands = line["at"], True
            case "not checkpointed":
                # Who lost the lease was refused by the lease table; of other troubles nobody knows how far the call came.
                life.checkpoints[-1].done = line["at"]
                life.checkpoints[-1].stands = False if line["why"] == "ShutdownException" else None
