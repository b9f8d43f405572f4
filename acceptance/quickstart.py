#!/usr/bin/env python3
"""Runs the first lines that somebody tries, as they stand in `quickstart/`, with nothing but the environment set around them."""

import os
import subprocess
import sys
from pathlib import Path

import boto3

from agents import environment
from server import Server

FOLDER = Path(__file__).resolve().parent / "quickstart"
SECONDS = 60


def main() -> int:
    server = Server(os.environ["ANABRANCH_BINARY"])
    try:
        server.start()
        os.environ.update(environment(server.endpoint), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
        failed = [name for name, works in (("create-stream.sh", created), ("put-record.py", put)) if not report(name, works)]
        code = server.stop()
    finally:
        server.discard()
    print(f"{2 - len(failed)} passed, {len(failed) + (code != 0)} failed")
    return 1 if failed or code else 0


def report(name: str, works) -> bool:
    trouble = works(boto3.client("kinesis"), FOLDER / name)
    print(f"FAIL {name}: {trouble}" if trouble else f"ok   {name}", flush=True)
    return trouble is None


def created(client, script: Path) -> str | None:
    path = str(Path(os.environ["ACCEPTANCE_AWS"]).parent) + os.pathsep + os.environ["PATH"]
    if trouble := ran("bash", "-eu", str(script), PATH=path):
        return trouble
    client.get_waiter("stream_exists").wait(StreamName="MyEventStream", WaiterConfig={"Delay": 1})
    shards = client.describe_stream(StreamName="MyEventStream")["StreamDescription"]["Shards"]
    return None if len(shards) == 2 else f"the stream has {len(shards)} shards"


def put(client, script: Path) -> str | None:
    client.create_stream(StreamName="mystream", ShardCount=1)
    client.get_waiter("stream_exists").wait(StreamName="mystream", WaiterConfig={"Delay": 1})
    if trouble := ran(sys.executable, "-B", str(script)):
        return trouble
    told = client.get_shard_iterator(StreamName="mystream", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    records = client.get_records(ShardIterator=told["ShardIterator"])["Records"]
    found = [(record["PartitionKey"], record["Data"]) for record in records]
    return None if found == [("mykey", b"mydata")] else f"the stream holds {found}"


def ran(*words: str, **more: str) -> str | None:
    """What was wrong with running this, or None."""
    done = subprocess.run(words, env={**os.environ, **more}, capture_output=True, text=True, timeout=SECONDS)
    return None if done.returncode == 0 else f"ended with {done.returncode}: {done.stderr.strip()[-500:]}"


if __name__ == "__main__":
    sys.exit(main())
