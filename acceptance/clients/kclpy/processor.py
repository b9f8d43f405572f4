#!/usr/bin/env python3
"""A record processor for the KCL's multi-language daemon, which starts one for each shard: it writes down what it is given.

The lines are those of `clients/kcl/`, in one file for all processors of a daemon; a life is a process.
"""

import json
import os
import time

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor

CHECKPOINT_SECONDS = 3


class Processor(processor.RecordProcessorBase):
    def __init__(self):
        self.diary = os.open(os.environ["DIARY"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.checkpointed = time.monotonic()

    def initialize(self, given):
        self.write("begin", stream="", shard=given.shard_id, **{"from": given.sequence_number})

    def process_records(self, given):
        if not given.records:
            return
        self.write("records", records=[
            [record.sequence_number, record.partition_key, int(record.binary_data.split()[0])] for record in given.records
        ])
        if time.monotonic() - self.checkpointed > CHECKPOINT_SECONDS:
            self.checkpoint(given.checkpointer)

    def lease_lost(self, given):
        self.write("lost")

    def shard_ended(self, given):
        self.write("shard end")
        self.checkpoint(given.checkpointer)

    def shutdown_requested(self, given):
        self.write("asked to end")
        self.checkpoint(given.checkpointer)

    def checkpoint(self, checkpointer) -> None:
        self.write("checkpointing")
        try:
            checkpointer.checkpoint()
        except kcl.CheckpointError as refusal:
            self.write("not checkpointed", why=refusal.value)
            return
        self.write("checkpointed")
        self.checkpointed = time.monotonic()

    def write(self, event: str, **members) -> None:
        line = {"worker": os.environ["WORKER"], "life": os.getpid(), "at": time.monotonic(), "event": event, **members}
        os.write(self.diary, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    kcl.KCLProcess(Processor()).run()
