#!/usr/bin/env python3
"""Alarms on a stream that is throttled and on one whose reader lags, under the test clock, with real clients.

An alarm on WriteProvisionedThroughputExceeded and one on GetRecords.IteratorAgeMilliseconds go from OK to ALARM and back; a composite alarm
over both follows. Each change is posted to a webhook as SNS posts it, and put into a stream as the role that the server was given. In the middle the
server is killed while its webhook is away: what waited arrives after the restart. At the end it is killed right after each change that it answered.
"""

import http.server
import json
import os
import struct
import sys
import threading
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from agents import environment
from server import Server

ACCOUNT, REGION = "000000000000", "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:operators"
ROLE = "alarms"
WAIT_SECONDS = 20
KILLS = 3
MIB = 1_048_576


def main() -> int:
    hook = Webhook()
    hook.open()
    flags = ["--test-clock", "--limits", "shards", "--transition-delay", "0", "--alarm-role", ROLE,
             "--alarm-target", f"{TOPIC}={hook.url}"]
    server = Server(os.environ["ANABRANCH_BINARY"], flags)
    try:
        server.start()
        os.environ.update(environment(server.endpoint))
        story = Story(server, hook)
        story.prepare()
        story.quiet_is_ok()
        story.throttled_client_alarms()
        story.killed_while_the_webhook_is_away()
        story.both_recover()
        story.history_tells_it()
        story.killed_right_after_each_change()
        story.pictures_show_it()
        return story.end()
    finally:
        hook.close()
        server.discard()


class Webhook:
    """Takes what SNS would post. It can be away: nobody listens then."""

    def __init__(self):
        self.messages, self.port, self.server = [], 0, None
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sns"

    def open(self) -> None:
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with hook.lock:
                    hook.messages.append((dict(self.headers), json.loads(body)))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        http.server.HTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def changes(self) -> list[str]:
        """What was told, in order, each notification once however often it came."""
        told, seen = [], set()
        with self.lock:
            for _, body in self.messages:
                if body["MessageId"] not in seen:
                    seen.add(body["MessageId"])
                    message = json.loads(body["Message"])
                    told.append(f"{message['AlarmName']} {message['OldStateValue']}->{message['NewStateValue']}")
        return told


