#!/usr/bin/env python3
"""Libraries for Python that press harder than one call after another: each does here what it is for, against the real binary.

Run by the interpreter that has them (`clients/python/requirements.txt`).
"""

import asyncio
import base64
import os
import sys

import aioboto3
import boto3
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import iter_deaggregate_records
from kinesis import Consumer, Producer

from agents import environment
from outcomes import Outcomes
from server import Server

WRITERS, BATCHES, BATCH = 40, 5, 10
MESSAGES = 400
USER_RECORDS = 2000
SECONDS = 200


def main() -> int:
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"]), Outcomes()
    try:
        os.environ.update(environment(server.start().endpoint), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
        # These libraries retry what the shards' rates refuse; that is part of what is looked at.
        os.environ["AWS_MAX_ATTEMPTS"] = "10"
        for scenario in (many_writers_at_once, a_producer_and_a_consumer_over_a_split, records_in_records):
            outcomes.of(scenario.__name__, lambda: scenario(server.endpoint))
        code = server.stop()
    finally:
        server.discard()
    return outcomes.end(code)


def stream(name: str, shards: int):
    """A stream that is ready, and a client to look at it."""
    client = boto3.client("kinesis")
    client.create_stream(StreamName=name, ShardCount=shards)
    client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return client


def many_writers_at_once(endpoint: str) -> str | None:
    """aioboto3: forty writers share a session; then every shard is read at once."""
    stream("many", 4)
    return asyncio.run(asyncio.wait_for(write_and_read(), SECONDS))


async def write_and_read() -> str | None:
    session = aioboto3.Session()
    async with session.client("kinesis") as client:
        put = await asyncio.gather(*(writer(client, number) for number in range(WRITERS)))
        shards = [f"shardId-{number:012}" for number in range(4)]
        found = await asyncio.gather(*(reader(client, shard) for shard in shards))
    promised = {record for batch in put for record in batch}
    held = {(shard, number, data) for shard, records in zip(shards, found) for number, data in records}
    if held != promised:
        return f"{len(promised - held)} records are missing, {len(held - promised)} are nobody's"
    for shard, records in zip(shards, found):
        numbers = [int(number) for number, _ in records]
        if numbers != sorted(set(numbers)):
            return f"{shard}: the numbers do not increase"
    return None


async def writer(client, number: int) -> list[tuple]:
    """Puts batches; answers each record's shard, number and data."""
    promised = []
    for batch in range(BATCHES):
        left = [{"Data": f"{number} {batch} {i}".encode(), "PartitionKey": f"{number}-{i}"} for i in range(BATCH)]
        while left:
            told = (await client.put_records(StreamName="many", Records=left))["Records"]
            stored = [(entry, one) for entry, one in zip(left, told) if "SequenceNumber" in one]
            promised += [(one["ShardId"], one["SequenceNumber"], entry["Data"]) for entry, one in stored]
            left = [entry for entry, one in zip(left, told) if "SequenceNumber" not in one]
    return promised


async def reader(client, shard: str) -> list[tuple]:
    told = await client.get_shard_iterator(StreamName="many", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    iterator, records = told["ShardIterator"], []
    while True:
        answer = await client.get_records(ShardIterator=iterator)
        records += [(record["SequenceNumber"], record["Data"]) for record in answer["Records"]]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return records
        iterator = answer["NextShardIterator"]


def a_producer_and_a_consumer_over_a_split(endpoint: str) -> str | None:
    """async-kinesis: what one end puts comes out at the other, although a shard is split meanwhile."""
    client = stream("pipe", 1)
    return asyncio.run(asyncio.wait_for(pipe(client, endpoint), SECONDS))


async def pipe(client, endpoint: str) -> str | None:
    got = []

    async def consume() -> None:
        async with Consumer(stream_name="pipe", endpoint_url=endpoint, region_name="us-east-1", sleep_time_no_records=0.3) as consumer:
            while len(set(got)) < MESSAGES:
                async for message in consumer:
                    got.append(message["number"])

    async def produce() -> None:
        async with Producer(stream_name="pipe", endpoint_url=endpoint, region_name="us-east-1", buffer_time=0.1) as producer:
            for number in range(MESSAGES):
                if number == MESSAGES // 2:
                    await producer.flush()
                    client.split_shard(StreamName="pipe", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
                await producer.put({"number": number}, partition_key=f"key-{number}")
            await producer.flush()

    await asyncio.gather(consume(), produce())
    return None if sorted(got) == list(range(MESSAGES)) else f"{len(got)} messages came, {len(set(got))} different ones"


def records_in_records(endpoint: str) -> str | None:
    """aws-kinesis-agg: two thousand records in a few, put where their hash keys say, and taken apart again."""
    client, put = stream("packed", 2), []
    aggregator = RecordAggregator(max_size=50_000)
    wanted = [(f"key-{number % 7}", f"{number} ".encode() + b"x" * (number % 300)) for number in range(USER_RECORDS)]
    for key, data in wanted:
        full = aggregator.add_user_record(key, data)
        put += [full] if full else []
    put.append(aggregator.clear_and_get())
    for packed in put:
        key, hash_key, data = packed.get_contents()
        client.put_record(StreamName="packed", PartitionKey=key, ExplicitHashKey=hash_key, Data=data)
    held = []
    for number in range(2):
        told = client.get_shard_iterator(StreamName="packed", ShardId=f"shardId-{number:012}", ShardIteratorType="TRIM_HORIZON")
        held += client.get_records(ShardIterator=told["ShardIterator"])["Records"]
    if len(held) != len(put):
        return f"{len(put)} records were put, {len(held)} are there"
    taken_apart = [record["kinesis"] for record in iter_deaggregate_records(held, "Boto3")]
    found = [(record["partitionKey"], base64.b64decode(record["data"])) for record in taken_apart]
    return None if sorted(found) == sorted(wanted) else f"{len(found)} of {len(wanted)} records came out, or others"


if __name__ == "__main__":
    sys.exit(main())
