"""One row of the table: its set-up, its steps, and what was wrong."""

import json
import re
import time
import urllib.request
import uuid

import values

ROW_WORDS = {
    "id", "fast", "live", "needs", "not", "clients", "server", "account", "region", "step", "shards", "why",
    "unsendable",
}
STEP_WORDS = {
    "call", "service", "with", "error", "message", "expect", "bind", "within", "repeat", "read", "records", "close", "http", "as",
    "until_end", "accepted", "says", "advance_ms", "log",
}
ANY = "$any"
REFUSED_BY_MODEL = {"ValidationException", "ValidationError", "SerializationException"}
RETRY_SECONDS = 0.01
SETUP_SECONDS = 20
READ_SECONDS = 20


class Wrong(Exception):
    """What a step found that the table does not say."""


class Unsupported(Exception):
    """The client is too old for what a row asks."""


class Unsendable(Exception):
    """The client itself refuses to make what a row asks."""


class Row:
    """A row while it runs. `run` answers what was wrong, or None."""

    def __init__(self, run, row: dict, name: str):
        self.run_, self.row = run, row
        account = f"{uuid.uuid4().int % 10**12:012}" if row.get("account") == "own" else None
        server = run.server(row.get("server", "open"))
        self.where = {
            "endpoint": server.endpoint,
            "region": row.get("region", "us-east-1"),
            "key": account or "test",
            "secret": "test",
        }
        self.names = {
            "row": name,
            "account": account or "000000000000",
            "region": self.where["region"],
            "endpoint": server.endpoint,
            "i": 0,
            "now_ms": int(time.time() * 1000),
        }
        self.open = []

    def run(self) -> str | None:
        try:
            self.set_up()
            for number, step in enumerate(self.row.get("step", [self.row]), start=1):
                for turn in range(step.get("repeat", 1)):
                    self.names["turn"] = turn
                    try:
                        self.step(step)
                    except Wrong as wrong:
                        return f"step {number} ({self.label(step)}): {wrong}"
            return None
        except Wrong as wrong:
            return f"set-up: {wrong}"
        finally:
            for handle in self.open:
                self.run_.agent.ask({"close": handle})

    @staticmethod
    def label(step: dict) -> str:
        return step.get("call") or next(word for word in ("read", "close", "http", "advance_ms", "log") if word in step)

    def set_up(self) -> None:
        match self.row.get("needs"):
            case None:
                return
            case "stream":
                name = f"{self.names['row']}-stream"
                self.make_stream(name)
            case "shared":
                key = (self.where["endpoint"], self.where["region"])
                if key not in self.run_.shared:
                    self.make_stream(f"shared-{self.run_.tag}")
                    self.run_.shared[key] = f"shared-{self.run_.tag}"
                name = self.run_.shared[key]
            case other:
                raise Wrong(f"nobody knows how to make `{other}`")
        self.names["stream"] = name
        self.names["stream_arn"] = f"arn:aws:kinesis:{self.names['region']}:{self.names['account']}:stream/{name}"

    def make_stream(self, name: str) -> None:
        shards = self.row.get("shards", 1)
        self.prepare("CreateStream", {"StreamName": name, "ShardCount": shards})
        deadline = time.monotonic() + SETUP_SECONDS
        while self.prepare("DescribeStream", {"StreamName": name})["StreamDescription"]["StreamStatus"] != "ACTIVE":
            if time.monotonic() > deadline:
                raise Wrong(f"stream {name} was not ACTIVE after {SETUP_SECONDS} s")
            time.sleep(RETRY_SECONDS)

    def prepare(self, operation: str, params: dict) -> dict:
        """A call that the row stands on, made by the set-up client and no part of the traffic."""
        answer = self.run_.setup.ask({**self.where, "service": "kinesis", "operation": operation, "params": params})
        if not answer.get("ok"):
            raise Wrong(f"{operation}: {answer}")
        return answer["output"]

    def step(self, step: dict) -> None:
        """Makes a step, again until it is as expected where the table gives it time."""
        deadline = time.monotonic() + step.get("within", 0)
        while True:
            try:
                return self.once(step)
            except Wrong:
                if "read" in step or time.monotonic() >= deadline:
                    raise
                time.sleep(RETRY_SECONDS)

    def once(self, step: dict) -> None:
        if "advance_ms" in step:
            return self.advance(step["advance_ms"])
        if "log" in step:
            return self.in_log(step["log"])
        if "read" in step:
            answer = self.read(step)
        elif "close" in step:
            handle = values.expand(step["close"], self.names)
            self.open.remove(handle)
            answer = self.ask({"close": handle})
        else:
            answer = self.call(step)
        self.judge(step, answer)

    def call(self, step: dict) -> dict:
        where = {**self.where, **values.expand(step.get("as", {}), self.names)}
        if "http" in step:
            answer = self.ask({**where, "http": values.expand(step["http"], self.names)})
            if about := answer.get("about"):
                self.run_.traffic.call(about["service"], about["operation"], {}, answer)
            return answer
        service, operation = step.get("service", "kinesis"), step["call"]
        params = values.expand(step.get("with", {}), self.names)
        answer = self.ask({**where, "service": service, "operation": operation, "params": params})
        self.run_.traffic.call(service, operation, params, answer)
        if handle := answer.get("output", {}).get("Subscription"):
            self.open.append(handle)
        return answer

    def read(self, step: dict) -> dict:
        """Reads a subscription; the answer also has the records of all its events in one list."""
        records = None if step.get("until_end") else step.get("records", 0)
        seconds = step.get("within", READ_SECONDS)
        answer = self.ask({"read": values.expand(step["read"], self.names), "records": records, "seconds": seconds})
        if answer["ok"]:
            events = answer["output"]["Events"]
            answer["output"]["Records"] = [record for event in events for record in event.get("Records", event.get("sessionResults", []))]
        return answer

    def advance(self, milliseconds: int) -> None:
        """Moves the test clock of the row's server forward."""
        body = json.dumps({"advance_ms": milliseconds}).encode()
        urllib.request.urlopen(f"{self.where['endpoint']}/_anabranch/clock", data=body, timeout=READ_SECONDS).close()

    def in_log(self, pattern: str) -> None:
        """Looks for the last line of the server's log that fits; the pattern's named groups are bound."""
        lines = reversed(self.run_.server(self.row.get("server", "open")).log().splitlines())
        pattern = values.expand(pattern, self.names)
        found = next((match for line in lines if (match := re.search(pattern, line))), None)
        if not found:
            raise Wrong(f"no line of the server's log is like {pattern!r}")
        self.names |= found.groupdict()

    def ask(self, question: dict) -> dict:
        answer = self.run_.agent.ask(question)
        if reason := answer.get("unsupported"):
            raise Unsupported(reason)
        if reason := answer.get("unsendable"):
            raise Unsendable(reason)
        if "broken" in answer:
            raise Wrong(f"the client broke: {answer['broken']}")
        return answer

    def judge(self, step: dict, answer: dict) -> None:
        wanted = step.get("error")
        if isinstance(wanted, dict):
            wanted = wanted.get(self.run_.chosen.client, wanted.get("default"))
        if step.get("accepted") and not answer["ok"]:
            refused = answer["code"] in REFUSED_BY_MODEL or "validation error" in (answer.get("message") or "")
            if refused or (answer.get("status") or 400) >= 500:
                raise Wrong(f"{answer['code']}: {answer.get('message')}; the model allows this")
            return
        if wanted is None and not answer["ok"]:
            raise Wrong(f"{answer['code']}: {answer.get('message')}")
        if wanted is not None:
            if answer["ok"]:
                raise Wrong(f"succeeded, wanted {wanted}; {values.show(answer.get('output'))}")
            if wanted not in (ANY, answer["code"]):
                raise Wrong(f"{answer['code']}: {answer.get('message')}; wanted {wanted}")
            self.judge_message(step.get("message"), answer.get("message"))
            says = values.expand(step.get("says", []), self.names)
            for part in [says] if isinstance(says, str) else says:
                if part not in (answer.get("message") or ""):
                    raise Wrong(f"message is {values.show(answer.get('message'))}, wanted in it {part!r}")
        output = answer.get("output", {})
        for path, expected in step.get("expect", {}).items():
            if complaint := values.complaint(values.at(output, path), expected, self.names):
                raise Wrong(f"{path} {complaint}")
        for name, path in step.get("bind", {}).items():
            self.names[name] = values.at(output, path)
            if self.names[name] is values.ABSENT:
                raise Wrong(f"{path} is absent, so ${name} cannot be bound")

    def judge_message(self, wanted: str | None, found: str | None) -> None:
        if wanted is None:
            return
        if wanted.startswith("~"):
            pattern = values.expand(wanted[1:], self.names)
            if complaint := values.complaint(found, {"like": pattern}, self.names):
                raise Wrong(f"message {complaint}")
        elif found != values.expand(wanted, self.names):
            raise Wrong(f"message is {values.show(found)}, wanted {values.show(values.expand(wanted, self.names))}")
