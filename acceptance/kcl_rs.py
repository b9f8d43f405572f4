#!/usr/bin/env python3
"""kcl-rs, as docs/consumers.md starts it, polling and in fan-out: a shard is split, a worker is killed, another goes on. Every record is
processed at least once, user records one by one, and the split shard to its end.

Run by the interpreter that has it (`clients/consumers/requirements.txt`).
"""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import boto3
from aws_kinesis_agg.aggregator import RecordAggregator

from agents import environment
from conditions import eventually
from outcomes import Outcomes
from server import Server

PAGE = Path(__file__).resolve().parent.parent / "docs" / "consumers.md"
MODES = ["POLLING", "FANOUT"]
SHARDS = 2
RECORDS, PACKED = 1000, 50
# It takes its leases after about a minute, and those of a dead worker as late again.
SECONDS = 240
STOP_SECONDS = 60


def main() -> int:
    # Whoever is started in the background of a shell is deaf to it, and so would be the workers, which are asked by it to end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server, outcomes = Server(os.environ["ANABRANCH_BINARY"]), Outcomes()
    try:
        os.environ.update(environment(server.start().endpoint), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_MAX_ATTEMPTS="10")
        troubles = {}
        both = [threading.Thread(target=lambda mode=mode: troubles.update({mode: tried(server, mode)})) for mode in MODES]
        for one in both:
            one.start()
        for one in both:
            one.join()
        for mode in MODES:
            outcomes.of(mode.lower(), lambda: troubles[mode])
        code = server.stop()
    finally:
        server.discard()
    return outcomes.end(code)


def tried(server: Server, mode: str) -> str | None:
    try:
        return scenario(server, mode)
    except Exception as error:
        return repr(error)


def scenario(server: Server, mode: str) -> str | None:
    client, name = boto3.client("kinesis"), f"orders-{mode.lower()}"
    client.create_stream(StreamName=name, ShardCount=SHARDS)
    client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    wanted = put(client, name, "before")
    first = Worker(server, mode, name, "first")
    second = None
    try:
        eventually("the first worker has all that was put before it", lambda: first.running() and wanted <= first.read(), SECONDS)
        client.split_shard(StreamName=name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126))
        wanted |= put(client, name, "behind the split")
        eventually("the first worker reads what comes behind the split", lambda: first.running() and first.read() & put_behind(wanted), SECONDS)
        first.process.kill()
        wanted |= put(client, name, "behind the kill")
        second = Worker(server, mode, name, "second")
        eventually("both together have everything", lambda: second.running() and wanted <= first.read() | second.read(), SECONDS)
        if strange := (first.read() | second.read()) - wanted:
            return f"{len(strange)} records are nobody's, as {next(iter(strange))}"
        eventually("the split shard's lease is at its end or gone", lambda: is_finished(name, "shardId-000000000000"), SECONDS)
        return second.stop()
    finally:
        for worker in filter(None, (first, second)):
            worker.discard()


def put(client, name: str, when: str) -> set[tuple[str, str]]:
    """Puts records, half of them in aggregates; answers keys and data."""
    told = {(f"key-{number}", f"{when} {number}") for number in range(RECORDS)}
    plain, packed = sorted(told)[::2], sorted(told)[1::2]
    entries = [{"PartitionKey": key, "Data": data.encode()} for key, data in plain]
    aggregator = RecordAggregator()
    for begin in range(0, len(packed), PACKED):
        # The KCL takes from an aggregate what lies in its shard: all of these lie where the first does.
        place = str((begin * 2**118) % 2**128)
        for key, data in packed[begin : begin + PACKED]:
            aggregator.add_user_record(key, data.encode(), place)
        entries.append({"PartitionKey": "packed", "ExplicitHashKey": place, "Data": aggregator.clear_and_get().get_contents()[2]})
    while entries:
        answers = client.put_records(StreamName=name, Records=entries[:500])["Records"]
        entries = [entry for entry, answer in zip(entries, answers) if "ErrorCode" in answer] + entries[500:]
    return told


def put_behind(wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {one for one in wanted if one[1].startswith("behind the split")}


def is_finished(application: str, shard: str) -> bool:
    items = boto3.client("dynamodb").scan(TableName=application, ConsistentRead=True)["Items"]
    leases = [item for item in items if item["leaseKey"]["S"].endswith(shard)]
    return all(item["checkpoint"]["S"] == "SHARD_END" for item in leases)


class Worker:
    """The documented program in a process of its own."""

    def __init__(self, server: Server, mode: str, name: str, which: str):
        program = re.search(r"^```python\n(from kcl_rs.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
        program = program.replace("http://127.0.0.1:4566", server.endpoint).replace('"orders"', f'"{name}"').replace('"orders-reader"', f'"{name}"')
        path = server.place / f"{name}-{which}.py"
        path.write_text(program.replace('"FANOUT"', f'"{mode}"'))
        self.out, self.log = path.with_suffix(".out"), path.with_suffix(".log")
        with self.out.open("w") as out, self.log.open("w") as log:
            self.process = subprocess.Popen([sys.executable, "-B", str(path)], stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def running(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the worker ended with {self.process.returncode}: {self.log.read_text()[-1500:]}")
        return True

    def read(self) -> set[tuple[str, str]]:
        """Key and data of all that it processed."""
        whole = self.out.read_text().rpartition("\n")[0]
        return {(key, data) for _, _, _, key, data in (line.split(" ", 4) for line in whole.splitlines())}

    def stop(self) -> str | None:
        """Ctrl-C ends it in good order."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(STOP_SECONDS)
        return f"it ended with {code}: {self.log.read_text()[-800:]}" if code not in (0, 130, -signal.SIGINT) else None

    def discard(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


if __name__ == "__main__":
    sys.exit(main())
