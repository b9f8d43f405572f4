#!/usr/bin/env python3
"""CloudTrail on a closed server: what is in the account of what happened whoever calls and however the server ends, what is delivered and verified by the
AWS CLI, and whether somebody who changes the data directory is found out by `anabranch audit verify`.
"""

import base64
import gzip
import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

from botocore.exceptions import ClientError

import callers
from agents import environment
from bucket import Buckets
from callers import ACCOUNT, OTHER, ROOTS, REGION, advance, allow, client, is_, keys_of, refused, role, root, stream, trust, user
from conditions import eventually
from outcomes import Outcomes
from server import Server

KILLS = 10
HOUR = 3600
HEADS_STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/heads"
BUCKET = "logs"
WRONG = (AssertionError, ClientError, TimeoutError, OSError, subprocess.SubprocessError)


def main() -> int:
    outcomes = Outcomes()
    with tempfile.TemporaryDirectory(prefix="anabranch-trails-") as folder:
        place = Place(Path(folder))
        hook = Webhook()
        code = run(place, ["--audit-heads", hook.url], outcomes, [
            a_change_that_was_answered_survives_a_kill,
            a_denied_call_survives_a_kill,
            a_read_survives_a_kill_a_second_later,
            everybody_is_told_apart,
            two_accounts_share_an_event,
            nobody_reads_secrets_or_data_in_it,
            a_wrong_signature_is_an_event_ten_times_a_second,
            a_key_of_nobody_is_counted_and_no_event,
            data_calls_are_delivered_where_selectors_ask,
            the_cli_validates_what_was_delivered,
            lambda server: heads_are_posted_and_again_after_a_refusal(server, hook),
        ])
        outcomes.of("whoever changes the directory is found out", lambda: tampering(place, hook.lines()), WRONG)
        hook.end()
        second = Place(Path(folder) / "second")
        code |= run(second, ["--audit-heads", HEADS_STREAM, "--audit-heads-role", "heads"], outcomes, [heads_are_put_into_a_stream])
    return outcomes.end(code)


def run(place: "Place", flags: list[str], outcomes: Outcomes, scenarios: list) -> int:
    """Runs scenarios against one server and leaves its data directory at the place. Answers its exit code."""
    server = Server(os.environ["ANABRANCH_BINARY"], [*place.flags(), *flags])
    server.data = place.data
    try:
        os.environ.update(environment(server.start().endpoint))
        for scenario in scenarios:
            name = scenario.__name__.replace("_", " ")
            name = "heads are posted and again after a refusal" if "lambda" in name else name
            outcomes.of(name, lambda run=scenario: run(server), WRONG)
        return server.stop()
    finally:
        server.discard()


class Place:
    """Where the files of a server are, none of them in its own temporary directory."""

    def __init__(self, path: Path):
        self.path = path
        self.data, self.key, self.roots, self.blobs = path / "data", path / "audit.key", path / "credentials", path / "blobs"
        (self.blobs / BUCKET).mkdir(parents=True)
        for file, text in [(self.key, base64.b64encode(os.urandom(32)).decode()), (self.roots, callers.CREDENTIALS)]:
            file.touch(mode=0o600)
            file.write_text(text)

    def flags(self) -> list[str]:
        return ["--credentials", str(self.roots), "--test-clock", "--audit-key", str(self.key), "--blobs", str(self.blobs)]


class Webhook:
    """Takes heads; refuses as many as `refuses` says."""

    def __init__(self):
        self.taken, self.refuses = [], 0
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                is_refused = hook.refuses > 0
                hook.refuses -= is_refused
                if not is_refused:
                    hook.taken.append(body.decode())
                self.send_response(503 if is_refused else 204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/heads"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def lines(self) -> str:
        return "".join(self.taken)

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def events(account: str = ACCOUNT, **attribute) -> list[dict]:
    """The records of the event history that have this attribute, newest first."""
    asked = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
    pages = root("cloudtrail", account).get_paginator("lookup_events").paginate(LookupAttributes=asked)
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]


