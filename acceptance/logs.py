#!/usr/bin/env python3
"""CloudWatch Logs with boto3 against a closed server: what goes on from a log group (a stream, metrics, a live tail), who may, and what a
killed server keeps."""

import gzip
import json
import sys
import threading
import time

import callers
from callers import ACCOUNT, REGION, allow, client, is_, refused, root, stream, user

WAIT_SECONDS = 30


def main() -> int:
    return callers.run("logs", SCENARIOS)


# --- what scenarios are made of


def group(name: str, *streams: str) -> str:
    logs = root("logs")
    logs.create_log_group(logGroupName=name)
    for stream in streams:
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return name


def put(name: str, stream: str, *messages: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    root("logs").put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)


def role(name: str, trusts: str, action: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": trusts}, "Action": "sts:AssumeRole"}
    return callers.role(name, json.dumps({"Version": "2012-10-17", "Statement": trust}), allow(action))


def documents(name: str) -> list:
    """What arrived in a stream: its records, unpacked."""
    kinesis, found = root("kinesis"), []
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        at = kinesis.get_shard_iterator(StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        page = kinesis.get_records(ShardIterator=at["ShardIterator"])
        found += [json.loads(gzip.decompress(record["Data"])) for record in page["Records"]]
    return found


def delivered(name: str) -> list:
    data = [document for document in documents(name) if document["messageType"] == "DATA_MESSAGE"]
    return sorted((document["logStream"], event["message"]) for document in data for event in document["logEvents"])


def until(holds) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {WAIT_SECONDS} s: {holds()}")
        time.sleep(0.05)


# --- scenarios


def a_subscription_puts_what_its_filter_lets_through_into_a_stream(server) -> None:
    name, to = group("/app/subscribed", "one", "two"), stream("subscribed")
    writer = role("log-writer", "logs.amazonaws.com", "kinesis:PutRecords")
    subscription = dict(logGroupName=name, filterName="errors", filterPattern="?ERROR ?FATAL", destinationArn=to, roleArn=writer)
    root("logs").put_subscription_filter(**subscription)
    is_([document["messageType"] for document in documents("subscribed")], ["CONTROL_MESSAGE"])
    put(name, "one", "ERROR 1", "fine", "FATAL 2")
    put(name, "two", "ERROR 3")
    until(lambda: len(delivered("subscribed")) == 3)
    is_(delivered("subscribed"), [("one", "ERROR 1"), ("one", "FATAL 2"), ("two", "ERROR 3")])
    whole = next(d for d in documents("subscribed") if d["logStream"] == "two")
    found = root("logs").filter_log_events(logGroupName=name, logStreamNames=["two"])["events"]
    event = {"id": found[0]["eventId"], "timestamp": found[0]["timestamp"], "message": "ERROR 3"}
    is_(whole, {"messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": name, "logStream": "two", "subscriptionFilters": ["errors"], "logEvents": [event]})


def a_role_that_does_not_trust_logs_or_may_not_put_is_refused(server) -> None:
    name, to = group("/app/roles"), stream("roles")
    subscription = dict(logGroupName=name, filterName="f", filterPattern="", destinationArn=to)
    for made in (role("trusts-others", "firehose.amazonaws.com", "kinesis:*"), role("may-not-put", "logs.amazonaws.com", "kinesis:ListShards")):
        said = refused("InvalidParameterException", root("logs").put_subscription_filter, roleArn=made, **subscription)
        is_(said.split(".")[0], "Could not deliver test message to specified Kinesis stream")
    is_(root("logs").describe_subscription_filters(logGroupName=name)["subscriptionFilters"], [])
    alice = user("alice", allow("logs:*"))
    passing = dict(roleArn=role("passed", "logs.amazonaws.com", "kinesis:PutRecords"), **subscription)
    said = refused("AccessDeniedException", client("logs", alice).put_subscription_filter, **passing)
    assert "iam:PassRole" in said, said
    root("iam").put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow(["logs:*", "iam:PassRole"]))
    client("logs", alice).put_subscription_filter(**passing)


def a_metric_filter_measures_what_is_put(server) -> None:
    name = group("/app/measured", "s")
    transformation = {"metricName": "Latency", "metricNamespace": "App", "metricValue": "$.ms", "unit": "Milliseconds"}
    filters = dict(logGroupName=name, filterName="f", filterPattern='{ $.path = "/a*" }', metricTransformations=[transformation])
    root("logs").put_metric_filter(**filters)
    put(name, "s", '{"path":"/a","ms":10}', '{"path":"/ab","ms":30}', '{"path":"/b","ms":99}', "plain")
    now = time.time()
    asked = dict(Namespace="App", MetricName="Latency", StartTime=now - 3600, EndTime=now + 120, Period=86400, Statistics=["Sum", "SampleCount"])
    points = root("cloudwatch").get_metric_statistics(**asked)["Datapoints"]
    is_([(point["Sum"], point["SampleCount"], point["Unit"]) for point in points], [(40.0, 2.0, "Milliseconds")])
    stat = {"Metric": {"Namespace": "App", "MetricName": "Latency"}, "Period": 86400, "Stat": "Average"}
    queries = [{"Id": "latency", "MetricStat": stat, "ReturnData": False}, {"Id": "seconds", "Expression": "latency / 1000"}]
    found = root("cloudwatch").get_metric_data(MetricDataQueries=queries, StartTime=now - 86400, EndTime=now + 120)["MetricDataResults"]
    is_([(result["Id"], result["Values"]) for result in found], [("seconds", [0.02])])


def a_live_tail_shows_what_comes(server) -> None:
    name = group("/app/tailed", "s")
    arn = root("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["logGroupArn"]
    answer = root("logs").start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="ERROR")
    seen, events = [], iter(answer["responseStream"])
    is_(next(events)["sessionStart"]["logGroupIdentifiers"], [arn])
    writing = threading.Thread(target=put, args=(name, "s", "ERROR 1", "fine", "ERROR 2"))
    writing.start()
    for event in events:
        update = event["sessionUpdate"]
        is_(update["sessionMetadata"], {"sampled": False})
        seen += [(shown["logStreamName"], shown["message"]) for shown in update["sessionResults"]]
        if seen:
            break
    writing.join()
    answer["responseStream"].close()
    is_(seen, [("s", "ERROR 1"), ("s", "ERROR 2")])


def a_policy_names_groups_and_streams(server) -> None:
    name = group("/app/guarded", "s")
    group("/app/other", "s")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"
    bob = client("logs", user("bob", allow(["logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"], arn)))
    event = [{"timestamp": int(time.time() * 1000), "message": "m"}]
    bob.put_log_events(logGroupName=name, logStreamName="s", logEvents=event)
    is_(len(bob.get_log_events(logGroupName=name, logStreamName="s")["events"]), 1)
    is_(len(bob.filter_log_events(logGroupIdentifier=arn.removesuffix(":*"))["events"]), 1)
    refused("AccessDeniedException", bob.put_log_events, logGroupName="/app/other", logStreamName="s", logEvents=event)
    refused("AccessDeniedException", bob.delete_log_group, logGroupName=name)
    refused("AccessDeniedException", bob.describe_log_groups)


def a_killed_server_keeps_what_it_acknowledged_and_delivers_it(server) -> None:
    name, to = group("/app/killed", "s"), stream("killed")
    made = role("killed-writer", "logs.amazonaws.com", "kinesis:PutRecords")
    root("logs").put_subscription_filter(logGroupName=name, filterName="f", filterPattern="", destinationArn=to, roleArn=made)
    acknowledged, logs = [], root("logs")
    for kill in range(3):
        for number in range(20):
            message = f"{kill}.{number}"
            logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": message}])
            acknowledged.append(message)
        server.kill()
        server.start()
        found = logs.get_log_events(logGroupName=name, logStreamName="s", startFromHead=True)["events"]
        is_([event["message"] for event in found], acknowledged)
    until(lambda: {message for _, message in delivered("killed")} == set(acknowledged))


SCENARIOS = [
    a_subscription_puts_what_its_filter_lets_through_into_a_stream,
    a_role_that_does_not_trust_logs_or_may_not_put_is_refused,
    a_metric_filter_measures_what_is_put,
    a_live_tail_shows_what_comes,
    a_policy_names_groups_and_streams,
    a_killed_server_keeps_what_it_acknowledged_and_delivers_it,
]


if __name__ == "__main__":
    sys.exit(main())
