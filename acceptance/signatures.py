"""Random requests that botocore signs, sent as they are: the server has to take each, and to refuse it once anything signed was changed.

The operation is STS GetCallerIdentity, as a form (presigned in the query of a GET, as botocore has it), whatever stands beside it in the path, the
query and further headers.
"""

import http.client
import random
import string
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SEED = 20131202
REGIONS = ["us-east-1", "eu-central-1", "ap-south-2"]
# A plus sign in a query is one to botocore and a space to others; nobody sends it. A slash at the end is where paths of dots are told apart.
LETTERS = string.ascii_letters + string.digits + "-_.~"
ODD = LETTERS + " !$'()*,:;@&=?#/%\"ä€"
FORM = "Action=GetCallerIdentity&Version=2011-06-15"
TAKEN, REFUSED = 200, (403, "SignatureDoesNotMatch")


def check(endpoint: str, keys: list[tuple], requests: int) -> None:
    """Sends so many requests signed with each of the keys, one of them after the other, and as many changed ones."""
    chance = random.Random(SEED)
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    try:
        for number in range(requests):
            request = drawn(chance, endpoint, keys[number % len(keys)])
            found = answer(connection, request)
            assert found[0] == TAKEN, f"request {number} was refused: {request}: {found}"
            how = chance.choice(list(CHANGES))
            changed = CHANGES[how](chance, request)
            found = answer(connection, changed)
            assert found == REFUSED, f"request {number} with another {how}: {changed}: {found}"
    finally:
        connection.close()


def text(chance: random.Random, letters: str, most: int) -> str:
    return "".join(chance.choice(letters) for _ in range(chance.randrange(most + 1)))


def drawn(chance: random.Random, endpoint: str, keys: tuple) -> dict:
    """A signed request: method, target, headers in their order, body."""
    presigned = chance.random() < 0.5
    segments = [chance.choice([quote(text(chance, ODD, 6), safe="~"), ".", ".."]) for _ in range(chance.randrange(4))]
    path = "/" + "/".join([*segments, quote(text(chance, ODD, 6), safe="~").strip(".")])
    pairs = [(text(chance, LETTERS, 5) or "a", text(chance, ODD, 6)) for _ in range(chance.randrange(4))]
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs if name != "Action")
    body = FORM + "".join(f"&{quote(text(chance, LETTERS, 5) or 'a')}={quote(text(chance, ODD, 9), safe='')}" for _ in range(chance.randrange(3)))
    if presigned:
        query, body = f"{FORM}&{query}".rstrip("&"), ""
    request = AWSRequest("GET" if presigned else "POST", endpoint + path + ("?" + query if query else ""), data=body.encode())
    if not presigned:
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    for _ in range(chance.randrange(4)):
        spaced = "  ".join(text(chance, string.ascii_letters + '",;=/', 6) or "v" for _ in range(chance.randrange(1, 4)))
        name = "X-Amz-" + (text(chance, string.ascii_letters, 6) or "A")
        # One of a name: botocore signs all that were set and sends the last.
        if name not in request.headers:
            request.headers[name] = " " * chance.randrange(3) + spaced
    (SigV4QueryAuth if presigned else SigV4Auth)(Credentials(*keys), "sts", chance.choice(REGIONS)).add_auth(request)
    prepared = request.prepare()
    split = urlsplit(prepared.url)
    headers = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in prepared.headers.items()]
    target = prepared.url[len(f"{split.scheme}://{split.netloc}") :]
    return {"method": request.method, "target": target, "headers": headers, "body": body.encode(), "presigned": presigned}


def answer(connection: http.client.HTTPConnection, request: dict) -> tuple:
    """The status, and the error's code where it is one."""
    connection.putrequest(request["method"], request["target"], skip_accept_encoding=True)
    for name, value in request["headers"]:
        if name.lower() != "content-length":
            connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(request["body"])))
    connection.endheaders(request["body"])
    got = connection.getresponse()
    told = got.read().decode()
    return (got.status,) if got.status == TAKEN else (got.status, told.split("<Code>")[-1].split("</Code>")[0])


# --- what is changed


def other_path(_: random.Random, request: dict) -> dict:
    path, mark, query = request["target"].partition("?")
    return {**request, "target": f"{path}/zz{mark}{query}"}


def other_query(_: random.Random, request: dict) -> dict:
    path, mark, query = request["target"].partition("?")
    return {**request, "target": f"{path}?zz=1{'&' if mark else ''}{query}"}


def other_body(chance: random.Random, request: dict) -> dict:
    if request["presigned"]:
        # With a body the query is no form any more, and the request asks for nothing.
        return other_query(chance, request)
    return {**request, "body": request["body"] + b"&zz=1"}


def other_header(chance: random.Random, request: dict) -> dict:
    """One that was signed and says nothing about the signature itself."""
    signed = [name for name, _ in request["headers"] if name.lower().startswith("x-amz-")]
    signed = [name for name in signed if name.lower() not in ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256")]
    if request["presigned"] and not signed:
        return other_query(chance, request)
    name = chance.choice([*signed, *([] if request["presigned"] else ["Content-Type"])])
    changed = [(found, value + (";x=1" if found == name else "")) for found, value in request["headers"]]
    return {**request, "headers": changed}


def other_signature(chance: random.Random, request: dict) -> dict:
    def turned(text: str) -> str:
        at = text.rindex("Signature=") + len("Signature=") + chance.randrange(64)
        return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]

    if request["presigned"]:
        return {**request, "target": turned(request["target"])}
    return {**request, "headers": [(name, turned(value) if name == "Authorization" else value) for name, value in request["headers"]]}


CHANGES = {"path": other_path, "query": other_query, "body": other_body, "header": other_header, "signature": other_signature}
