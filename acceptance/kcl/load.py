"""Who puts the records: each key's counter goes up by one, and no key's next record is sent before the one before it was acknowledged."""

import os
import threading

import boto3
import botocore.exceptions
from botocore.config import Config

KEYS = 400
BATCH = 100
UNANSWERED = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)
# What a shard's rate or a server that is ending refuses is put again; anything else is a mistake.
REFUSED_FOR_NOW = {"ProvisionedThroughputExceededException", "InternalFailure", "InternalFailureException", "ServiceUnavailableException"}
SECONDS_AFTER_TROUBLE = 0.2


def client(service: str):
    """One that tries once: what went wrong is ours to see."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=config)


class Load:
    """A thread that puts records until it is told to stop, at so many a second."""

    def __init__(self, stream: str, per_second: int):
        self.stream, self.pause = stream, BATCH / per_second
        self.counters = {f"{stream}-{number}": 0 for number in range(KEYS)}
        self.acknowledged = 0
        self.trouble = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.write)

    def start(self) -> "Load":
        self.thread.start()
        return self

    def stop(self) -> None:
        self.over.set()
        self.thread.join()
        if self.trouble:
            raise RuntimeError(f"the producer was refused: {self.trouble}")

    def write(self) -> None:
        kinesis, keys, turn = client("kinesis"), list(self.counters), 0
        while not self.over.is_set():
            chosen = [keys[(turn + number) % KEYS] for number in range(BATCH)]
            turn += BATCH
            try:
                self.put(kinesis, chosen)
            except botocore.exceptions.ClientError as refusal:
                self.trouble = refusal
                return
            # The rate is what is asked for here, so a wait for a time is the point.
            self.over.wait(self.pause)

    def put(self, kinesis, keys: list[str]) -> None:
        """The next record of each of the keys, again and again until all are acknowledged or it is over: some may then be there twice."""
        left = [{"PartitionKey": key, "Data": f"{self.counters[key] + 1} {'x' * 40}".encode()} for key in keys]
        while left and not self.over.is_set():
            try:
                told = kinesis.put_records(StreamName=self.stream, Records=left)["Records"]
            except UNANSWERED:
                self.over.wait(SECONDS_AFTER_TROUBLE)
                continue
            except botocore.exceptions.ClientError as refusal:
                if refusal.response["Error"]["Code"] not in REFUSED_FOR_NOW:
                    raise
                self.over.wait(SECONDS_AFTER_TROUBLE)
                continue
            for entry, one in zip(left, told):
                if "SequenceNumber" in one:
                    self.counters[entry["PartitionKey"]] += 1
                    self.acknowledged += 1
            left = [entry for entry, one in zip(left, told) if "SequenceNumber" not in one]


def held(stream: str) -> dict[str, dict]:
    """All that the stream holds: of each shard its parents and its records, `(number, key, counter)` in their order."""
    kinesis, shards = client("kinesis"), {}
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        parents = [shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in shard]
        shards[shard["ShardId"]] = {"parents": parents, "records": list(records(kinesis, stream, shard["ShardId"]))}
    return shards


def records(kinesis, stream: str, shard: str):
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while iterator:
        try:
            answer = kinesis.get_records(ShardIterator=iterator)
        except kinesis.exceptions.ProvisionedThroughputExceededException:
            threading.Event().wait(SECONDS_AFTER_TROUBLE)
            continue
        for record in answer["Records"]:
            yield record["SequenceNumber"], record["PartitionKey"], int(record["Data"].split()[0])
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return
        iterator = answer.get("NextShardIterator")
