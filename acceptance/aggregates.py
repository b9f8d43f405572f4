"""Aggregated records, taken apart by those who know how: the KCL's own class, aws-kinesis-agg for Python and `anabranch tail`."""

import base64
import json
import os
import subprocess
from collections import Counter
from typing import NamedTuple

from aws_kinesis_agg.deaggregator import iter_deaggregate_records

SECONDS = 300


# Nobody can tell: a record that was not packed keeps no hash key.
UNTOLD = None


class UserRecord(NamedTuple):
    """One that was put, or that came out: with the hash key that its producer gave it, as text, or nothing, or UNTOLD."""

    key: str
    hash_key: str | None
    data: bytes


class Place(NamedTuple):
    """Where it lies: the sequence number of the record around it, and its position in there."""

    sequence: str
    position: int


class Shard(NamedTuple):
    """A shard with the records that lie in it, as boto3 tells them."""

    described: dict
    records: list[dict]


def shards_of(client, stream: str) -> list[Shard]:
    """Everything that is in a stream."""
    return [Shard(shard, records_of(client, stream, shard["ShardId"])) for shard in client.list_shards(StreamName=stream)["Shards"]]


def records_of(client, stream: str, shard: str) -> list[dict]:
    told = client.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    iterator, records = told["ShardIterator"], []
    while iterator:
        answer = client.get_records(ShardIterator=iterator)
        records += answer["Records"]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            break
        iterator = answer.get("NextShardIterator")
    return records


Found = dict[Place, UserRecord]


def by_python(shards: list[Shard]) -> Found:
    """What aws-kinesis-agg (PyPI) finds. It tells no hash keys: where a user record has none it tells the first of the table."""
    found = {}
    for record in (record for shard in shards for record in shard.records):
        for position, one in enumerate(iter_deaggregate_records([record], "Boto3")):
            found[Place(record["SequenceNumber"], position)] = unpacked(one["kinesis"])
    return found


def unpacked(told: dict) -> UserRecord:
    """A record of the library's, which tells data in base64 where it took it from an aggregate, and else as they came."""
    data = base64.b64decode(told["data"]) if told.get("aggregated") else told["data"]
    return UserRecord(told["partitionKey"], UNTOLD, data)


def by_kcl(shards: list[Shard]) -> Found:
    """What a processor of the KCL is given."""
    lines = []
    for shard in shards:
        within = shard.described["HashKeyRange"]
        for record in shard.records:
            data = base64.b64encode(record["Data"]).decode()
            lines.append("\t".join([within["StartingHashKey"], within["EndingHashKey"], record["SequenceNumber"], record["PartitionKey"], data]))
    found = {}
    for line in java("TakeApart", [], lines):
        sequence, position, key, hash_key, is_packed, data = line.split("\t")
        found[Place(sequence, int(position))] = UserRecord(key, hash_key if is_packed == "true" else UNTOLD, base64.b64decode(data))
    return found


def by_tail(stream: str, count: int, endpoint: str) -> tuple[Found, list[str]]:
    """What `anabranch tail` shows until it showed `count`, and why it did not take apart what looks as if it could."""
    command = [os.environ["ANABRANCH_BINARY"], "tail", stream, "--from", "trim-horizon", "--json", "--limit", str(count), "--endpoint", endpoint]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"tail ended with {done.returncode}: {done.stderr}")
    found, troubles = {}, []
    for told in map(json.loads, done.stdout.splitlines()):
        place = Place(told["SequenceNumber"], told.get("SubSequenceNumber", 0))
        hash_key = told.get("ExplicitHashKey", "") if "SubSequenceNumber" in told else UNTOLD
        found[place] = UserRecord(told["PartitionKey"], hash_key, base64.b64decode(told["Data"]))
        troubles += [told["MalformedAggregate"]] if "MalformedAggregate" in told else []
    return found, troubles


def difference(found: Found, wanted: list[UserRecord]) -> str | None:
    """What was wrong, or None. No two of those that are wanted have the same data."""
    by_data = {one.data: one for one in wanted}
    seen = Counter(one.data for one in found.values())
    if missing := by_data.keys() - seen.keys():
        return f"{len(missing)} are missing, as {str(by_data[min(missing)])[:100]}"
    if strange := [one for one in found.values() if seen[one.data] > 1 or not is_same(one, by_data.get(one.data))]:
        return f"{len(strange)} are nobody's or twice there, as {str(strange[0])[:100]}"
    return None


def is_same(found: UserRecord, wanted: UserRecord | None) -> bool:
    return wanted is not None and found.key == wanted.key and found.hash_key in (wanted.hash_key, UNTOLD)


def java(program: str, arguments: list[str], lines: list[str]) -> list[str]:
    """What a program of `clients/kpl` says to these lines."""
    text = "".join(line + "\n" for line in lines)
    done = subprocess.run(java_command(program, arguments), input=text, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout.splitlines()


def java_command(program: str, arguments: list[str]) -> list[str]:
    place = os.environ["ACCEPTANCE_KPL"]
    command = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"]
    return [*command, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{place}/classes:{place}/lib/*", program, *arguments]
