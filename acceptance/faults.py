#!/usr/bin/env python3
"""Does to a server's disk what disks do, and checks that each gets the answer that docs/operations.md documents.

A full disk, one that may only be read, flipped bits, files cut short or gone: what is whole stays served, whoever asks for what is not is told,
`anabranch log verify` finds it, `anabranch log repair` lets readers pass over it, and nothing that was put is read differently.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import boto3
import botocore.exceptions
from botocore.config import Config

from agents import environment
from conditions import eventually
from server import Server

# The stream whose files are damaged, and one that has files of its own.
HIT, OTHER = "hit", "other"
RECORDS = 40
DATA_BYTES = 20_000
DISK_MIB = 256
FILLER_MIB = 100
PUTS_MAX = 400
# It looks every half second.
ROOM_SEEN_SECONDS = 2
ON_FROM = re.compile(r"are damaged where they are stored .* from StartingSequenceNumber (\d+) on")


class Wrong(Exception):
    """What is not as it is documented."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", metavar="WORD", default="")
    chosen = arguments.parse_args()
    passed = failed = 0
    for name, run in CASES.items():
        if chosen.only not in name:
            continue
        server = Server(os.environ["ANABRANCH_BINARY"], ["--limits", "off", "--test-clock"])
        try:
            skipped = run(server)
            passed += not skipped
            print(f"skip {name}: {skipped}" if skipped else f"ok   {name}", flush=True)
        except Wrong as wrong:
            failed += 1
            print(f"FAIL {name}: {wrong}\n{server.log()}", flush=True)
        finally:
            server.discard()
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


# A client and what it puts.

def client(server: Server):
    os.environ.update(environment(server.endpoint))
    config = Config(retries={"max_attempts": 0}, read_timeout=30, connect_timeout=5)
    return boto3.client("kinesis", endpoint_url=server.endpoint, aws_access_key_id="test", aws_secret_access_key="test", config=config)


def data(number: int) -> bytes:
    return f"record {number:06} ".encode() * (DATA_BYTES // 14)


def put(talking, stream: str, number: int) -> None:
    talking.put_record(StreamName=stream, PartitionKey="k", Data=data(number))


def checkpoint(server: Server) -> None:
    """Moves the clock far enough for a checkpoint, which is done when this returns."""
    body = json.dumps({"advance_ms": 61_000}).encode()
    request = urllib.request.Request(f"{server.endpoint}/_anabranch/clock", data=body, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def read_on(talking, stream: str) -> tuple[list[int], int]:
    """Every record that can be read, passing over what is refused as the refusal says; and how often it was."""
    shard, numbers, refused = "shardId-000000000000", [], 0
    asked = {"ShardIteratorType": "TRIM_HORIZON"}
    iterator = talking.get_shard_iterator(StreamName=stream, ShardId=shard, **asked)["ShardIterator"]
    while True:
        try:
            answer = talking.get_records(ShardIterator=iterator)
        except botocore.exceptions.ClientError as error:
            said = error.response["Error"]
            on_from = ON_FROM.search(said.get("Message", ""))
            if said["Code"] != "InternalFailureException" or not on_from:
                raise Wrong(f"a reader was told {said}") from error
            refused += 1
            asked = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": on_from[1]}
            iterator = talking.get_shard_iterator(StreamName=stream, ShardId=shard, **asked)["ShardIterator"]
            continue
        for record in answer["Records"]:
            number = int(record["Data"][7:13])
            if record["Data"] != data(number):
                raise Wrong(f"record {number} is read as something else")
            numbers.append(number)
        iterator = answer["NextShardIterator"]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return numbers, refused


def log(server: Server, verb: str) -> tuple[int, str]:
    done = subprocess.run([server.binary, "log", verb, "--data-dir", server.data], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


# Damage.

def used(server: Server) -> None:
    """A directory with records of two streams: half of them in history, half in the write-ahead log; its server is stopped."""
    talking = client(server.start())
    for stream in (HIT, OTHER):
        talking.create_stream(StreamName=stream, ShardCount=1)
    for number in range(RECORDS):
        for stream in (HIT, OTHER):
            put(talking, stream, number)
        if number == RECORDS // 2 - 1:
            checkpoint(server)
    if code := server.stop():
        raise Wrong(f"the server ended with {code}")


def file_of(server: Server, number: int) -> tuple[Path, int]:
    """The file in which a record of the stream that is hit stands, and where: the streams' files follow each other by name."""
    files = sorted((server.data / "log").iterdir())
    for path in files:
        at = path.read_bytes().find(data(number))
        if at >= 0:
            return path, at
    raise Wrong(f"record {number} is in no file")


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 4]))