class Story:
    def __init__(self, server: Server, hook: Webhook):
        self.server, self.hook = server, hook
        self.passed = self.failed = 0
        self.throttled = 0
        self.connect()

    def connect(self) -> None:
        def client(service, **config):
            return boto3.client(
                service, endpoint_url=self.server.endpoint, region_name=REGION, aws_access_key_id="test",
                aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, **config),
            )

        self.kinesis, self.cloudwatch, self.iam = client("kinesis"), client("cloudwatch"), client("iam")

    def prepare(self) -> None:
        for stream in ("busy", "told"):
            self.kinesis.create_stream(StreamName=stream, ShardCount=1)
            self.kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
        trust = {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sts:AssumeRole"}}
        self.iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
        self.stream_arn = self.kinesis.describe_stream_summary(StreamName="told")["StreamDescriptionSummary"]["StreamARN"]
        policy = {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": self.stream_arn}}
        self.iam.put_role_policy(RoleName=ROLE, PolicyName="put", PolicyDocument=json.dumps(policy))
        both = {"AlarmActions": [TOPIC, self.stream_arn], "OKActions": [TOPIC, self.stream_arn]}
        common = {
            "Namespace": "AWS/Kinesis", "Dimensions": [{"Name": "StreamName", "Value": "busy"}], "Period": 60,
            "ComparisonOperator": "GreaterThanThreshold", **both,
        }
        self.cloudwatch.put_metric_alarm(
            AlarmName="throttled", MetricName="WriteProvisionedThroughputExceeded", Statistic="Sum", Threshold=0,
            EvaluationPeriods=1, TreatMissingData="notBreaching", **common)
        self.cloudwatch.put_metric_alarm(
            AlarmName="lagging", MetricName="GetRecords.IteratorAgeMilliseconds", Statistic="Maximum", Threshold=60_000,
            EvaluationPeriods=2, DatapointsToAlarm=1, TreatMissingData="notBreaching", **common)
        self.cloudwatch.put_composite_alarm(
            AlarmName="trouble", AlarmRule='ALARM("throttled") AND ALARM(lagging)', **both)

    def quiet_is_ok(self) -> None:
        self.advance(180)
        self.states("a quiet stream", throttled="OK", lagging="OK", trouble="OK")

    def throttled_client_alarms(self) -> None:
        self.overload()
        self.advance(75)
        self.states("a throttled client", throttled="ALARM", lagging="OK", trouble="OK")
        reason = self.alarm("throttled")["StateReason"]
        self.check("the reason names the datapoint", reason.startswith(
            f"Threshold Crossed: 1 out of the last 1 datapoints [{float(self.throttled)} ("), reason)

    def killed_while_the_webhook_is_away(self) -> None:
        """The reader starts from the oldest record, minutes behind, while the writer is throttled on; then the power is cut."""
        self.wait("what was told so far", lambda: "throttled OK->ALARM" in self.hook.changes())
        self.hook.close()
        self.overload()
        self.read_oldest()
        self.advance(75)
        self.states("a lagging client as well", throttled="ALARM", lagging="ALARM", trouble="ALARM")
        self.server.kill()
        self.server.start()
        self.connect()
        self.states("a restart", throttled="ALARM", lagging="ALARM", trouble="ALARM")
        self.check("nobody was told meanwhile", "trouble OK->ALARM" not in self.hook.changes(), self.hook.changes())
        self.hook.open()
        self.wait("what waited over the restart", lambda: {"lagging OK->ALARM", "trouble OK->ALARM"} <= set(self.hook.changes()))

    def both_recover(self) -> None:
        self.advance(900)
        self.states("peace", throttled="OK", lagging="OK", trouble="OK")
        expected = [f"{name} {change}" for name in ("throttled", "lagging", "trouble")
                    for change in ("INSUFFICIENT_DATA->OK", "OK->ALARM", "ALARM->OK")]
        self.wait("every change at the webhook", lambda: sorted(self.hook.changes()) == sorted(expected), self.hook.changes)
        headers, body = next(told for told in self.hook.messages if "throttled" in told[1]["Subject"])
        message = json.loads(body["Message"])
        self.check("SNS's form", body["Type"] == "Notification" and body["TopicArn"] == TOPIC
                   and headers.get("x-amz-sns-message-type") == "Notification", body)
        self.check("AWS's message", {"AlarmName", "AlarmArn", "NewStateValue", "NewStateReason", "StateChangeTime", "Trigger"}
                   <= set(message), sorted(message))
        self.wait("every change in the stream", lambda: sorted(set(self.told())) == sorted(expected), self.told)

    def history_tells_it(self) -> None:
        items = self.cloudwatch.describe_alarm_history(AlarmName="throttled")["AlarmHistoryItems"]
        kinds = [item["HistoryItemType"] for item in items]
        self.check("history has each change", kinds.count("StateUpdate") == 3 and "ConfigurationUpdate" in kinds, kinds)
        done = [item["HistorySummary"] for item in items if item["HistoryItemType"] == "Action"]
        self.check("history has each action", len(done) >= 6 and all(text.startswith("Successfully") for text in done), done)

    def killed_right_after_each_change(self) -> None:
        """No change that was answered is lost, whenever the power is cut."""
        self.cloudwatch.put_metric_alarm(
            AlarmName="set", Namespace="N", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0,
            ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore", AlarmActions=[TOPIC], OKActions=[TOPIC])
        before, expected = "INSUFFICIENT_DATA", []
        for state in ["ALARM", "OK"] * KILLS:
            self.cloudwatch.set_alarm_state(AlarmName="set", StateValue=state, StateReason="said so")
            self.server.kill()
            expected.append(f"set {before}->{state}")
            before = state
            self.server.start()
            self.connect()
        told = lambda: [change for change in self.hook.changes() if change.startswith("set ")]
        self.wait("every change before a kill", lambda: sorted(told()) == sorted(expected), told)

    def pictures_show_it(self) -> None:
        """The metrics that set off the alarms, as a picture."""
        widget = {
            "metrics": [["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", "busy", {"stat": "Sum"}],
                        [".", "GetRecords.IteratorAgeMilliseconds", ".", ".", {"stat": "Maximum", "yAxis": "right"}]],
            "title": "A throttled writer and a lagging reader", "period": 60, "start": "-PT1H",
            "annotations": {"horizontal": [{"value": 60_000, "label": "lagging", "yAxis": "right"}]},
        }
        image = self.cloudwatch.get_metric_widget_image(MetricWidget=json.dumps(widget))["MetricWidgetImage"]
        self.check("a PNG of 600 by 400", image[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", image[16:24]) == (600, 400), image[:24])
        if "ACCEPTANCE_PICTURES" in os.environ:
            with open(os.path.join(os.environ["ACCEPTANCE_PICTURES"], "alarms.png"), "wb") as file:
                file.write(image)

    def overload(self) -> None:
        """A shard takes a mebibyte a second: of nine at once most are refused."""
        refused = 0
        for _ in range(9):
            try:
                self.kinesis.put_record(StreamName="busy", PartitionKey="k", Data=b"x" * (MIB - 100))
            except ClientError as error:
                if error.response["Error"]["Code"] != "ProvisionedThroughputExceededException":
                    raise
                refused += 1
        self.throttled = refused
        self.check("a client was throttled", refused > 0, refused)

    def read_oldest(self) -> None:
        shard = self.kinesis.list_shards(StreamName="busy")["Shards"][0]["ShardId"]
        iterator = self.kinesis.get_shard_iterator(StreamName="busy", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        answer = self.kinesis.get_records(ShardIterator=iterator["ShardIterator"], Limit=1)
        self.check("a reader lags", answer["MillisBehindLatest"] > 60_000, answer["MillisBehindLatest"])

    def told(self) -> list[str]:
        shard = self.kinesis.list_shards(StreamName="told")["Shards"][0]["ShardId"]
        iterator = self.kinesis.get_shard_iterator(StreamName="told", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = self.kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        messages = [json.loads(record["Data"]) for record in records]
        return [f"{m['AlarmName']} {m['OldStateValue']}->{m['NewStateValue']}" for m in messages]

    def alarm(self, name: str) -> dict:
        answer = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return (answer["MetricAlarms"] + answer["CompositeAlarms"])[0]

    def states(self, after: str, **expected: str) -> None:
        found = {name: self.alarm(name)["StateValue"] for name in expected}
        self.check(f"after {after}", found == expected, found)

    def advance(self, seconds: int) -> None:
        body = json.dumps({"advance_ms": seconds * 1000}).encode()
        url = f"{self.server.endpoint.rstrip('/')}/_anabranch/clock"
        request = urllib.request.Request(url, body, {"content-type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=60).read()

    def wait(self, what: str, holds, found=lambda: "") -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.check(what, holds(), found())

    def check(self, what: str, holds: bool, found: object) -> None:
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok    ' if holds else 'FAILED'} {what}" + ("" if holds else f": {found}"), flush=True)

    def end(self) -> int:
        if self.failed:
            print(self.server.log())
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit(main())
