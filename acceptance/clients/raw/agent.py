"""The raw client of the scenario table: requests made by hand, signed with botocore's signer, for what no SDK would send.

An `http` step has `method` (POST), `path` (/), `headers`, and one of `body` (text), `json`, `cbor`, `hex`; `target` sets X-Amz-Target;
`sign` is `header` (default), `query` or `none`; `tamper` breaks what was signed: `signature`, `body`; `minutes` moves the date signed;
`unsigned` are headers added after signing ("" takes one away); `operation` names the call for the record of traffic. The answer has `status`, `headers` (lower case), `body`, `json`, `cbor`.
"""

import base64
import datetime
import hashlib
import http.client
import json
import re
import sys
from unittest import mock
from urllib.parse import urlsplit

import cbor2
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SECONDS = 30
TARGET = "Kinesis_20131202."


def body_of(told: dict) -> bytes:
    if "json" in told:
        return json.dumps(told["json"]).encode()
    if "cbor" in told:
        return cbor2.dumps(as_cbor(told["cbor"]))
    if "hex" in told:
        return bytes.fromhex(told["hex"])
    return told.get("body", "").encode()


def as_cbor(value):
    """A value as CBOR has it: times are tag 1, with whole milliseconds in AWS's own dialect, with seconds in Smithy's RPC v2."""
    if isinstance(value, list):
        return [as_cbor(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return base64.b64decode(value["$blob"])
    if "$time" in value:
        return cbor2.CBORTag(1, value["$time"])
    if "$seconds" in value:
        return cbor2.CBORTag(1, float(value["$seconds"]))
    return {key: as_cbor(element) for key, element in value.items()}


def as_json(value):
    """A value as AWS's JSON has it: blobs are base64, times are seconds."""
    if isinstance(value, list):
        return [as_json(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return value["$blob"]
    if "$time" in value:
        return value["$time"] / 1000
    return {key: as_json(element) for key, element in value.items()}


def from_cbor(value):
    if isinstance(value, bytes):
        return {"$blob": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [from_cbor(element) for element in value]
    if isinstance(value, dict):
        return {key: from_cbor(element) for key, element in value.items()}
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def signed(question: dict, told: dict, url: str, headers: dict, body: bytes) -> AWSRequest:
    request = AWSRequest(method=told.get("method", "POST"), url=url, headers=headers, data=body)
    how = told.get("sign", "header")
    if how == "none":
        return request
    kind = {"header": botocore.auth.SigV4Auth, "query": botocore.auth.SigV4QueryAuth}[how]
    credentials = Credentials(question["key"], question["secret"], told.get("token"))
    signer = kind(credentials, told.get("service", "kinesis"), told.get("scope_region", question["region"]))
    # For a query botocore would sign an empty body.
    signer.payload = lambda _: hashlib.sha256(body).hexdigest()
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=told.get("minutes", 0))
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: now.replace(tzinfo=None)):
        signer.add_auth(request)
    return request


def send(question: dict, told: dict) -> dict:
    endpoint, body = urlsplit(question["endpoint"]), body_of(told)
    headers = {"Content-Type": "application/x-amz-json-1.1", "Host": endpoint.netloc, **told.get("headers", {})}
    if "target" in told:
        headers["X-Amz-Target"] = told["target"]
    headers = {name: value for name, value in headers.items() if value}
    url = f"http://{headers.get('Host', endpoint.netloc)}{told.get('path', '/')}"
    request = signed(question, told, url, headers, body)
    path = urlsplit(request.url)
    made = dict(request.headers.items())
    if told.get("tamper") == "signature":
        made["Authorization"] = re.sub(r"Signature=.{4}", "Signature=0000", made["Authorization"])
    if told.get("tamper") == "body":
        body = body.replace(b"a", b"b", 1)
    for name, value in told.get("unsigned", {}).items():
        made.pop(name, None)
        if value:
            made[name] = value
    return answered(exchange(endpoint, told.get("method", "POST"), path.path + (f"?{path.query}" if path.query else ""), made, body))


def exchange(endpoint, method: str, path: str, headers: dict, body: bytes):
    connection = http.client.HTTPConnection(endpoint.hostname, endpoint.port, timeout=SECONDS)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def answered(exchanged) -> dict:
    response, body = exchanged
    headers = {name.lower(): value for name, value in response.getheaders()}
    output = {"status": response.status, "headers": headers, "body": body.decode(errors="replace")}
    if body and "cbor" in headers.get("content-type", ""):
        output["hex"] = body.hex()
        output["cbor"] = parsed(lambda: from_cbor(cbor2.loads(body)))
    elif body.startswith(b"{"):
        output["json"] = parsed(lambda: json.loads(body))
    answer = {"ok": response.status < 300, "status": response.status, "output": output}
    if not answer["ok"]:
        answer["code"], answer["message"] = refusal(output)
    return answer


def parsed(reading):
    try:
        return reading()
    except (ValueError, OverflowError, OSError, EOFError):
        return None


def refusal(output: dict) -> tuple[str | None, str | None]:
    document = output.get("json") or output.get("cbor")
    if isinstance(document, dict):
        code = document.get("__type") or output["headers"].get("x-amzn-errortype", "").split(":")[0] or None
        return code and code.split("#")[-1], document.get("message", document.get("Message"))
    code = re.search(r"<Code>(.*?)</Code>|<(\w+Exception)>", output["body"])
    message = re.search(r"<Message>(.*?)</Message>", output["body"], re.DOTALL)
    return code and (code[1] or code[2]), message and message[1]


def call(question: dict) -> dict:
    """A plain call of Kinesis: JSON 1.1, signed, with whatever the table says."""
    told = {"target": TARGET + question["operation"], "json": as_json(question["params"])}
    answer = send(question, told)
    answer["output"] = answer["output"].get("json") or {}
    return answer


def http_step(question: dict) -> dict:
    told = question["http"]
    answer = send(question, told)
    target = told.get("target", "")
    if "operation" in told:
        answer["about"] = {"service": told.get("service", "kinesis"), "operation": told["operation"]}
    elif target.startswith(TARGET):
        answer["about"] = {"service": "kinesis", "operation": target.removeprefix(TARGET)}
    return answer


def answer(question: dict) -> dict:
    try:
        return http_step(question) if "http" in question else call(question)
    except Exception as trouble:
        return {"broken": f"{type(trouble).__name__}: {trouble}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
