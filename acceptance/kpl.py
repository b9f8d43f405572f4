#!/usr/bin/env python3
"""The Kinesis Producer Library, and others who write its format, through one endpoint. What they put is read back by three who know the format.

The KPL is configured by the file that docs/consumers.md gives, with this server's port in it. Run by the interpreter that has the libraries
(`clients/consumers/requirements.txt`); the KPL's own program is in `clients/kpl`.
"""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import boto3
from aiokpl import Config, Producer
from aws_kinesis_agg.aggregator import RecordAggregator

from agents import environment
from aggregates import UserRecord, by_kcl, by_python, by_tail, difference, java, java_command, shards_of
from conditions import eventually
from outcomes import Outcomes
from server import Server

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "consumers.md"
MAGIC = bytes.fromhex("f3899ac2")
USER_RECORDS = 20_000
SECONDS = 60
# More than a shard takes in a second, so that it has to refuse some: 6 MiB in records of the KPL's 50 KiB.
PRESSED_RECORDS, PRESSED_BYTES = 1500, 4096
METERED_RECORDS = 500
REFUSED = "ProvisionedThroughputExceededException"
KPL_NAMESPACE = "KinesisProducerLibrary"
# Metrics once a second, that the test needs not wait for a minute; and no user record given up because the machine is busy.
PATIENT = "MetricsUploadDelay = 1000\nRecordTtl = 300000\n"


def main() -> int:
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"], ["--tls", "on"]), Outcomes()
    try:
        os.environ.update(environment(server.start().endpoint), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_MAX_ATTEMPTS="10")
        for scenario in (
            user_records_arrive_with_their_keys,
            a_shard_that_is_full_slows_the_producer_and_loses_nothing,
            a_split_meanwhile_loses_nothing,
            its_metrics_are_in_cloudwatch,
            it_can_verify_the_certificate,
            aiokpl_packs_the_same,
            aws_kinesis_agg_for_python_packs_the_same,
            aws_kinesis_agg_for_node_packs_the_same,
            a_malformed_aggregate_is_a_plain_record,
        ):
            outcomes.of(scenario.__name__, lambda: scenario(server), wrong=(RuntimeError, TimeoutError, subprocess.TimeoutExpired))
        code = server.stop()
    finally:
        server.discard()
    return outcomes.end(code)


class Result(NamedTuple):
    """What the KPL says became of a user record."""

    is_stored: bool
    shard: str
    sequence: str
    attempts: list[str]


def stream(name: str, shards: int):
    """A stream that is ready, and a client to look at it."""
    client = boto3.client("kinesis")
    client.create_stream(StreamName=name, ShardCount=shards)
    client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    return client


def kpl(properties: str, name: str, wanted: list[UserRecord]) -> list[Result]:
    """Puts through the KPL, with a file of properties; answers each record's result."""
    results = {}
    for line in java("Put", [properties, name], lines_of(wanted)):
        number, is_stored, shard, sequence, attempts = line.split("\t")
        results[int(number)] = Result(is_stored == "true", shard, sequence, attempts.split(","))
    if sorted(results) != list(range(len(wanted))):
        raise RuntimeError(f"{len(results)} results of {len(wanted)} user records")
    return [results[number] for number in range(len(wanted))]