def restarted(server: Server) -> None:
    server.kill()
    os.environ.update(environment(server.start().endpoint))


# What is there


def a_change_that_was_answered_survives_a_kill(server: Server) -> None:
    for n in range(KILLS):
        root("iam").create_group(GroupName=f"group-{n}")
        restarted(server)
        [event] = events(ResourceName=f"group-{n}")
        is_((event["eventName"], event["requestParameters"], event["readOnly"]), ("CreateGroup", {"groupName": f"group-{n}"}, False))
        assert event["responseElements"]["group"]["groupName"] == f"group-{n}", event


def a_denied_call_survives_a_kill(server: Server) -> None:
    mallory = user("mallory")
    arn = stream("guarded")
    for call in [lambda: client("kinesis", mallory).list_streams(), lambda: callers.put(mallory, StreamARN=arn)]:
        refused("AccessDeniedException", call)
        restarted(server)
    put, listed = events(Username="mallory")[:2]
    is_([put["eventName"], listed["eventName"]], ["PutRecord", "ListStreams"])
    is_([put["managementEvent"], listed["managementEvent"]], [False, True])
    for event in (put, listed):
        is_(event["errorCode"], "AccessDeniedException")
        assert "is not authorized to perform" in event["errorMessage"], event


def a_read_survives_a_kill_a_second_later(server: Server) -> None:
    root("kinesis").describe_limits()
    # The promise is about time: what was read is written within a second.
    time.sleep(1)
    restarted(server)
    [event] = events(EventName="DescribeLimits")
    is_((event["readOnly"], event["responseElements"]), (True, None))


