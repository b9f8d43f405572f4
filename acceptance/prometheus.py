#!/usr/bin/env python3
"""A real Prometheus scrapes a server that is put to and read from: its numbers must be what went through and what CloudWatch has, the rules of
contrib/prometheus must be ones and fire when they should (promtool), and every panel of contrib/grafana must be a query that it answers.

Prometheus and promtool are Debian's (`lanes/install.py prometheus`).
"""

import datetime
import json
import math
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import boto3

from conditions import eventually
from outcomes import Outcomes
from server import Server

CONTRIB = Path(__file__).resolve().parent.parent / "contrib"
STREAM = "scraped"
RECORDS, BYTES = 300, 40
SECONDS = 60
# CloudWatch is told at each full minute.
MINUTE = 90
# Some of what `load` has measured; all that is listed is compared.
TOLD = {"IncomingBytes", "PutRecords.SuccessfulRecords", "GetRecords.IteratorAgeMilliseconds", "GetRecords.Latency"}


def main() -> int:
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"], ["--ephemeral"]), Outcomes()
    prometheus = None
    try:
        server.start()
        outcomes.of("the rules are rules, and fire when they should", rules)
        load(server)
        prometheus = Prometheus(server)
        outcomes.of("what went through a stream is what Prometheus has", lambda: figures(prometheus), (TimeoutError,))
        outcomes.of("all that CloudWatch has of streams is what Prometheus has", lambda: same(prometheus, server), (TimeoutError,))
        outcomes.of("calls and their errors are counted", lambda: calls(prometheus), (TimeoutError,))
        outcomes.of("every panel of the dashboard has an answer", lambda: panels(prometheus), (TimeoutError,))
        code = server.stop()
    finally:
        if prometheus:
            prometheus.end()
        server.discard()
    return outcomes.end(code)


def rules() -> str | None:
    for words in (["check", "rules", "anabranch.rules.yml"], ["test", "rules", "anabranch.test.yml"]):
        done = subprocess.run(["promtool", *words], cwd=CONTRIB / "prometheus", capture_output=True, text=True)
        if done.returncode:
            return done.stdout + done.stderr
    return None


def client_of(server: Server, service: str):
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="000000000000", aws_secret_access_key="x")


def load(server: Server) -> None:
    client = client_of(server, "kinesis")
    client.create_stream(StreamName=STREAM, ShardCount=1)
    records = [{"Data": b"x" * (BYTES - 1), "PartitionKey": "k"}] * RECORDS
    assert client.put_records(StreamName=STREAM, Records=records)["FailedRecordCount"] == 0
    iterator = client.get_shard_iterator(StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert len(client.get_records(ShardIterator=iterator)["Records"]) == RECORDS
    try:
        client.describe_stream_summary(StreamName="missing")
    except client.exceptions.ResourceNotFoundException:
        pass


class Prometheus:
    """Prometheus on a free port with a directory under the server's, scraping it each second."""

    def __init__(self, server: Server):
        place = server.place / "prometheus"
        place.mkdir()
        (place / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(CONTRIB / "prometheus" / "anabranch.rules.yml")],
            "scrape_configs": [{"job_name": "anabranch", "static_configs": [{"targets": [server.address]}]}],
        }))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        words = [f"--config.file={place}/prometheus.yml", f"--storage.tsdb.path={place}/data", f"--web.listen-address={self.address}"]
        with (place / "log").open("wb") as log:
            self.process = subprocess.Popen(["prometheus", *words], stdout=log, stderr=log)

    def query(self, expression: str) -> list[dict]:
        """What an instant query answers; nothing before Prometheus is there. ValueError when it refuses it."""
        url = f"http://{self.address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as refused:
            if refused.code == 503:
                return []
            raise ValueError(f"{expression}: {refused.read().decode(errors='replace')}") from refused
        except OSError:
            return []

    def value(self, expression: str) -> float:
        """The one value that it has in the end."""
        return float(eventually(expression, lambda: self.query(expression), SECONDS)[0]["value"][1])

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def figures(prometheus: Prometheus) -> str | None:
    for name, expected in [
        ("incoming_records_total", RECORDS),
        ("incoming_bytes_total", RECORDS * BYTES),
        ("outgoing_records_total", RECORDS),
        ("outgoing_bytes_total", RECORDS * BYTES),
        ("write_throttled_records_total", 0),
        ("iterator_age_milliseconds", 0),
    ]:
        expression = f'anabranch_stream_{name}{{stream="{STREAM}",account="000000000000",region="us-east-1"}}'
        if (found := prometheus.value(expression)) != expected:
            return f"{expression} is {found}, not {expected}"
    return None


def same(prometheus: Prometheus, server: Server) -> str | None:
    cloudwatch = client_of(server, "cloudwatch")
    eventually(f"CloudWatch has {TOLD}", lambda: {metric["MetricName"] for metric in listed(cloudwatch)} >= TOLD, MINUTE)
    for metric in listed(cloudwatch):
        figure = "anabranch_kinesis_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", metric["MetricName"]).replace(".", "_").lower()
        for told, statistic in [("total", "Sum"), ("samples_total", "SampleCount")]:
            scraped = prometheus.value(f'{figure}_{told}{{stream="{STREAM}"}}')
            eventually(f"{metric['MetricName']} {scraped}", lambda m=metric, s=statistic, v=scraped: math.isclose(sum_of(cloudwatch, m, s), v), MINUTE)
    return None


def listed(cloudwatch) -> list[dict]:
    return cloudwatch.list_metrics(Namespace="AWS/Kinesis")["Metrics"]


def sum_of(cloudwatch, metric: dict, statistic: str) -> float:
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    told = cloudwatch.get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName=metric["MetricName"], Dimensions=metric["Dimensions"],
        StartTime=now - day, EndTime=now + day, Period=86400, Statistics=[statistic],
    )
    return sum(point[statistic] for point in told["Datapoints"])


def calls(prometheus: Prometheus) -> str | None:
    for expression, expected in [
        ('sum(anabranch_requests_total{operation=~".*PutRecords"})', 1),
        ('sum(anabranch_errors_total{code="ResourceNotFoundException"})', 1),
        ('sum(anabranch_request_duration_seconds_count{operation=~".*PutRecords"})', 1),
        ('up{job="anabranch"}', 1),
    ]:
        if (found := prometheus.value(expression)) != expected:
            return f"{expression} is {found}, not {expected}"
    return None


def panels(prometheus: Prometheus) -> str | None:
    dashboard = json.loads((CONTRIB / "grafana" / "anabranch.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "30s").replace("$stream", ".*")
            try:
                eventually(f"{panel['title']}: {expression}", lambda asked=expression: prometheus.query(asked), SECONDS)
            except ValueError as refused:
                return str(refused)
    return None


if __name__ == "__main__":
    sys.exit(main())
