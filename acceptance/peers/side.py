"""One of the servers compared: makes calls, and writes answers so that two servers can say the same.

What each server chooses for itself (sequence numbers, iterators, times) is not compared. In requests it goes by a label that both sides
share: a record by the call that put it, a shard's start by the shard, an iterator by the call that asked for it. `{"$label": name}` becomes
what the server calls it. Several violations in one sentence, and the values of an enum, are put in
order: AWS's own is not fixed.
"""

import re
import time

import boto3
import botocore.exceptions
from botocore.config import Config

CONFIG = Config(parameter_validation=False, retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5)
SETTLE_SECONDS = 30
NUMBER = re.compile(r"\b49\d{54}\b")
VIOLATIONS = re.compile(r"(\d+ validation errors detected: )(.*)", re.DOTALL)
ENUM = re.compile(r"(enum value set: \[)([^\]]*)")
DRAWN = {"ShardIterator": "$iterator", "NextShardIterator": "$iterator", "NextToken": "$token"}


class Side:
    def __init__(self, endpoint: str):
        self.client = boto3.client(
            "kinesis", endpoint_url=endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test", config=CONFIG,
        )
        self.names = {name: method for method, name in self.client.meta.method_to_api_mapping.items()}
        self.known = {}

    def call(self, operation: str, params: dict) -> dict:
        """The answer, with labels in place of this server's own values; a refusal has a `code`."""
        try:
            self.raw = getattr(self.client, self.names[operation])(**self.sent(params))
        except botocore.exceptions.ClientError as refusal:
            self.raw, error = None, refusal.response["Error"]
            status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
            return {"status": status, "code": error["Code"], "message": self.text(error.get("Message", ""))}
        return {name: self.came(name, value) for name, value in self.raw.items() if name != "ResponseMetadata"}

    def name(self, label: str, value: str) -> None:
        """What this server calls something that has a label."""
        self.known[label] = value

    def sent(self, value):
        if isinstance(value, dict):
            if "$label" in value:
                return self.known[value["$label"]]
            return {key: self.sent(element) for key, element in value.items()}
        return [self.sent(element) for element in value] if isinstance(value, list) else value

    def came(self, name: str, value):
        if name in DRAWN:
            return DRAWN[name]
        if name.endswith("Timestamp"):
            return "$time"
        if name == "ApproximateArrivalTimestamp" or isinstance(value, bytes):
            return str(value)
        if isinstance(value, dict):
            return {key: self.came(key, element) for key, element in value.items()}
        if isinstance(value, list):
            return [self.came(name, element) for element in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        text = NUMBER.sub("$number", text)
        text = ENUM.sub(lambda found: found[1] + ", ".join(sorted(found[2].split(", "))), text)
        if told := VIOLATIONS.match(text):
            return told[1] + "; ".join(sorted(told[2].split("; ")))
        return text

    def settle(self, stream: str) -> bool:
        """Waits until a stream is ACTIVE or gone; answers whether it is there."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                told = self.client.describe_stream(StreamName=stream)["StreamDescription"]
            except self.client.exceptions.ResourceNotFoundException:
                return False
            if told["StreamStatus"] == "ACTIVE":
                for shard in told["Shards"]:
                    span = shard["SequenceNumberRange"]
                    self.name(f"{stream} {shard['ShardId']} start", span["StartingSequenceNumber"])
                return True
            if time.monotonic() > deadline:
                raise RuntimeError(f"{stream} stays {told['StreamStatus']}")
            time.sleep(0.002)
