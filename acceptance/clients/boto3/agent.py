"""boto3 as a client of the scenario table: reads questions as JSON lines, answers with what the SDK said."""

import base64
import datetime
import functools
import json
import sys
import time

import boto3
import botocore.exceptions
from botocore.config import Config

CONFIG = Config(parameter_validation=False, retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5)
# Operations that answer with a stream of events, and the member that has it.
STREAMS = {"SubscribeToShard": "EventStream", "StartLiveTail": "responseStream"}
subscriptions = {}


@functools.cache
def client(service: str, region: str, key: str, secret: str, token: str | None, endpoint: str | None):
    keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}
    return boto3.client(service, region_name=region, endpoint_url=endpoint, config=CONFIG, **keys)


def sent(value):
    """A parameter as boto3 takes it."""
    if isinstance(value, list):
        return [sent(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return base64.b64decode(value["$blob"])
    if "$time" in value:
        return datetime.datetime.fromtimestamp(value["$time"] / 1000, datetime.timezone.utc)
    return {key: sent(element) for key, element in value.items()}


def came(value):
    """A value of an answer as the driver takes it."""
    if isinstance(value, bytes):
        return {"$blob": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"$time": round(value.timestamp() * 1000)}
    if isinstance(value, list):
        return [came(element) for element in value]
    if isinstance(value, dict):
        return {key: came(element) for key, element in value.items() if key != "ResponseMetadata"}
    return value


def call(question: dict) -> dict:
    made = client(*(question.get(part) for part in ("service", "region", "key", "secret", "token", "endpoint")))
    if unknown := unknown_members(made, question):
        return {"unsupported": unknown}
    method = getattr(made, boto3_name(made, question["operation"]))
    answer = method(**sent(question["params"]))
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    if question["operation"] not in STREAMS:
        return {"ok": True, "status": status, "output": came(answer)}
    handle = str(len(subscriptions))
    stream = answer[STREAMS[question["operation"]]]
    subscriptions[handle] = (stream, iter(stream))
    return {"ok": True, "status": status, "output": {"Subscription": handle}}


def unknown_members(made, question: dict) -> str | None:
    """What this version's model does not have: the SDK would leave it out without a word."""
    operation = question["operation"]
    if operation not in made.meta.service_model.operation_names:
        return f"no {operation}"
    takes = made.meta.service_model.operation_model(operation).input_shape
    unknown = set(question["params"]) - set(takes.members if takes else ())
    return f"{operation} has no {', '.join(sorted(unknown))}" if unknown else None


def boto3_name(made, operation: str) -> str:
    return next(name for name, called in made.meta.method_to_api_mapping.items() if called == operation)


def read(question: dict) -> dict:
    """Events of a subscription, until there are enough records, it ends, or the time is up."""
    _, events = subscriptions[question["read"]]
    deadline = time.monotonic() + question["seconds"]
    got, records = [], 0
    while time.monotonic() < deadline:
        event = next(events, None)
        if event is None:
            return {"ok": True, "output": {"Events": got, "Ended": True}}
        (body,) = event.values()
        got.append(came(body))
        records += len(body.get("Records", body.get("sessionResults", [])))
        if question["records"] is not None and records >= question["records"]:
            break
    return {"ok": True, "output": {"Events": got, "Ended": False}}


def close(question: dict) -> dict:
    stream, _ = subscriptions.pop(question["close"])
    stream.close()
    return {"ok": True, "output": {}}


def answer(question: dict) -> dict:
    try:
        if "read" in question:
            return read(question)
        if "close" in question:
            return close(question)
        return call(question)
    except botocore.exceptions.EventStreamError as refusal:
        error = refusal.response["Error"]
        return {"ok": False, "status": 200, "code": error["Code"], "message": error.get("Message", "")}
    except botocore.exceptions.ClientError as refusal:
        error = refusal.response["Error"]
        status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"ok": False, "status": status, "code": error["Code"], "message": error.get("Message", "")}
    except Exception as trouble:
        return {"broken": f"{type(trouble).__name__}: {trouble}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
