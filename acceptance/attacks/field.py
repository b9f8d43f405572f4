"""What is attacked: a closed and an open server, and on the closed one a victim of whom nothing may change.

Three accounts have root access keys: the victim's, the one that most attackers are users of (`ACCOUNT`), and one of strangers (`OTHER`).
"""

import json
import os
import time
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import ClientError

import identities
from agents import environment
from callers import ROOTS, client
from provider import ISSUER, Provider
from server import Server
from wire import Answer, Request, answer, request, signed

VICTIM = "777788889999"
ROOTS[VICTIM] = ("AKIAACCEPTANCE000003", "six/secret+of+forty+characters/cccccccccc")
CREDENTIALS = "\n".join(
    f"[{account}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\naws_account_id = {account}\n"
    for account, (key, secret) in ROOTS.items()
)
# What a server under attack may take; it is told to keep within it.
MEMORY_MAX_MIB = 256
# A server that is well says so at once, on a machine that is busy with other things.
READY_SECONDS_MAX = 5.0
FLAGS = ["--limits", "off", "--memory-max", f"{MEMORY_MAX_MIB}MiB"]
TREASURE = "treasure"


class Field:
    def __init__(self, place: Path):
        roots = place / "credentials"
        roots.touch(mode=0o600)
        roots.write_text(CREDENTIALS)
        binary = os.environ["ANABRANCH_BINARY"]
        self.provider = Provider(place)
        # What was begun and is to be closed before the servers are.
        self.at_end = ExitStack()
        told = ["--web-identity", f"{ISSUER}={self.provider.key_set}", "--log-level", "debug"]
        self.closed = Server(binary, [*FLAGS, "--credentials", str(roots), "--test-clock", *told])
        self.open = Server(binary, FLAGS)

    def start(self) -> None:
        for server in (self.closed, self.open):
            server.start()
        os.environ.update(environment(self.closed.endpoint))
        self.victim = Victim()
        self.before = self.victim.state()

    def stop(self) -> int:
        """The worse of the exit codes. Nothing is waited for any more."""
        self.at_end.close()
        return max((server.stop() for server in (self.closed, self.open)), key=abs)

    def discard(self) -> None:
        for server in (self.closed, self.open):
            server.discard()

    def untouched(self) -> None:
        """Both servers are well, within their memory, and the victim has what it had."""
        for server in (self.closed, self.open):
            assert server.process.poll() is None, f"the server ended with {server.process.returncode}: {server.log()}"
            begun = time.monotonic()
            ready = answer(server.address, Request("GET", "/readyz", (("Host", server.address),)))
            took = time.monotonic() - begun
            assert ready.status == 200 and took < READY_SECONDS_MAX, f"{ready} after {took:.2f} s"
            assert (most := resident_mib(server)) < MEMORY_MAX_MIB, f"{most} MiB are resident"
            assert "panicked" not in (log := whole_log(server)), log[max(0, log.find("panicked") - 500) :][:2000]
        now = self.victim.state()
        before, self.before = self.before, now
        assert now == before, f"the victim's state has changed: {difference(before, now)}"

    # --- requests to the closed server

    def signed(self, operation: str, params: dict, keys: tuple = ROOTS[VICTIM], service: str = "kinesis", **how) -> Request:
        """A signed call; `how` is what `wire.signed` takes beside, and headers."""
        signing = {name: how.pop(name) for name in ("region", "minutes", "query") if name in how}
        return signed(request(self.closed.address, operation, params, service, **how), keys, service, **signing)

    def put(self, keys: tuple = ROOTS[VICTIM], name: str = "scratch", **how) -> Request:
        """A signed PutRecord, of the victim into a stream of its own that is no treasure."""
        return self.signed("PutRecord", {"StreamName": name, "PartitionKey": "k", "Data": "eA=="}, keys, **how)

    def passes(self, sent: Request) -> Answer:
        """The legitimate twin of an attack."""
        found = answer(self.closed.address, sent)
        assert found.status == 200, f"the legitimate twin was refused: {found}"
        return found

    def fails(self, sent: Request, code: str, status: int = 400) -> Answer:
        found = answer(self.closed.address, sent)
        assert (found.status, found.code) == (status, code), f"not {status} {code}: {found}"
        return found


