#!/usr/bin/env python3
"""Eight workers race for one lease, over and over, on a server that is killed now and then: there is one winner, every time.

Each worker is a thread with a boto3 client of its own that takes leases as the KCL does: an UpdateItem under legacy conditions, which tells
the item where they fail. Whoever gets no answer asks again when the server is back, and sees in the item whether it was its own first try
that had won.
"""

import argparse
import os
import random
import sys
import threading
import time

import boto3
import botocore.exceptions
from botocore.config import Config

from server import Server

TABLE = "leases"
WORKERS = 8
KILLED_EVERY = 10
# A kill falls somewhere in a race, which takes a few milliseconds.
KILLED_WITHIN = 0.015
ANSWER_SECONDS = 30
CONFIG = Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=ANSWER_SECONDS)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--races", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()

    server = Server(os.environ["ANABRANCH_BINARY"], ["--limits", "off"])
    try:
        return Races(server, random.Random(chosen.seed)).run(chosen.races)
    finally:
        server.discard()


def client(server: Server):
    return boto3.client(
        "dynamodb", endpoint_url=server.endpoint, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test", config=CONFIG,
    )


class Races:
    def __init__(self, server: Server, chance: random.Random):
        self.server, self.chance = server.start(), chance
        # The address stays the same over restarts, and so do the clients.
        self.clients = [client(server) for _ in range(WORKERS)]
        self.failed, self.won_unheard, self.kills = 0, 0, 0

    def run(self, races: int) -> int:
        self.clients[0].create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
        )
        begun = time.monotonic()
        for number in range(races):
            self.race(f"shardId-{number:012}", is_killed=number % KILLED_EVERY == KILLED_EVERY - 1)
        self.look_back(races)
        print(f"{races} races of {WORKERS} in {time.monotonic() - begun:.0f} s, {self.kills} kills, "
              f"{self.won_unheard} winners whose first answer was lost", flush=True)
        print(f"{races - self.failed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0

    def race(self, key: str, is_killed: bool) -> None:
        """Twice: for a lease that nobody has, then for one that its owner has lost."""
        first = self.clients[0]
        first.put_item(TableName=TABLE, Item={"leaseKey": {"S": key}, "leaseCounter": {"N": "0"}})
        for counter in (0, 1):
            killer = threading.Timer(self.chance.uniform(0, KILLED_WITHIN), self.server.kill) if is_killed else None
            winners = self.contend(key, counter, killer)
            item = first.get_item(TableName=TABLE, Key={"leaseKey": {"S": key}}, ConsistentRead=True)["Item"]
            right = len(winners) == 1 and item["leaseOwner"]["S"] == winners[0] and item["leaseCounter"]["N"] == str(counter + 1)
            if not right:
                self.failed += 1
                print(f"FAIL {key}, counter {counter}: winners {winners}, item {item}", flush=True)
                return

    def contend(self, key: str, counter: int, killer: threading.Timer | None) -> list[str]:
        """All workers at once; who says that it has won."""
        ready, winners = threading.Barrier(WORKERS + 1), []
        back = threading.Event()

        def work(number: int) -> None:
            owner, heard = f"worker-{number}-{counter}", True
            ready.wait()
            while True:
                try:
                    if self.take(self.clients[number], key, owner, counter, heard):
                        winners.append(owner)
                        self.won_unheard += not heard
                    return
                except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
                    heard = False
                    if not back.wait(ANSWER_SECONDS):
                        raise

        threads = [threading.Thread(target=work, args=[number]) for number in range(WORKERS)]
        for thread in threads:
            thread.start()
        ready.wait()
        if killer:
            killer.start()
            killer.join()
            self.kills += 1
            self.server.start()
        back.set()
        for thread in threads:
            thread.join()
        return winners

    @staticmethod
    def take(worker, key: str, owner: str, counter: int, heard: bool) -> bool:
        """Whether the worker has the lease now. `heard` says that it got an answer to everything it asked."""
        try:
            worker.update_item(
                TableName=TABLE, Key={"leaseKey": {"S": key}},
                AttributeUpdates={
                    "leaseCounter": {"Action": "PUT", "Value": {"N": str(counter + 1)}},
                    "leaseOwner": {"Action": "PUT", "Value": {"S": owner}},
                },
                Expected={"leaseKey": {"Exists": True, "Value": {"S": key}}, "leaseCounter": {"Value": {"N": str(counter)}}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
            return True
        except worker.exceptions.ConditionalCheckFailedException as refusal:
            return not heard and refusal.response["Item"]["leaseOwner"]["S"] == owner

    def look_back(self, races: int) -> None:
        """What was won stays won."""
        pages = self.clients[0].get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        if len(items) != races or any(item["leaseCounter"]["N"] != "2" for item in items):
            self.failed += 1
            print(f"FAIL there are {len(items)} leases, not {races} that were taken twice", flush=True)


if __name__ == "__main__":
    sys.exit(main())
