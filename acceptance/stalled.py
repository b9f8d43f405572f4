#!/usr/bin/env python3
"""Clients that ask for much and read nothing: the server stays within `--memory-max`, and everybody else is served meanwhile.

64 connections ask GetRecords for all there is, 500 subscribe to shards from the oldest record or from now on, all over raw sockets with
small buffers that are never read. What counts is VmHWM of the server's process: the most memory that was resident at any time.
"""

import argparse
import json
import os
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from agents import environment
from server import Server

MEMORY_MAX_MIB = 512
READERS = 64
SHARDS, CONSUMERS = 25, 20
SHARD_MIB = 10
STREAM = "stalled"
# Longer than a call waits for memory.
STALL_SECONDS = 11
# Somebody else makes a call of each kind so often,
CALL_EVERY_SECONDS = 0.1
# and may wait so long for its answer while the stalled ones hold what they hold: for records until one of them is cut off after 5 seconds.
CALL_SECONDS_MAX = {"PutRecord": 4.0, "GetRecords": 8.0, "ListShards": 4.0}
# What is put meanwhile, spread over all shards, where subscribers wait for what comes.
PUT_RECORDS, PUT_RECORD_BYTES = 500, 8_000


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--memory-max", type=int, default=MEMORY_MAX_MIB, metavar="MIB")
    chosen = arguments.parse_args()
    server = Server(os.environ["ANABRANCH_BINARY"], ["--limits", "off", "--memory-max", f"{chosen.memory_max}MiB"])
    try:
        server.start()
        os.environ.update(environment(server.endpoint))
        checks = Checks(server, chosen.memory_max)
        checks.fill()
        with checks.case(f"{READERS} readers of {SHARD_MIB} MiB") as stalled:
            checks.ask_readers(stalled)
        with checks.case(f"{SHARDS * CONSUMERS} subscribers from the oldest record") as stalled:
            checks.ask_subscribers(stalled, "TRIM_HORIZON")
        with checks.case(f"{SHARDS * CONSUMERS} subscribers from now on") as stalled:
            checks.ask_subscribers(stalled, "LATEST")
            checks.put_much()
        with checks.case("both readers and subscribers") as stalled:
            checks.ask_readers(stalled)
            checks.ask_subscribers(stalled, "TRIM_HORIZON")
        checks.all_is_read()
        return checks.end()
    finally:
        server.discard()


