#!/usr/bin/env python3
"""Makes the same random calls of DynamoDB of a server of ours and of a peer, and compares answers and items.

What differs must stand in the peer's table (`peers/PEER/differences.toml`) with its source; an entry that no longer occurs fails too. After each
write the items it was about are compared, and where they differ the peer is given ours, so that every example is one call and the items
it met.
"""

import argparse
import os
import random
import sys
import time
from pathlib import Path

import boto3
import botocore.exceptions
from botocore.config import Config

from differential import Table, Unknown, differences
from peers import tables
from peers.dynamodb_local.peer import DynamoDbLocal
from peers.dynoxide.peer import Dynoxide
from server import Server

HERE = Path(__file__).resolve().parent
PEERS = {"dynamodb_local": DynamoDbLocal, "dynoxide": Dynoxide}
CONFIG = Config(parameter_validation=False, retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5)
SETS = {"SS", "NS", "BS"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
ACTIVE_SECONDS = 30


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--peer", choices=PEERS, action="append", help="may be given several times; all if not")
    arguments.add_argument("--seed", type=int, action="append", help="may be given several times; 1 and 2 if not")
    arguments.add_argument("--calls", type=int, default=2500, help="calls for each seed")
    chosen = arguments.parse_args()

    passed, failed = 0, 0
    for peer in chosen.peer or PEERS:
        table = Table(HERE / "peers" / peer / "differences.toml")
        for seed in chosen.seed or [1, 2]:
            found = compared(peer, seed, chosen.calls, table)
            for place, times in found.times.most_common():
                print(f"FAIL {peer}, seed {seed}, {times} times: {place}: " + "\n     ".join(found.examples[place]), flush=True)
            passed, failed = passed + (not found.times), failed + bool(found.times)
        for entry in table.entries:
            if table.times[entry["id"]] == 0:
                print(f"FAIL {peer}: the difference `{entry['id']}` no longer occurs: take it out of the table", flush=True)
                failed += 1
            else:
                passed += 1
                print(f"ok   {peer}: known difference `{entry['id']}`: {table.times[entry['id']]} times", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


class Side:
    """One of the servers compared."""

    def __init__(self, endpoint: str):
        self.client = boto3.client(
            "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=CONFIG,
        )
        self.names = {name: method for method, name in self.client.meta.method_to_api_mapping.items()}
        self.client.create_table(**tables.definition())
        self.client.get_waiter("table_exists").wait(TableName=tables.TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": ACTIVE_SECONDS})

    def call(self, operation: str, params: dict) -> dict:
        """The answer, without what has no order; a refusal has a `code`. Sentences are each server's own."""
        try:
            answer = getattr(self.client, self.names[operation])(**params)
        except botocore.exceptions.ClientError as refusal:
            told = refusal.response
            answer = {"code": told["Error"]["Code"], "Item": told.get("Item")}
            if reasons := told.get("CancellationReasons"):
                answer["reasons"] = [{"code": reason.get("Code"), "Item": reason.get("Item")} for reason in reasons]
            return shown(answer)
        answer = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        is_ordered = operation == "Query" and "IndexName" not in params
        if "Items" in answer and not is_ordered:
            answer["Items"] = sorted(answer["Items"], key=lambda item: repr(sorted(shown(item).items())))
        for items in answer.get("Responses", {}).values() if operation == "BatchGetItem" else []:
            items.sort(key=lambda item: (item["p"]["S"], item["c"]["N"]))
        return shown(answer)

    def items(self) -> dict:
        """Every item by its key."""
        found = self.client.scan(TableName=tables.TABLE, ConsistentRead=True)["Items"]
        return {(item["p"]["S"], item["c"]["N"]): item for item in found}

    def become(self, items: dict) -> None:
        for p, c in self.items().keys() - items.keys():
            self.client.delete_item(TableName=tables.TABLE, Key={"p": {"S": p}, "c": {"N": c}})
        for item in items.values():
            self.client.put_item(TableName=tables.TABLE, Item=item)


def shown(value):
    """A value whose sets are in order and whose blobs are text."""
    if isinstance(value, dict):
        return {name: sorted(map(shown, inner), key=str) if name in SETS and isinstance(inner, list) else shown(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shown(element) for element in value]
    return value.hex() if isinstance(value, bytes) else value


def compared(peer: str, seed: int, count: int, table: Table) -> Unknown:
    """Makes the calls of a seed; answers the differences that the table does not know."""
    server, other = Server(os.environ["ANABRANCH_BINARY"], ["--limits", "off", "--ephemeral"]), PEERS[peer]()
    unknown, refused, begun = Unknown(), 0, time.monotonic()
    try:
        sides = [Side(server.start().endpoint), Side(other.start())]
        calls, before = tables.Calls(random.Random(seed)), {}
        for number in range(count):
            operation, params = calls.draw()
            answers = [side.call(operation, params) for side in sides]
            refused += "code" in answers[0]
            if answers[0].get("code") == answers[1].get("code"):
                found = list(differences("", *answers))
            else:
                # All else follows from it.
                found = [(".code", *(answer.get("code", "absent") for answer in answers))]
            if operation in WRITES:
                items = [side.items() for side in sides]
                apart = [[shown(of.get(key)) for of in items] for key in {**items[0], **items[1]} if items[0].get(key) != items[1].get(key)]
                apart = [pair for pair in apart if pair[0] != pair[1]]
                if not found:
                    found = [(".items", str(ours), str(theirs)) for ours, theirs in apart]
                if apart:
                    sides[1].become(items[0])
            for path, ours, theirs in found:
                if not table.knows(operation, words(params), path, ours, theirs):
                    unknown.note(f"{operation}{path}", f"{ours} / {theirs}, call {number}: {shown(params)} of {met(params, before)}")
            before = items[0] if operation in WRITES else before
    finally:
        server.discard()
        other.discard()
    print(f"{peer}, seed {seed}: {count} calls in {time.monotonic() - begun:.0f} s, {refused} of them refused", flush=True)
    return unknown


def words(params: dict) -> list[str]:
    """What an entry of the table can be about: the whole request."""
    return [str(shown(params))]


def met(params: dict, before: dict) -> list:
    """The items that a call is about, where it names them."""
    key = params.get("Key") or params.get("Item")
    return [shown(before.get((key["p"]["S"], key["c"]["N"])))] if key else [shown(item) for item in before.values()]


if __name__ == "__main__":
    sys.exit(main())