def damage(hurt: Callable[[Server], None], refused_at_most: int, lost_at_most: int) -> Callable[[Server], None]:
    """The directory is damaged, the server starts all the same and serves what is whole; then it is repaired."""

    def run(server: Server) -> None:
        used(server)
        hurt(server)
        code, said = log(server, "verify")
        if code != 1:
            raise Wrong(f"verify ended with {code}: {said}")
        talking = client(server.start())
        left, refused = read_on(talking, HIT)
        if not refused or len(left) < RECORDS - refused_at_most or left != sorted(set(left)):
            raise Wrong(f"{refused} refusals, {left} are left")
        other, other_refused = read_on(talking, OTHER)
        if other_refused or other != list(range(RECORDS)):
            raise Wrong(f"the other stream: {other_refused} refusals, {other}")
        put(talking, HIT, RECORDS)
        if read_on(talking, HIT) != (left + [RECORDS], refused):
            raise Wrong("a record that is put now is not read")
        if code := server.stop():
            raise Wrong(f"the server ended with {code}")

        repair(server)
        talking = client(server.start())
        mended, refused = read_on(talking, HIT)
        if refused or mended != sorted(set(mended)) or set(left) - set(mended) or len(mended) < RECORDS + 1 - lost_at_most:
            raise Wrong(f"after the repair: {refused} refusals, {mended}, before it {left}")
        if read_on(talking, OTHER) != (other, 0):
            raise Wrong("the repair changed the other stream")

    return run


def repair(server: Server) -> None:
    for verb in ("repair", "verify"):
        code, said = log(server, verb)
        if code:
            raise Wrong(f"{verb} ended with {code}: {said}")


def refuses(hurt: Callable[[Server], None], sentence: str) -> Callable[[Server], None]:
    """The directory is damaged so that no server starts on it; a repair brings everything back."""

    def run(server: Server) -> None:
        used(server)
        hurt(server)
        try:
            server.start()
        except RuntimeError as refusal:
            if "the server ended with 1" not in str(refusal) or sentence not in str(refusal):
                raise Wrong(f"the server said: {refusal}") from refusal
        else:
            raise Wrong("the server started")
        repair(server)
        talking = client(server.start())
        for stream in (HIT, OTHER):
            if read_on(talking, stream) != (list(range(RECORDS)), 0):
                raise Wrong(f"{stream} is not whole after the repair")

    return run


def harmless(hurt: Callable[[Server], None]) -> Callable[[Server], None]:
    """What the directory lost is made up for by what it has."""

    def run(server: Server) -> None:
        used(server)
        hurt(server)
        talking = client(server.start())
        for stream in (HIT, OTHER):
            if read_on(talking, stream) != (list(range(RECORDS)), 0):
                raise Wrong(f"{stream} is not whole")

    return run


def in_history(number: int = 5) -> Callable[[Server], tuple[Path, int]]:
    def find(server: Server) -> tuple[Path, int]:
        path, at = file_of(server, number)
        if not path.name.startswith("history-"):
            raise Wrong(f"record {number} is in {path.name}")
        return path, at

    return find


def ahead(server: Server) -> tuple[Path, int]:
    path = next((server.data / "log").glob("wal-*"))
    at = path.read_bytes().find(data(RECORDS - 5))
    if at < 0:
        raise Wrong("there is no such record in the write-ahead log")
    return path, at


def cut(path: Path, length: int) -> None:
    with path.open("r+b") as file:
        file.truncate(length)


# Disks.

class Mount:
    """A small disk of its own in a server's place."""

    def __init__(self, place: Path):
        self.place = place
        place.mkdir()
        self.is_there = os.geteuid() == 0 and self.call("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", place)

    def call(self, *words) -> bool:
        return subprocess.run([str(word) for word in words], capture_output=True).returncode == 0

    def remount(self, how: str) -> None:
        if not self.call("mount", "-o", f"remount,{how}", self.place):
            raise Wrong(f"the disk cannot be mounted {how}")

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        if self.is_there:
            self.call("umount", self.place)


NO_MOUNT = "it needs root and a tmpfs that can be mounted"


def full(server: Server) -> str | None:
    """Puts are refused one by one while there is no room, nothing that was acknowledged is lost, and room is used when there is some."""
    with Mount(server.data) as disk:
        if not disk.is_there:
            return NO_MOUNT
        try:
            filler = server.data / "filler"
            filler.write_bytes(bytes(FILLER_MIB << 20))
            talking = client(server.start())
            talking.create_stream(StreamName=HIT, ShardCount=1)
            acknowledged = put_until_refused(talking, 0)
            if len(acknowledged) >= PUTS_MAX:
                raise Wrong("the disk never was full")
            if (held := read_all(talking)) != acknowledged:
                raise Wrong(f"{len(acknowledged)} were acknowledged, {len(held)} are read from a full disk")
            filler.unlink()
            more = put_once_there_is_room(talking, len(acknowledged))
            more += put_until_refused(talking, len(acknowledged + more), most=4)
            if len(more) != 5:
                raise Wrong("records are refused although there is room")
            server.kill()
            if (held := read_all(client(server.start()))) != acknowledged + more:
                raise Wrong(f"{len(acknowledged + more)} were acknowledged, {len(held)} are there after a restart")
            if code := server.stop():
                raise Wrong(f"the server ended with {code}")
        finally:
            server.kill()
    return None