class Checks:
    def __init__(self, server: Server, memory_max_mib: int):
        self.server, self.memory_max_mib = server, memory_max_mib
        self.passed = self.failed = 0

    def client(self):
        config = Config(retries={"max_attempts": 0}, read_timeout=20, connect_timeout=5)
        return boto3.client(
            "kinesis", endpoint_url=self.server.endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test", config=config,
        )

    def check(self, holds: bool, says: str) -> None:
        self.passed, self.failed = self.passed + holds, self.failed + (not holds)
        print("ok  " if holds else "FAIL", says, flush=True)

    def end(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0

    def fill(self) -> None:
        """Puts as much into each shard as one GetRecords answers at the most, and registers who will subscribe."""
        client = self.client()
        client.create_stream(StreamName=STREAM, ShardCount=SHARDS)
        client.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
        shards = client.list_shards(StreamName=STREAM)["Shards"]
        arn = client.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
        self.shards = [shard["ShardId"] for shard in shards]
        self.consumers = [
            client.register_stream_consumer(StreamARN=arn, ConsumerName=f"c{i}")["Consumer"]["ConsumerARN"]
            for i in range(CONSUMERS)
        ]
        data = os.urandom(100_000)
        for shard in shards:
            hash_key = shard["HashKeyRange"]["StartingHashKey"]
            record = {"Data": data, "PartitionKey": "k", "ExplicitHashKey": hash_key}
            records = [record] * (SHARD_MIB * 1024 * 1024 // (len(data) + 1))
            while records:
                client.put_records(StreamName=STREAM, Records=records[:50])
                records = records[50:]

    @contextmanager
    def case(self, of: str):
        """Lets those who are asked for in it stand still while others call. Checks what the calls took, and what memory all of it took."""
        status = Path(f"/proc/{self.server.process.pid}")
        # The greatest size so far begins anew (proc(5)).
        (status / "clear_refs").write_text("5")
        begun = time.monotonic()
        with ExitStack() as stalled, Others(self) as others:
            yield stalled
            time.sleep(max(0, begun + STALL_SECONDS - time.monotonic()))
            lines = (status / "status").read_text().splitlines()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Vm")}
        most, now = kib["VmHWM"] / 1024, kib["VmRSS"] / 1024
        self.check(most < self.memory_max_mib, f"{of}: {most:.0f} MiB at the most of {self.memory_max_mib}, {now:.0f} now")
        says = ", ".join(f"{call} after {seconds:.2f} s" for call, seconds in others.slowest.items())
        in_time = all(seconds < CALL_SECONDS_MAX[call] for call, seconds in others.slowest.items())
        self.check(in_time, f"others were answered meanwhile, the slowest {says}")

    def ask_readers(self, stalled: ExitStack) -> None:
        client = self.client()
        iterators = [self.oldest(client, shard) for shard in self.shards]
        for i in range(READERS):
            stalled.enter_context(self.ask("GetRecords", {"ShardIterator": iterators[i % SHARDS]}))

    def ask_subscribers(self, stalled: ExitStack, since: str) -> None:
        for consumer in self.consumers:
            for shard in self.shards:
                params = {"ConsumerARN": consumer, "ShardId": shard, "StartingPosition": {"Type": since}}
                stalled.enter_context(self.ask("SubscribeToShard", params))

    def put_much(self) -> None:
        """Puts large calls of records that go to every shard, for some seconds."""
        client, until = self.client(), time.monotonic() + STALL_SECONDS / 2
        records = [{"Data": os.urandom(PUT_RECORD_BYTES), "PartitionKey": f"k{i}"} for i in range(PUT_RECORDS)]
        while time.monotonic() < until:
            client.put_records(StreamName=STREAM, Records=records)

    def all_is_read(self) -> None:
        """Once they are gone, a reader gets all there is."""
        client = self.client()
        got = 0
        for shard in self.shards:
            iterator, behind = self.oldest(client, shard), 1
            while behind:
                answer = client.get_records(ShardIterator=iterator)
                iterator, behind = answer["NextShardIterator"], answer["MillisBehindLatest"]
                got += sum(len(record["Data"]) for record in answer["Records"])
        self.check(got // 1024 // 1024 >= SHARDS * (SHARD_MIB - 1), f"a reader got all {got / 1024 / 1024:.0f} MiB afterwards")

    @staticmethod
    def oldest(client, shard: str) -> str:
        return client.get_shard_iterator(StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]

    def ask(self, operation: str, params: dict) -> socket.socket:
        """Sends a signed request and leaves the answer where it is."""
        body = json.dumps(params).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Kinesis_20131202.{operation}"}
        request = AWSRequest("POST", self.server.endpoint + "/", headers=headers, data=body)
        SigV4Auth(Credentials("test", "test"), "kinesis", "us-east-1").add_auth(request)
        host, port = self.server.address.rsplit(":", 1)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((host, int(port)))
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        head = "\r\n".join(["POST / HTTP/1.1", f"Host: {self.server.address}", f"Content-Length: {len(body)}", *lines])
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        return connection


class Others:
    """Somebody who takes what is answered, each kind of call on a connection of its own. `slowest` tells the seconds that the slowest call
    of each kind took: without end if it was refused."""

    def __init__(self, checks: Checks):
        self.over = threading.Event()
        self.slowest: dict[str, float] = {}
        client = checks.client()
        iterators = [checks.oldest(client, shard) for shard in checks.shards]
        calls = {
            "PutRecord": lambda i: client.put_record(StreamName=STREAM, Data=b"x", PartitionKey=f"k{i}"),
            "GetRecords": lambda i: client.get_records(ShardIterator=iterators[i % SHARDS], Limit=20),
            "ListShards": lambda i: client.list_shards(StreamName=STREAM),
        }
        self.threads = [threading.Thread(target=self.call, args=call) for call in calls.items()]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def call(self, name: str, call) -> None:
        self.slowest[name], i = 0.0, 0
        while not self.over.wait(CALL_EVERY_SECONDS):
            begun, i = time.monotonic(), i + 1
            try:
                call(i)
                took = time.monotonic() - begun
            except (BotoCoreError, ClientError) as error:
                took = float("inf")
                print("    ", f"{name} after {time.monotonic() - begun:.2f} s:", error, flush=True)
            self.slowest[name] = max(self.slowest[name], took)


if __name__ == "__main__":
    sys.exit(main())
