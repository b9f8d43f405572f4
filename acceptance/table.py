#!/usr/bin/env python3
"""Runs the scenario table with one client against the real binary, prints each row, records the traffic."""

import argparse
import os
import sys
import time
import tomllib
import uuid
from pathlib import Path

import agents
import edges
import rows
from restarts import Restarting
from server import Elsewhere, Server
from traffic import Traffic

HERE = Path(__file__).resolve().parent
SDKS = [client for client in agents.NAMES if client != "raw"]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("client", choices=agents.NAMES)
    arguments.add_argument("--fast", action="store_true", help="only the rows of the fast lane")
    arguments.add_argument("--only", metavar="WORD", help="only rows whose id contains this")
    arguments.add_argument("--endpoint", help="a server that runs already, instead of the binary")
    arguments.add_argument("--restart-each-call", action="store_true", help="restart the server before each request (HTTP/1.1 clients)")
    arguments.add_argument("--part", metavar="N/M", default="1/1", help="the N-th of M parts of the table")
    arguments.add_argument("--verbose", action="store_true", help="show the server's log after a failed row")
    chosen = arguments.parse_args()

    table = [row for path in sorted((HERE / "scenarios").glob("*.toml")) for row in tomllib.loads(path.read_text()).get("row", [])]
    table += edges.rows()
    check(table)
    part, parts = map(int, chosen.part.split("/"))
    with Traffic(chosen.client, keep=bool(chosen.only or chosen.endpoint or chosen.restart_each_call or parts > 1)) as traffic:
        run = Run(chosen, traffic)
        try:
            return run.all(table[part - 1::parts])
        finally:
            run.close()


def check(table: list[dict]) -> None:
    """A table that says the same id twice, or a word that nobody reads, is wrong before it starts."""
    seen = set()
    for row in table:
        if row["id"] in seen:
            sys.exit(f"table: two rows are called `{row['id']}`")
        seen.add(row["id"])
        for part in [row, *row.get("step", [])]:
            if unknown := set(part) - rows.ROW_WORDS - rows.STEP_WORDS:
                sys.exit(f"table: row `{row['id']}` has unknown words: {', '.join(sorted(unknown))}")


class Run:
    """One client's way through the table: the servers it needs, its agent, what passed and what failed."""

    def __init__(self, chosen, traffic: Traffic):
        self.chosen, self.traffic = chosen, traffic
        self.variants = tomllib.loads((HERE / "scenarios" / "servers.toml").read_text())
        self.servers = {}
        endpoint = self.server("open").endpoint
        self.agent = agents.Agent(chosen.client, endpoint)
        # What a row stands on is made by boto3, whichever client is looked at: a process per call would cost the CLI's run minutes.
        self.setup = self.agent if chosen.client == "boto3" else agents.Agent("boto3", endpoint)
        self.tag = uuid.uuid4().hex[:6]
        self.shared = {}

    def server(self, variant: str):
        if variant not in self.servers:
            if self.chosen.endpoint:
                self.servers[variant] = Elsewhere(self.chosen.endpoint)
            else:
                told = self.variants[variant]
                server = started(os.environ["ANABRANCH_BINARY"], told)
                self.servers[variant] = Restarting(server) if self.chosen.restart_each_call else server
        return self.servers[variant]

    def all(self, table: list[dict]) -> int:
        passed, skipped, failed, begun = 0, 0, [], time.monotonic()
        for number, row in enumerate(table):
            if self.chosen.only and self.chosen.only not in row["id"] or self.chosen.fast and not row.get("fast"):
                continue
            if reason := self.excused(row):
                if reason != "only":
                    skipped += 1
                    print(f"-    {row['id']}: not for {self.chosen.client}: {reason}", flush=True)
                continue
            started_at = time.monotonic()
            try:
                wrong = self.held_to(row, rows.Row(self, row, f"t{self.tag}-{number}").run())
            except rows.Unsendable as reason:
                self.traffic.row_ended(row["id"], passed=False)
                if why := row.get("unsendable", {}).get(self.chosen.client):
                    skipped += 1
                    print(f"-    {row['id']}: {self.chosen.client} cannot send it: {why}", flush=True)
                else:
                    failed.append(row["id"])
                    print(f"FAIL {row['id']}: {self.chosen.client} refuses to send it: {reason}", flush=True)
                continue
            except rows.Unsupported as reason:
                if self.chosen.client == "boto3":
                    # Its models are the ones everything here is generated from: what it does not know, the table has wrong.
                    raise
                skipped += 1
                print(f"-    {row['id']}: {self.chosen.client} is too old: {reason}", flush=True)
                self.traffic.row_ended(row["id"], passed=False)
                continue
            self.traffic.row_ended(row["id"], passed=wrong is None)
            if wrong is None:
                passed += 1
                print(f"ok   {row['id']} ({(time.monotonic() - started_at) * 1000:.0f} ms)", flush=True)
            else:
                failed.append(row["id"])
                print(f"FAIL {row['id']}: {wrong}", flush=True)
                if self.chosen.verbose:
                    print(self.server(row.get("server", "open")).log(), flush=True)
        for variant, server in self.servers.items():
            if code := server.stop():
                failed.append(f"server {variant}")
                print(f"FAIL the {variant} server ended with {code} when asked to stop:\n{server.log()}", flush=True)
        print(f"{self.chosen.client}: {passed + len(failed)} rows run, {skipped} it cannot run, in {time.monotonic() - begun:.0f} s")
        for variant, server in self.servers.items():
            if isinstance(server, Restarting):
                print(f"{variant}: restarted {server.turns} times, {server.seconds / max(server.turns, 1) * 1000:.0f} ms each")
        if failed:
            print("failed:", *failed)
        print(f"{passed} passed, {len(failed)} failed", flush=True)
        return 1 if failed or not passed else 0

    def held_to(self, row: dict, wrong: str | None) -> str | None:
        """What was wrong with a row, and that a client has sent what the table says it cannot."""
        if why := row.get("unsendable", {}).get(self.chosen.client):
            return f"{self.chosen.client} sends it, but the table says: {why}"
        return wrong

    def excused(self, row: dict) -> str | None:
        """Why this client does not run a row, if it does not."""
        if self.chosen.client not in row.get("clients", SDKS):
            return "only"
        if self.chosen.restart_each_call and "live" in row:
            return f"live: {row['live']}"
        if self.chosen.endpoint and row.get("server", "open") != "open":
            return "only"
        return row.get("not", {}).get(self.chosen.client)

    def close(self) -> None:
        for agent in {self.agent, self.setup}:
            agent.close()
        for server in self.servers.values():
            server.discard()


def started(binary: str, told: dict) -> Server:
    server = Server(binary, told.get("flags", []), told.get("environment", {}))
    for name, content in told.get("files", {}).items():
        path = server.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o600)
    return server.start()


if __name__ == "__main__":
    sys.exit(main())