def documented(server: Server) -> str:
    """The file that the page gives, with the port of this server in it."""
    given = re.search(r"^```properties\n(# producer\.properties\n.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    properties = server.place / "producer.properties"
    properties.write_text(given.replace("4566", server.address.rsplit(":", 1)[1]) + PATIENT)
    return str(properties)


def lines_of(wanted: list[UserRecord]) -> list[str]:
    return ["\t".join([one.key, one.hash_key, base64.b64encode(one.data).decode()]) for one in wanted]


def read_by_all(server: Server, client, name: str, wanted: list[UserRecord]) -> str | None:
    """What was wrong with what each reader finds, or None."""
    shards = shards_of(client, name)
    kcl = by_kcl(shards)
    tail, troubles = by_tail(name, len(wanted), server.endpoint)
    for reader, found in {"KCL": kcl, "aws-kinesis-agg": by_python(shards), "tail": tail}.items():
        if trouble := difference(found, wanted) or (None if found.keys() == kcl.keys() else "it tells other positions than the KCL"):
            return f"{reader}: {trouble}"
    held = sum(len(shard.records) for shard in shards)
    if held * 2 > len(wanted):
        return f"{held} records hold {len(wanted)}: nothing was packed"
    return f"tail has troubles: {troubles}" if troubles else None


def some(count: int, data_bytes: int = 0) -> list[UserRecord]:
    """User records, some with a hash key; each with data that no other has. (The library for Node confuses hash keys below 2³²: not here.)"""
    return [
        UserRecord(f"ключ-{i % 97}", str((i * 2**120 + 2**64) % 2**128) if i % 5 == 0 else "", f"{i} ".encode().ljust(data_bytes or i % 200, b"x"))
        for i in range(count)
    ]


def user_records_arrive_with_their_keys(server: Server) -> str | None:
    """Each result names the shard and the number where the record is found."""
    client, wanted = stream("kpl", 4), some(USER_RECORDS)
    results = kpl(documented(server), "kpl", wanted)
    if failed := [result for result in results if not result.is_stored]:
        return f"{len(failed)} were not stored, as {failed[0]}"
    where = {record["SequenceNumber"]: shard for shard in shards_of(client, "kpl") for record in shard.records}
    if any(where[result.sequence].described["ShardId"] != result.shard for result in results):
        return "a result names another shard"
    return read_by_all(server, client, "kpl", wanted)


def a_shard_that_is_full_slows_the_producer_and_loses_nothing(server: Server) -> str | None:
    client, wanted = stream("full", 1), some(PRESSED_RECORDS, PRESSED_BYTES)
    results = kpl(documented(server), "full", wanted)
    if failed := [result for result in results if not result.is_stored]:
        return f"{len(failed)} were not stored, as {failed[0]}"
    refused = sum(REFUSED in result.attempts for result in results)
    strange = {attempt for result in results for attempt in result.attempts} - {REFUSED, "ok"}
    if not refused or strange:
        return f"{refused} were refused for their shard's rate, others for {strange}"
    print(f"     {refused} of {len(results)} user records were refused at least once, at most {max(len(r.attempts) for r in results) - 1} times")
    return read_by_all(server, client, "full", wanted)


def a_split_meanwhile_loses_nothing(server: Server) -> str | None:
    """The shard closes while the KPL still sends for it: it finds the children, and what it calls stored is in one of them.

    An aggregate that was on its way holds records of both children. The KPL sends those anew that landed in the wrong one, and calls the others stored;
    the KCL drops the whole aggregate. So it is `tail` that must see everything.
    """
    client, wanted = stream("split", 1), some(PRESSED_RECORDS, PRESSED_BYTES)
    shard = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = client.get_shard_iterator(StreamName="split", **shard)["ShardIterator"]

    def split() -> None:
        eventually("the first record is there", lambda: client.get_records(ShardIterator=iterator, Limit=1)["Records"], SECONDS)
        client.split_shard(StreamName="split", ShardToSplit=shard["ShardId"], NewStartingHashKey=str(2**127))

    splitting = threading.Thread(target=split)
    splitting.start()
    results = kpl(documented(server), "split", wanted)
    splitting.join()
    if failed := [result for result in results if not result.is_stored]:
        return f"{len(failed)} were not stored, as {failed[0]}"
    if len(used := {result.shard for result in results}) != 3:
        return f"only {used} were written"
    again = sum("Wrong Shard" in result.attempts for result in results)
    print(f"     {again} of {len(results)} user records were sent again, to the other child")
    found, troubles = by_tail("split", len(wanted) + again, server.endpoint)
    if troubles or len(found) != len(wanted) + again:
        return f"tail shows {len(found)} with {troubles}, not {len(wanted)} and {again} again"
    by_place = {(place.sequence, one.data) for place, one in found.items()}
    if lost := [one for one, result in zip(wanted, results) if (result.sequence, one.data) not in by_place]:
        return f"{len(lost)} are not where their results say, as {str(lost[0])[:100]}"
    return None


def its_metrics_are_in_cloudwatch(server: Server) -> str | None:
    """A producer that runs on tells CloudWatch what it did."""
    stream("told", 1)
    client, now, wanted = boto3.client("cloudwatch"), datetime.now(UTC), some(METERED_RECORDS)
    span = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1), "Period": 3600, "Statistics": ["Sum"]}
    dimensions = [{"Name": "StreamName", "Value": "told"}]

    def told() -> bool:
        said = client.get_metric_statistics(Namespace=KPL_NAMESPACE, MetricName="UserRecordsPut", Dimensions=dimensions, **span)
        return sum(point["Sum"] for point in said["Datapoints"]) == METERED_RECORDS

    command = java_command("Put", [documented(server), "told"])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8") as running:
        try:
            running.stdin.write("".join(line + "\n" for line in lines_of(wanted)))
            running.stdin.flush()
            eventually(f"UserRecordsPut is {METERED_RECORDS}", told, SECONDS)
        finally:
            said = running.communicate()[0]
    stored = sum(line.split("\t")[1] == "true" for line in said.splitlines())
    return None if stored == METERED_RECORDS else f"{stored} of {METERED_RECORDS} were stored"