def put_until_refused(talking, first: int, most: int = PUTS_MAX) -> list[int]:
    """Puts records of half a mebibyte; the numbers of those that were acknowledged."""
    acknowledged = []
    for number in range(first, first + most):
        try:
            talking.put_record(StreamName=HIT, PartitionKey="k", Data=f"{number:06}".encode() * (1 << 16))
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "InternalFailureException":
                raise Wrong(f"a put on a full disk was told {error}") from error
            return acknowledged
        acknowledged.append(number)
    return acknowledged


def put_once_there_is_room(talking, number: int) -> list[int]:
    """The same, for one record and a server that has not looked yet whether there is room."""
    try:
        return eventually("it is taken", lambda: put_until_refused(talking, number, most=1), ROOM_SEEN_SECONDS)
    except TimeoutError as late:
        raise Wrong("records are refused although there is room") from late


def read_all(talking) -> list[int]:
    numbers = []
    iterator = talking.get_shard_iterator(StreamName=HIT, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    while True:
        answer = talking.get_records(ShardIterator=iterator)
        numbers += [int(record["Data"][:6]) for record in answer["Records"]]
        iterator = answer["NextShardIterator"]
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return numbers


def read_only(server: Server) -> str | None:
    """A server does not start where it cannot write, and says so; `log verify` does its work there."""
    with Mount(server.data) as disk:
        if not disk.is_there:
            return NO_MOUNT
        try:
            used(server)
            disk.remount("ro")
            try:
                server.start()
            except RuntimeError as refusal:
                if "the server ended with 1" not in str(refusal) or "Read-only file system" not in str(refusal):
                    raise Wrong(f"the server said: {refusal}") from refusal
            else:
                raise Wrong("the server started")
            code, said = log(server, "verify")
            if code:
                raise Wrong(f"verify ended with {code}: {said}")
            disk.remount("rw")
            talking = client(server.start())
            for stream in (HIT, OTHER):
                if read_on(talking, stream) != (list(range(RECORDS)), 0):
                    raise Wrong(f"{stream} is not whole")
        finally:
            server.kill()
    return None


def without_write_ahead_log(server: Server) -> None:
    """What came since the last checkpoint is lost with it, which is said; the rest is served, and no number is given twice."""
    used(server)
    lost = int(last_number(server))
    for path in (server.data / "log").glob("wal-*"):
        path.unlink()
    code, said = log(server, "verify")
    if code != 1 or "what came since the last checkpoint is lost" not in said:
        raise Wrong(f"verify ended with {code}: {said}")
    talking = client(server.start())
    if "the write-ahead log is gone" not in server.log():
        raise Wrong("the server did not say so")
    for stream in (HIT, OTHER):
        if (left := read_on(talking, stream)) != (list(range(RECORDS // 2)), 0):
            raise Wrong(f"{stream}: {left}")
    new = talking.put_record(StreamName=HIT, PartitionKey="k", Data=data(RECORDS))["SequenceNumber"]
    if int(new) <= lost:
        raise Wrong(f"a new record got {new}, a lost one had {lost}")


def last_number(server: Server) -> str:
    """The number of the last record that the stream has; the server runs for it."""
    talking = client(server.start())
    shard = "shardId-000000000000"
    iterator = talking.get_shard_iterator(StreamName=HIT, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = talking.get_records(ShardIterator=iterator)["Records"]
    if len(records) != RECORDS or server.stop():
        raise Wrong(f"there are {len(records)} records")
    return records[-1]["SequenceNumber"]


CASES = {
    "full disk": full,
    "read-only disk": read_only,
    "a flipped bit in history": damage(lambda s: flip(*in_history()(s)), 1, 1),
    "a flipped bit in a header in history": damage(lambda s: flip(in_history()(s)[0], in_history()(s)[1] - 60), 20, 20),
    "a file of history cut short": damage(lambda s: cut(*in_history(9)(s)), 20, 11),
    "a file of history gone": damage(lambda s: in_history()(s)[0].unlink(), 20, 20),
    "a flipped bit in the write-ahead log": damage(lambda s: flip(*ahead(s)), 1, 1),
    "a checkpoint gone while the write-ahead log is whole": harmless(lambda s: (s.data / "log" / "checkpoint").unlink()),
    "the write-ahead log gone": without_write_ahead_log,
    "a damaged checkpoint": refuses(lambda s: flip(s.data / "log" / "checkpoint", 30), "the file `checkpoint` is damaged"),
    "a damaged state": refuses(lambda s: flip(s.data / "log" / "state", 9), "the file `state` is damaged"),
}

if __name__ == "__main__":
    sys.exit(main())