def everybody_is_told_apart(_: Server) -> None:
    alice = user("alice", allow("*"))
    role("reader", trust(f"arn:aws:iam::{ACCOUNT}:root"), allow("*"))
    assumed = keys_of(client("sts", alice).assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/reader", RoleSessionName="s1"))
    federated = keys_of(client("sts", alice).get_federation_token(Name="bob", Policy=allow("*")))
    session = keys_of(client("sts", alice).get_session_token())
    for keys in (ROOTS[ACCOUNT], alice, assumed, federated, session):
        client("kinesis", keys).describe_account_settings()
    eventually("five calls are written", lambda: len(events(EventName="DescribeAccountSettings")) == 5, 5)
    told = {event["userIdentity"]["accessKeyId"]: event["userIdentity"] for event in events(EventName="DescribeAccountSettings")}
    kinds = [told[keys[0]]["type"] for keys in (ROOTS[ACCOUNT], alice, assumed, federated, session)]
    is_(kinds, ["Root", "IAMUser", "AssumedRole", "FederatedUser", "IAMUser"])
    is_(told[assumed[0]]["sessionContext"]["sessionIssuer"]["userName"], "reader")
    is_(told[federated[0]]["sessionContext"]["sessionIssuer"]["userName"], "alice")
    is_(told[session[0]]["userName"], "alice")
    [event] = [event for event in events(EventName="DescribeAccountSettings") if event["userIdentity"]["accessKeyId"] == alice[0]]
    is_((event["sourceIPAddress"], event["eventVersion"]), ("127.0.0.1", "1.11"))
    [made] = [event for event in events(EventName="AssumeRole") if event["userIdentity"].get("userName") == "alice"]
    is_(made["requestParameters"]["roleSessionName"], "s1")


def two_accounts_share_an_event(_: Server) -> None:
    arn = stream("shared", OTHER)
    guest = user("guest", allow("kinesis:*"))
    policy = allow("kinesis:DescribeStreamSummary", arn, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/guest"})
    root("kinesis", OTHER).put_resource_policy(ResourceARN=arn, Policy=policy)
    client("kinesis", guest).describe_stream_summary(StreamARN=arn)
    named = {"EventName": "DescribeStreamSummary"}
    found = lambda account: [event for event in events(account, **named) if event.get("sharedEventID")]
    [own] = eventually("the caller's account has an event", lambda: found(ACCOUNT), 5)
    [theirs] = eventually("the owner's account has one", lambda: found(OTHER), 5)
    is_(own["sharedEventID"], theirs["sharedEventID"])
    assert own["eventID"] != theirs["eventID"]
    is_((own["recipientAccountId"], theirs["recipientAccountId"]), (ACCOUNT, OTHER))
    is_((own["userIdentity"]["type"], theirs["userIdentity"]["type"]), ("IAMUser", "AWSAccount"))
    assert "arn" not in theirs["userIdentity"], theirs


def nobody_reads_secrets_or_data_in_it(_: Server) -> None:
    key, secret = user("carol", allow("*"))
    token = keys_of(client("sts", (key, secret)).get_session_token())
    kms = root("kms")
    made = kms.create_key()["KeyMetadata"]["KeyId"]
    plain = b"the plaintext of a test"
    kms.encrypt(KeyId=made, Plaintext=plain)
    data_key = kms.generate_data_key(KeyId=made, KeySpec="AES_256")["Plaintext"]
    eventually("they are written", lambda: events(EventName="GenerateDataKey") and events(EventName="Encrypt"), 5)
    text = json.dumps(events())
    for hidden in (secret, token[1], token[2], base64.b64encode(plain).decode(), base64.b64encode(data_key).decode()):
        assert hidden not in text, f"a secret is in the event history: {hidden[:4]}…"
    [event] = [event for event in events(EventName="CreateAccessKey") if event["requestParameters"]["userName"] == "carol"]
    is_(event["responseElements"]["accessKey"]["accessKeyId"], key)
    is_(event["responseElements"]["accessKey"]["secretAccessKey"], "HIDDEN_DUE_TO_SECURITY_REASONS")


def a_wrong_signature_is_an_event_ten_times_a_second(server: Server) -> None:
    key, _ = user("dave")
    forger = client("kinesis", (key, "not/the/secret"))
    sent, begun = 60, time.monotonic()
    for _ in range(sent):
        refused("InvalidSignatureException", forger.describe_limits)
    seconds = int(time.monotonic() - begun) + 2
    restarted(server)
    told = [event for event in events(Username="dave") if event.get("errorCode") == "InvalidSignatureException"]
    assert 10 <= len(told) <= min(10 * seconds, sent), f"{len(told)} events in {seconds} s"
    assert sent <= 10 * seconds or len(told) < sent, "none was left out"
    is_((told[0]["eventName"], told[0]["userIdentity"]["accessKeyId"], told[0]["requestParameters"]), ("DescribeLimits", key, None))


def a_key_of_nobody_is_counted_and_no_event(server: Server) -> None:
    before, lines = len(events()), lambda: (server.place / "log").read_text().count("an access key of no account")
    stranger = client("kinesis", ("AKIANOBODYKNOWSTHIS0", "secret"))
    counted, logged, sent, begun = unrecognized(server), lines(), 60, time.monotonic()
    for _ in range(sent):
        refused("UnrecognizedClientException", stranger.describe_limits)
    seconds = int(time.monotonic() - begun) + 2
    is_(unrecognized(server) - counted, sent)
    assert 10 <= lines() - logged <= min(10 * seconds, sent), f"{lines() - logged} lines in {seconds} s"
    # Two more at the most: our own look-ups are events, too.
    assert not [event for event in events()[: len(events()) - before] if event["eventName"] == "DescribeLimits"]


def unrecognized(server: Server) -> int:
    with urllib.request.urlopen(f"{server.endpoint}/metrics") as page:
        wanted = 'operation="Kinesis_20131202.DescribeLimits",code="UnrecognizedClientException"'
        return sum(int(line.rsplit(" ", 1)[1]) for line in page.read().decode().splitlines() if wanted in line)


# What is delivered


def delivered(server: Server, account: str = ACCOUNT) -> list[dict]:
    """All records in the bucket."""
    files = Path(server.flags[server.flags.index("--blobs") + 1]).glob(f"{BUCKET}/**/CloudTrail/**/*.json.gz")
    return [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"] if record["recipientAccountId"] == account]


def data_calls_are_delivered_where_selectors_ask(server: Server) -> None:
    trails, kinesis, dynamodb = root("cloudtrail"), root("kinesis"), root("dynamodb")
    asked, other = stream("asked"), stream("other")
    for table in ("asked", "other"):
        key = {"AttributeName": "k", "AttributeType": "S"}
        dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[key], KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])
    advance(server, 5)
    fields = {"eventCategory": "Data", "resources.type": "AWS::Kinesis::Stream", "resources.ARN": asked, "readOnly": "false"}
    selectors = {
        "advanced": {"AdvancedEventSelectors": [{"Name": "puts", "FieldSelectors": [{"Field": name, "Equals": [value]} for name, value in fields.items()]}]},
        "basic": {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False, "DataResources": [
            {"Type": "AWS::DynamoDB::Table", "Values": [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/asked"]}]}]},
    }
    for name, chosen in selectors.items():
        trails.create_trail(Name=name, S3BucketName=BUCKET, S3KeyPrefix=name)
        trails.put_event_selectors(TrailName=name, **chosen)
        trails.start_logging(Name=name)
    for name in ("asked", "other"):
        kinesis.put_records(StreamName=name, Records=[{"Data": b"a secret of the record", "PartitionKey": "k"}])
        dynamodb.put_item(TableName=name, Item={"k": {"S": "v"}, "secret": {"S": "a secret of the item"}})
        dynamodb.get_item(TableName=name, Key={"k": {"S": "v"}})
    shard = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(StreamName="asked", **shard)["ShardIterator"])
    advance(server, 300)
    for name in selectors:
        trails.stop_logging(Name=name)
    found = Counter((event["eventName"], event["resources"][0]["ARN"].rsplit("/")[-1]) for event in delivered(server) if event["eventCategory"] == "Data")
    is_(found, Counter({("PutRecords", "asked"): 1, ("PutItem", "asked"): 1}))
    text = json.dumps(delivered(server))
    for hidden in ("a secret of the record", "a secret of the item", base64.b64encode(b"a secret of the record").decode()):
        assert hidden not in text, "data is in the events"
    for name in selectors:
        trails.delete_trail(Name=name)


def the_cli_validates_what_was_delivered(server: Server) -> None:
    begun = datetime.now(timezone.utc)
    trails = root("cloudtrail")
    trails.create_trail(Name="validated", S3BucketName=BUCKET, S3KeyPrefix="team/a", EnableLogFileValidation=True)
    trails.start_logging(Name="validated")
    for n in range(3):
        root("iam").create_group(GroupName=f"delivered-{n}")
        advance(server, HOUR)
    shutil.copytree(server.flags[server.flags.index("--blobs") + 1], server.place / "blobs")
    said = validated(server, begun)
    assert "invalid" not in said.lower() and "3/3 digest files valid" in said, said
    logs = int(said.split(" log files valid")[0].rsplit("/", 1)[1])
    assert logs >= 3 and f"{logs}/{logs} log files valid" in said, said
    named = {event["requestParameters"]["groupName"] for event in delivered(server) if event["eventName"] == "CreateGroup"}
    is_(named, {f"delivered-{n}" for n in range(3)})
    first = min((server.place / "blobs" / BUCKET / "team/a").glob("AWSLogs/*/CloudTrail/**/*.json.gz"))
    first.write_bytes(gzip.compress(gzip.decompress(first.read_bytes()).replace(b"delivered-0", b"delivered-9")))
    assert "INVALID: hash value doesn't match" in validated(server, begun), "a changed file is not found"
    digest = sorted((server.place / "blobs" / BUCKET / "team/a").glob("AWSLogs/*/CloudTrail-Digest/**/*.json.gz"))[1]
    digest.unlink()
    assert "INVALID: not found" in validated(server, begun), "a digest that is gone is not missed"


def validated(server: Server, begun: datetime) -> str:
    """What `aws cloudtrail validate-logs` says of the copy beside the server."""
    buckets = Buckets(server.place / "blobs")
    until = datetime.now(timezone.utc) + timedelta(days=2)
    words = [os.environ["ACCEPTANCE_AWS"], "cloudtrail", "validate-logs", "--verbose", "--region", REGION,
             "--trail-arn", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/validated",
             "--start-time", (begun - timedelta(hours=1)).isoformat(), "--end-time", until.isoformat()]
    key, secret = ROOTS[ACCOUNT]
    known = {**environment(server.endpoint), "AWS_ENDPOINT_URL_S3": buckets.url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    try:
        done = subprocess.run(words, env=known, capture_output=True, text=True, timeout=120)
    finally:
        buckets.end()
    return done.stdout + done.stderr


# What is known elsewhere


def heads_are_posted_and_again_after_a_refusal(server: Server, hook: Webhook) -> None:
    before, hook.refuses = len(hook.taken), 2
    root("iam").create_group(GroupName="before-the-hour")
    advance(server, HOUR)
    eventually("the head came at the third attempt", lambda: len(hook.taken) > before and not hook.refuses, 20)
    head = json.loads(hook.taken[-1])
    is_(sorted(head), ["account", "first", "hash", "ledger", "mac", "sequence", "time"])


def heads_are_put_into_a_stream(server: Server) -> None:
    stream("heads")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    role("heads", policy, allow("kinesis:PutRecord", HEADS_STREAM))
    advance(server, HOUR)
    kinesis = root("kinesis")
    shard = kinesis.get_shard_iterator(StreamName="heads", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")

    def found() -> list:
        return kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]

    records = eventually("a head is in the stream", found, 20)
    is_(json.loads(records[0]["Data"])["account"], ACCOUNT)
    is_(records[0]["PartitionKey"], f"{ACCOUNT}/management")


# Who changes something


def tampering(place: Place, heads: str) -> str | None:
    """Ten ways to change a stopped server's directory, each on a copy of it."""
    kept = place.path / "heads"
    kept.write_text(heads)
    code, said = verified(place, place.data, kept)
    if code or "CHANGED" in said:
        return f"nobody changed anything, yet: {said}"
    for kind in KINDS:
        copy = place.path / "copy"
        shutil.copytree(place.data, copy)
        kind(place, copy)
        code, said = verified(place, copy, kept)
        shutil.rmtree(copy)
        if code != 1 or "CHANGED" not in said:
            return f"not found, {kind.__name__}: {code} {said}"
    return None


def verified(place: Place, data: Path, heads: Path) -> tuple[int, str]:
    words = ["audit", "verify", "--data-dir", str(data), "--audit-key", str(place.key), "--heads", str(heads)]
    done = subprocess.run([os.environ["ANABRANCH_BINARY"], *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def log_files(data: Path) -> list[Path]:
    """The files of the record log, the largest first."""
    files = [file for file in (data / "log").rglob("*") if file.is_file()]
    return sorted(files, key=lambda file: file.stat().st_size, reverse=True)


def holding(data: Path, text: bytes) -> tuple[Path, int]:
    """A file of the record log that holds this text, and where."""
    return next((file, file.read_bytes().index(text)) for file in log_files(data) if text in file.read_bytes())


def an_event_overwritten(_: Place, data: Path) -> None:
    while any(b'"groupName":"group-3"' in file.read_bytes() for file in log_files(data)):
        file, at = holding(data, b'"groupName":"group-3"')
        changed = bytearray(file.read_bytes())
        changed[at + 18] = ord("4")
        file.write_bytes(changed)


def every_event_of_somebody_blanked(_: Place, data: Path) -> None:
    for file in log_files(data):
        file.write_bytes(file.read_bytes().replace(b'"userName":"mallory"', b'"userName":"nobody!"'))


def the_end_cut_off(_: Place, data: Path) -> None:
    for file in log_files(data):
        if b'"eventVersion"' in (content := file.read_bytes()):
            file.write_bytes(content[: len(content) // 2])


def the_beginning_overwritten(_: Place, data: Path) -> None:
    for file in log_files(data):
        if (at := (content := bytearray(file.read_bytes())).find(b'"eventVersion"')) >= 0:
            content[at : at + 400] = bytes(400)
            file.write_bytes(content)


def files_of_the_log_removed(_: Place, data: Path) -> None:
    for file in log_files(data):
        if b'"eventVersion"' in file.read_bytes():
            file.unlink()


def catalog(data: Path, *statements: str) -> None:
    """Changes rows of the catalog; `{key}` of the ledger of the first account."""
    with sqlite3.connect(data / "catalog.sqlite") as connection:
        table, key, value = columns(connection)
        for statement in statements:
            changed = connection.execute(statement.format(table=table, key=key, value=value))
            assert changed.rowcount, f"nothing changed: {statement}"
    connection.close()


def columns(connection: sqlite3.Connection) -> tuple[str, str, str]:
    """The table that has the entries, its key and its value."""
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if "key" in names and "value" in names:
            return table, "key", "value"
    raise AssertionError("the catalog has no entries")


LEDGER = f"CAST('/{ACCOUNT}/-/cloudtrail/ledger/management' AS BLOB)"
OTHERS_LEDGER = f"CAST('/{OTHER}/-/cloudtrail/ledger/management' AS BLOB)"
HEAD = f"CAST('/{ACCOUNT}/-/cloudtrail/head/management' AS BLOB)"


def a_ledger_unnamed(_: Place, data: Path) -> None:
    catalog(data, f"DELETE FROM {{table}} WHERE {{key}} = {LEDGER}")


def a_ledger_and_its_head_unnamed(_: Place, data: Path) -> None:
    catalog(data, f"DELETE FROM {{table}} WHERE {{key}} IN ({LEDGER}, {HEAD})")


def the_ledger_of_another_account_put_in_its_place(_: Place, data: Path) -> None:
    other = f"(SELECT {{value}} FROM {{table}} WHERE {{key}} = {OTHERS_LEDGER})"
    catalog(data, f"UPDATE {{table}} SET {{value}} = {other} WHERE {{key}} = {LEDGER}")


def the_head_in_the_catalog_rewritten(_: Place, data: Path) -> None:
    catalog(data, f"UPDATE {{table}} SET {{value}} = CAST(replace(CAST({{value}} AS TEXT), '\"hash\":\"', '\"hash\":\"0') AS BLOB) WHERE {{key}} = {HEAD}")


def a_ledger_written_anew_by_a_server_with_another_key(place: Place, data: Path) -> None:
    """Whoever has the machine but not the key begins another ledger, and lets a server write heads into it."""
    catalog(data, f"DELETE FROM {{table}} WHERE {{key}} IN ({LEDGER}, {HEAD})")
    forged = place.path / "forged.key"
    forged.touch(mode=0o600)
    forged.write_text(base64.b64encode(os.urandom(32)).decode())
    server = Server(os.environ["ANABRANCH_BINARY"], ["--credentials", str(place.roots), "--test-clock", "--audit-key", str(forged)])
    server.data = data
    try:
        os.environ.update(environment(server.start().endpoint))
        root("iam").create_group(GroupName="invented")
        is_(server.stop(), 0)
    finally:
        server.discard()


KINDS = [
    an_event_overwritten,
    every_event_of_somebody_blanked,
    the_end_cut_off,
    the_beginning_overwritten,
    files_of_the_log_removed,
    a_ledger_unnamed,
    a_ledger_and_its_head_unnamed,
    the_ledger_of_another_account_put_in_its_place,
    the_head_in_the_catalog_rewritten,
    a_ledger_written_anew_by_a_server_with_another_key,
]


if __name__ == "__main__":
    sys.exit(main())
