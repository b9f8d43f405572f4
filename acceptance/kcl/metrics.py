"""What the KCL told CloudWatch."""

from datetime import datetime, timedelta, timezone

from diary import Life
from load import client

HOURS = 2
# The KCL sends what it counted every 10 s (metricsBufferTimeMillis).
SENT_SECONDS = 15


def processed(application: str, lives: list[Life], identifiers: dict[str, str]) -> int:
    """How many records the KCL's workers say that they processed of the shards of these lives. Of an application of many streams each
    has an identifier."""
    found = 0.0
    for stream, shard in {(life.stream, life.shard) for life in lives}:
        of_stream = {"StreamId": identifiers[stream]} if identifiers else {}
        found += total(application, "RecordsProcessed", Operation="ProcessTask", ShardId=shard, **of_stream)
    return round(found)


def owed(lives: list[Life], killed: dict[str, float], crashes: list[tuple[float, float]]) -> int:
    """How many records CloudWatch must have been told of: what a worker that was killed had not sent yet is lost, and so is what a
    worker sent while the server was away."""
    lost = {worker: [(at - SENT_SECONDS, at)] for worker, at in killed.items()}
    away = [(begun - SENT_SECONDS, over) for begun, over in crashes]
    return sum(
        not any(begun <= at <= over for begun, over in lost.get(life.worker, []) + away)
        for life in lives for at, *_ in life.records
    )


def total(application: str, metric: str, **dimensions: str) -> float:
    now = datetime.now(timezone.utc)
    told = client("cloudwatch").get_metric_statistics(
        Namespace=application,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=HOURS),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in told["Datapoints"])