class Victim:
    """An account with records, a key, a user, a role and a policy."""

    def __init__(self):
        self.kinesis, self.kms, self.iam, self.sts = (client(name, ROOTS[VICTIM]) for name in ("kinesis", "kms", "iam", "sts"))
        self.stream = identities.stream(TREASURE, VICTIM)
        identities.stream("scratch", VICTIM)
        self.consumer = self.kinesis.register_stream_consumer(StreamARN=self.stream, ConsumerName="reader")["Consumer"]["ConsumerARN"]
        self.kinesis.put_records(StreamName=TREASURE, Records=[{"Data": f"jewel {i}".encode(), "PartitionKey": str(i)} for i in range(5)])
        self.key = self.kms.create_key(Description="the victim's")["KeyMetadata"]["Arn"]
        self.kms.create_alias(AliasName="alias/victim", TargetKeyId=self.key)
        self.sealed = self.kms.encrypt(KeyId=self.key, Plaintext=b"the victim's secret", EncryptionContext={"of": "victim"})["CiphertextBlob"]
        self.iam.create_user(UserName="heir")
        self.iam.create_role(RoleName="steward", AssumeRolePolicyDocument=identities.trust(VICTIM))
        self.policy = self.iam.create_policy(PolicyName="all", PolicyDocument=identities.allow("*"))["Policy"]["Arn"]
        self.iam.attach_role_policy(RoleName="steward", PolicyArn=self.policy)
        self.steward = f"arn:aws:iam::{VICTIM}:role/steward"

    def iterator(self, name: str = TREASURE, kind: str = "TRIM_HORIZON") -> str:
        return self.kinesis.get_shard_iterator(StreamName=name, ShardId="shardId-000000000000", ShardIteratorType=kind)["ShardIterator"]

    def state(self) -> str:
        """All that must stay as it is."""
        details = self.iam.get_account_authorization_details()
        kept = {name: details[name] for name in ("UserDetailList", "RoleDetailList", "Policies", "GroupDetailList")}
        for role in kept["RoleDetailList"]:
            role.pop("RoleLastUsed", None)
        summary = self.kinesis.describe_stream_summary(StreamName=TREASURE)["StreamDescriptionSummary"]
        records = self.kinesis.get_records(ShardIterator=self.iterator())["Records"]
        try:
            policy = self.kinesis.get_resource_policy(ResourceARN=self.stream)["Policy"]
        except ClientError as error:
            policy = error.response["Error"]["Code"]
        keys = [self.kms.describe_key(KeyId=key["KeyArn"])["KeyMetadata"] for key in self.kms.list_keys()["Keys"]]
        opened = self.kms.decrypt(CiphertextBlob=self.sealed, EncryptionContext={"of": "victim"})["Plaintext"]
        grants = self.kms.list_grants(KeyId=self.key)["Grants"]
        streams = self.kinesis.list_streams()["StreamNames"]
        tags = self.kinesis.list_tags_for_stream(StreamName=TREASURE)["Tags"]
        whole = [kept, summary, [record["Data"] for record in records], policy, keys, opened, grants, streams, tags]
        return json.dumps(whole, default=str, sort_keys=True)


def difference(before: str, now: str) -> str:
    at = next((at for at, (one, other) in enumerate(zip(before, now)) if one != other), min(len(before), len(now)))
    return f"…{before[max(0, at - 60) : at + 60]}… is now …{now[max(0, at - 60) : at + 60]}…"


def resident_mib(server: Server, what: str = "VmRSS") -> int:
    """MiB of memory that the server's process has now, or (`VmHWM`) had at the most."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) // 1024


def cpu_seconds(server: Server) -> float:
    """Seconds of processors that the server's process has used."""
    words = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system = int(words[11]), int(words[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def whole_log(server: Server) -> str:
    return (server.place / "log").read_text(errors="replace")