def it_can_verify_the_certificate(server: Server) -> str | None:
    """As the page says: by the name that is in it, with the file that the first connection by TLS had made."""
    stream("verified", 1)
    properties = Path(documented(server))
    verified = f"CaCertFile = {server.data}/tls/development.pem"
    properties.write_text(properties.read_text().replace("127.0.0.1", "localhost").replace("VerifyCertificate = false", verified))
    results = kpl(str(properties), "verified", some(METERED_RECORDS))
    stored = sum(result.is_stored for result in results)
    return None if stored == METERED_RECORDS else f"{stored} of {METERED_RECORDS} were stored, {results[0]}"


def aiokpl_packs_the_same(server: Server) -> str | None:
    client, wanted = stream("aiokpl", 2), some(2000)

    async def put() -> list:
        config = Config(region="us-east-1", endpoint_url=server.endpoint)
        async with Producer(config) as producer:
            outcomes = [
                await producer.put_record(stream="aiokpl", partition_key=one.key, data=one.data, explicit_hash_key=one.hash_key or None)
                for one in wanted
            ]
            await producer.flush()
            return [await outcome.wait() for outcome in outcomes]

    results = asyncio.run(asyncio.wait_for(put(), SECONDS))
    if failed := [result for result in results if not result.success]:
        return f"{len(failed)} were not stored, as {failed[0]}"
    return read_by_all(server, client, "aiokpl", wanted)


def aws_kinesis_agg_for_python_packs_the_same(server: Server) -> str | None:
    """Without a producer: the program that packs also puts. On one shard, since it looks at no shard's range."""
    client, wanted, aggregator = stream("agg-python", 1), some(2000), RecordAggregator(max_size=50_000)
    full = [packed for one in wanted if (packed := aggregator.add_user_record(one.key, one.data, one.hash_key or None))]
    for packed in [*full, aggregator.clear_and_get()]:
        key, hash_key, data = packed.get_contents()
        client.put_record(StreamName="agg-python", PartitionKey=key, Data=data, **({"ExplicitHashKey": hash_key} if hash_key else {}))
    return read_by_all(server, client, "agg-python", wanted)


def aws_kinesis_agg_for_node_packs_the_same(server: Server) -> str | None:
    client, wanted = stream("agg-node", 1), some(2000)
    asked = [{"partitionKey": one.key, "data": base64.b64encode(one.data).decode(), **({"explicitHashKey": one.hash_key} if one.hash_key else {})} for one in wanted]
    command = [os.environ["ACCEPTANCE_NODE"], str(HERE / "clients" / "aggregators" / "pack.mjs")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        return f"it ended with {done.returncode}: {done.stderr[-800:]}"
    for packed in json.loads(done.stdout):
        client.put_record(StreamName="agg-node", PartitionKey=packed["partitionKey"], Data=base64.b64decode(packed["data"]))
    return read_by_all(server, client, "agg-node", wanted)


def a_malformed_aggregate_is_a_plain_record(server: Server) -> str | None:
    """Nobody who reads stumbles over it, and what lies before and behind it is read."""
    client, aggregator = stream("malformed", 1), RecordAggregator()
    for number in range(3):
        aggregator.add_user_record("inner", f"{number}".encode())
    good = aggregator.clear_and_get().get_contents()[2]
    broken = [good[:-1] + bytes([good[-1] ^ 1]), good[:20], MAGIC + b"text behind the magic that is no message", MAGIC]
    for data in [*broken, good]:
        client.put_record(StreamName="malformed", PartitionKey="outer", Data=data)
    wanted = [UserRecord("outer", "", data) for data in broken] + [UserRecord("inner", "", f"{number}".encode()) for number in range(3)]
    shards = shards_of(client, "malformed")
    found, troubles = by_tail("malformed", len(wanted), server.endpoint)
    if troubles != ["its MD5 is not that of its message"] * 2:
        return f"tail says {troubles}"
    for reader, seen in {"KCL": by_kcl(shards), "tail": found}.items():
        if trouble := difference(seen, wanted):
            return f"{reader}: {trouble}"
    return None


if __name__ == "__main__":
    sys.exit(main())
