"""Random calls over what two servers have in common, with a memory of what there is, so that most of them mean something."""

import random

STREAMS = ["a", "b.c", "stream-3", "S_4"]
SHARDS_MAX = 24
HASH_KEYS = 2**128
WEIGHTS = {
    "CreateStream": 4, "DeleteStream": 1, "DescribeStream": 6, "DescribeStreamSummary": 4, "ListStreams": 3, "ListShards": 6,
    "PutRecord": 20, "PutRecords": 12, "GetShardIterator": 16, "GetRecords": 20, "SplitShard": 4, "MergeShards": 3,
    "IncreaseStreamRetentionPeriod": 3, "DecreaseStreamRetentionPeriod": 3, "AddTagsToStream": 3, "RemoveTagsFromStream": 2,
    "ListTagsForStream": 3,
}
BROKEN_SHARE = 0.08
REMEMBERED_MAX = 60


class Calls:
    """`draw` makes a call, `learn` takes what came of it."""

    def __init__(self, chance: random.Random, sides: list):
        self.chance, self.sides, self.count = chance, sides, 0
        self.streams = {}       # name → shards: {id: (first hash key, last hash key, is open)}
        self.numbers = []       # labels of records: (label, stream, shard)
        self.iterators = []     # (label, stream)
        self.filled = set()     # (stream, shard) that hold records

    def draw(self) -> tuple[str, dict]:
        operation = self.chance.choices(list(WEIGHTS), WEIGHTS.values())[0]
        params = getattr(self, operation)()
        if self.chance.random() < BROKEN_SHARE and params:
            member = self.chance.choice(sorted(params))
            broken = self.broken(member, params[member])
            params = {name: value for name, value in params.items() if name != member}
            if broken is not None:
                params[member] = broken
        self.count += 1
        return operation, params

    def broken(self, member: str, value):
        """A value that breaks the model, or None to leave the member out."""
        if isinstance(value, bool) or isinstance(value, bytes):
            return None
        if isinstance(value, str):
            return self.chance.choice([None, "", "a" * 300, "not ours!"])
        if isinstance(value, int):
            return self.chance.choice([None, 0, -1, 10**9])
        if isinstance(value, list):
            return self.chance.choice([None, []])
        return None

    # What each operation is called with.

    def stream(self) -> str:
        if self.streams and self.chance.random() < 0.93:
            return self.chance.choice(sorted(self.streams))
        return self.chance.choice([*STREAMS, "nowhere"])

    def shard(self, stream: str) -> str:
        shards = self.streams.get(stream)
        if shards and self.chance.random() < 0.95:
            return self.chance.choice(sorted(shards))
        return self.chance.choice(["shardId-000000000099", "shardId-99", "7", "shard-1"])

    def hash_key(self) -> str:
        return str(self.chance.choice([0, 1, HASH_KEYS - 1, HASH_KEYS, *(self.chance.randrange(HASH_KEYS) for _ in range(8))]))

    def some(self, share: float, **members) -> dict:
        return {name: value for name, value in members.items() if self.chance.random() < share}

    def CreateStream(self) -> dict:
        return {"StreamName": self.chance.choice(STREAMS), "ShardCount": self.chance.randint(1, 4)}

    def DeleteStream(self) -> dict:
        return {"StreamName": self.stream()}

    def DescribeStream(self) -> dict:
        stream = self.stream()
        return {"StreamName": stream, **self.some(0.3, Limit=self.chance.randint(1, 9), ExclusiveStartShardId=self.shard(stream))}

    def DescribeStreamSummary(self) -> dict:
        return {"StreamName": self.stream()}

    def ListStreams(self) -> dict:
        return self.some(0.4, Limit=self.chance.randint(1, 4), ExclusiveStartStreamName=self.chance.choice(STREAMS))

    def ListShards(self) -> dict:
        stream = self.stream()
        return {"StreamName": stream, **self.some(0.3, MaxResults=self.chance.randint(1, 40), ExclusiveStartShardId=self.shard(stream))}

    def record(self) -> dict:
        data = self.chance.randbytes(self.chance.choice([0, 1, 20, 2000]))
        key = "".join(self.chance.choice("abcÄß漢😀 /'\"<") for _ in range(self.chance.randint(1, 12)))
        return {"Data": data, "PartitionKey": key, **self.some(0.3, ExplicitHashKey=self.hash_key())}

    def PutRecord(self) -> dict:
        # Numbers of the service's own are left to the scenario table: those of kinesalite's young shards are ahead of its clock.
        ordering = self.some(0.03, SequenceNumberForOrdering="nonsense")
        record = self.record()
        if self.chance.random() < 0.06:
            del record["PartitionKey"]
        return {"StreamName": self.stream(), **record, **ordering}

    def PutRecords(self) -> dict:
        return {"StreamName": self.stream(), "Records": [self.record() for _ in range(self.chance.randint(1, 6))]}

    def GetShardIterator(self) -> dict:
        stream = self.stream()
        shard = self.shard(stream)
        kind = self.chance.choice(["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"])
        params = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": kind}
        if kind == "AT_TIMESTAMP":
            # kinesalite never answers for a time that no record follows.
            if (stream, shard) in self.filled:
                return {**params, "Timestamp": 1_000_000_000}
            return {**params, "ShardIteratorType": "TRIM_HORIZON"}
        if kind.endswith("NUMBER") or self.chance.random() < 0.05:
            params |= self.number(stream, shard, kind)
        return params

    def number(self, stream: str, shard: str, kind: str) -> dict:
        fitting = [label for label, of, at in self.numbers if (of, at) == (stream, shard)]
        # Of this stream only: two streams made in the same second share their numbers, so the answer would hang on the clock.
        known = [label for label, of, _ in self.numbers if of == stream]
        # After the start of a shard kinesalite skips what is put within a second, so that one hangs on the clock.
        if kind != "AFTER_SEQUENCE_NUMBER" and shard in self.streams.get(stream, {}):
            fitting.append(f"{stream} {shard} start")
        drawn = self.chance.random()
        if fitting and drawn < 0.8:
            return {"StartingSequenceNumber": {"$label": self.chance.choice(fitting)}}
        if known and drawn < 0.95:
            return {"StartingSequenceNumber": {"$label": self.chance.choice(known)}}
        return {} if drawn < 0.97 else {"StartingSequenceNumber": "1"}

    def GetRecords(self) -> dict:
        if not self.iterators or self.chance.random() < 0.02:
            return {"ShardIterator": self.chance.choice(["AAAA", "AAAAAAAAAAE=", "nonsense!"])}
        label, _ = self.chance.choice(self.iterators)
        return {"ShardIterator": {"$label": label}, **self.some(0.3, Limit=self.chance.randint(1, 5))}

    def SplitShard(self) -> dict:
        stream = self.stream()
        shard = self.shard(stream)
        first, last, _ = self.streams.get(stream, {}).get(shard, (0, HASH_KEYS - 1, True))
        key = self.chance.choice([(first + last) // 2, first, first + 1, first + 2, last, self.chance.randrange(HASH_KEYS)])
        return {"StreamName": stream, "ShardToSplit": shard, "NewStartingHashKey": str(key)}

    def MergeShards(self) -> dict:
        stream = self.stream()
        shards = sorted((at[0], shard) for shard, at in self.streams.get(stream, {}).items() if at[2])
        if len(shards) > 1 and self.chance.random() < 0.7:
            at = self.chance.randrange(len(shards) - 1)
            return {"StreamName": stream, "ShardToMerge": shards[at][1], "AdjacentShardToMerge": shards[at + 1][1]}
        return {"StreamName": stream, "ShardToMerge": self.shard(stream), "AdjacentShardToMerge": self.shard(stream)}

    def IncreaseStreamRetentionPeriod(self) -> dict:
        return {"StreamName": self.stream(), "RetentionPeriodHours": self.chance.choice([24, 25, 48, 100, 168])}

    DecreaseStreamRetentionPeriod = IncreaseStreamRetentionPeriod

    def tag(self) -> str:
        # Where one side refuses a character and the other does not, their tags part for good: kinesalite knows no Ä and no colon.
        return self.chance.choice(["k", "another key", "x" * 128, "b/c=d+e-f@g", "_.z"])

    def AddTagsToStream(self) -> dict:
        tags = {self.tag(): self.chance.choice(["", "v", "y" * 256]) for _ in range(self.chance.randint(1, 3))}
        return {"StreamName": self.stream(), "Tags": tags}

    def RemoveTagsFromStream(self) -> dict:
        return {"StreamName": self.stream(), "TagKeys": sorted({self.tag() for _ in range(self.chance.randint(1, 3))})}

    def ListTagsForStream(self) -> dict:
        return {"StreamName": self.stream(), **self.some(0.3, Limit=self.chance.choice([1, 3, 10, 50]), ExclusiveStartTagKey=self.tag())}

    # What came of it.

    def learn(self, operation: str, params: dict, answers: list[dict]) -> None:
        stream = params.get("StreamName")
        if operation in ("CreateStream", "DeleteStream", "SplitShard", "MergeShards"):
            self.look(stream, answers)
        raw = [side.raw for side in self.sides]
        if None in raw:
            return
        if operation == "PutRecord":
            self.put(stream, raw)
        elif operation == "PutRecords":
            for entries in zip(*(told["Records"] for told in raw)):
                self.put(stream, list(entries))
        elif operation == "GetShardIterator":
            self.iterate(stream, [told["ShardIterator"] for told in raw])
        elif operation == "GetRecords" and all(told.get("NextShardIterator") for told in raw):
            of = dict(self.iterators)[params["ShardIterator"]["$label"]]
            self.iterate(of, [told["NextShardIterator"] for told in raw])
        elif operation == "CreateStream":
            # An iterator of ours is of the stream that was, one of kinesalite's of any that has its name.
            self.iterators = [known for known in self.iterators if known[1] != stream]

    def look(self, stream: str, answers: list[dict]) -> None:
        """Takes what a stream has become on both sides. Where one went another way than the other, it is begun anew."""
        if stream not in STREAMS:
            return
        there = [side.settle(stream) for side in self.sides]
        if len({"code" in answer for answer in answers}) > 1 or len(set(there)) > 1:
            for side in self.sides:
                side.call("DeleteStream", {"StreamName": stream})
                side.settle(stream)
            there = [False]
        self.streams.pop(stream, None)
        if not all(there):
            self.numbers = [known for known in self.numbers if known[1] != stream]
            self.filled = {known for known in self.filled if known[0] != stream}
            return
        told = self.sides[0].client.describe_stream(StreamName=stream)["StreamDescription"]["Shards"]
        if len(told) > SHARDS_MAX:
            for side in self.sides:
                side.call("DeleteStream", {"StreamName": stream})
            return self.look(stream, answers)
        self.streams[stream] = {
            shard["ShardId"]: (
                int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"]),
                "EndingSequenceNumber" not in shard["SequenceNumberRange"],
            )
            for shard in told
        }

    def put(self, stream: str, told: list[dict]) -> None:
        if not all("SequenceNumber" in one for one in told):
            return
        label = f"{stream} record {self.count} {len(self.numbers)} {told[0]['ShardId']}"
        for side, one in zip(self.sides, told):
            side.name(label, one["SequenceNumber"])
        self.numbers.append((label, stream, told[0]["ShardId"]))
        self.numbers = self.numbers[-10 * REMEMBERED_MAX:]
        self.filled.add((stream, told[0]["ShardId"]))

    def iterate(self, stream: str, told: list[str]) -> None:
        label = f"iterator {self.count}"
        for side, one in zip(self.sides, told):
            side.name(label, one)
        self.iterators = [*self.iterators, (label, stream)][-REMEMBERED_MAX:]
