"""Signatures that are missing, changed, of somebody else, or old."""

import hashlib
import re
import string

from field import VICTIM, Field
from callers import ACCOUNT, OTHER, ROOTS, advance, allow, client, keys_of, role, root, stream, trust, user
from wire import Request, answer, request, send, signed

MISMATCH = "InvalidSignatureException"


def no_signature_at_all(field: Field) -> None:
    put = field.put()
    field.passes(put)
    field.fails(put.without("Authorization"), "MissingAuthenticationTokenException")
    for service, operation, code, status in [
        ("kms", "ListKeys", "MissingAuthenticationTokenException", 400),
        ("sts", "GetCallerIdentity", "MissingAuthenticationToken", 403),
        ("iam", "ListUsers", "MissingAuthenticationToken", 403),
        ("monitoring", "ListMetrics", None, None),
    ]:
        found = answer(field.closed.address, request(field.closed.address, operation, {}, service))
        assert found.status >= 400, f"{service}: {found}"
        assert code is None or (found.code, found.status) == (code, status), f"{service}: {found}"


def an_empty_or_shortened_signature(field: Field) -> None:
    put = field.put()
    field.passes(put)
    field.fails(put.authorized("Signature=.*", "Signature="), "IncompleteSignatureException")
    for by in (r"Signature=\g<1>", r"Signature=\g<1>00", "Signature=0", "Signature=" + "0" * 64):
        field.fails(put.authorized(r"Signature=(\w{62}).*", by), MISMATCH)
    field.fails(put.authorized("Signature=(.*)", f"Signature={put.header('Authorization')[-64:].upper()}"), MISMATCH)


def a_signature_with_one_digit_changed(field: Field) -> None:
    put = field.put()
    field.passes(put)
    right = re.search("Signature=(.*)", put.header("Authorization"))[1]
    for at in range(64):
        digit = "0" if right[at] != "0" else "1"
        field.fails(put.authorized("Signature=.*", f"Signature={right[:at]}{digit}{right[at + 1 :]}"), MISMATCH)


def a_body_that_was_changed(field: Field) -> None:
    put = field.put()
    field.passes(put)
    changed = Request(put.method, put.target, put.headers, put.body.replace(b"eA==", b"eQ=="))
    field.fails(changed, MISMATCH)
    field.fails(Request(put.method, put.target, put.headers, put.body + b" "), MISMATCH)


def a_body_under_the_hash_of_another(field: Field) -> None:
    body = field.put().body
    sum_of = {"X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest()}
    put = field.put(**sum_of)
    field.passes(put)
    field.fails(Request(put.method, put.target, put.headers, body.replace(b"eA==", b"eQ==")), MISMATCH)


def a_body_said_to_be_unsigned(field: Field) -> None:
    field.passes(field.put())
    for word in ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", ""):
        unsigned = field.put(**{"X-Amz-Content-Sha256": word})
        field.fails(unsigned, MISMATCH)
        field.fails(Request(unsigned.method, unsigned.target, unsigned.headers, b'{"StreamName":"treasure"}'), MISMATCH)


def a_method_path_or_query_that_was_changed(field: Field) -> None:
    put = field.put()
    field.passes(put)
    for method, target in [("PUT", "/"), ("POST", "/other"), ("POST", "/?a=b"), ("POST", "/%2F"), ("POST", "/?X-Amz-Signature2=a")]:
        field.fails(Request(method, target, put.headers, put.body), MISMATCH)


def another_operation_under_the_same_signature(field: Field) -> None:
    describe = field.signed("DescribeStream", {"StreamName": "treasure"})
    field.passes(describe)
    field.fails(describe.with_header("X-Amz-Target", "Kinesis_20131202.DeleteStream"), MISMATCH)


def each_signed_header_changed_or_taken_away(field: Field) -> None:
    put = field.put(**{"X-Amz-Meta": "one", "X-Other": "two"})
    field.passes(put)
    names = re.search("SignedHeaders=([^,]*)", put.header("Authorization"))[1].split(";")
    assert {"host", "x-amz-date", "x-amz-target", "x-amz-meta", "content-type", "x-other"} <= set(names), names
    for name in names:
        value = put.header(name)
        other = re.sub(r"\d(?=\D*$)", lambda digit: str(9 - int(digit[0])), value, count=1) if name == "x-amz-date" else value + "x"
        for changed in (put.with_header(name, other), put.without(name)):
            if name == "host":
                changed = changed if changed != put.without(name) else put.with_header(name, "elsewhere")
            found = answer(field.closed.address, changed)
            assert found.status in (400, 403), f"{name}: {found}"


def a_shorter_list_of_signed_headers(field: Field) -> None:
    put = field.put()
    field.passes(put)
    for name in ("host", "x-amz-date", "x-amz-target"):
        field.fails(put.authorized(f"{name};|;{name}(?=,)", ""), MISMATCH)
    field.fails(put.authorized("content-type;", ""), MISMATCH)
    field.fails(put.authorized("SignedHeaders=[^,]*", "SignedHeaders="), "IncompleteSignatureException")


def headers_of_awss_that_nobody_signed(field: Field) -> None:
    put = field.put()
    field.passes(put.and_header("X-Other", "whatever"))
    for name in ("X-Amz-Security-Token", "X-Amz-Content-Sha256", "X-Amz-Meta", "X-Amz-Source-Arn"):
        field.fails(put.and_header(name, "a"), MISMATCH)


def an_algorithm_of_ones_own(field: Field) -> None:
    put = field.put()
    field.passes(put)
    for algorithm in ("AWS4-HMAC-SHA1", "AWS4-HMAC-SHA256-PAYLOAD", "AWS4-ECDSA-P256-SHA256", "none", "AWS3", "Bearer"):
        field.fails(put.authorized("^AWS4-HMAC-SHA256", algorithm), "IncompleteSignatureException")


def a_signature_in_the_header_and_another_in_the_query(field: Field) -> None:
    put, url = field.put(), field.put(query=True)
    field.passes(put)
    field.passes(url)
    field.fails(url.and_header("Authorization", put.header("Authorization")), MISMATCH)


def two_authorizations(field: Field) -> None:
    put, forged = (
        field.put(),
        "AWS4-HMAC-SHA256 Credential=AKIAACCEPTANCE000003/20200101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0",
    )
    field.passes(put)
    own = signed(request(field.closed.address, "DeleteStream", {"StreamName": "treasure"}), ROOTS[OTHER])
    for two in (put.before("Authorization", forged), own.and_header("Authorization", put.header("Authorization"))):
        found = answer(field.closed.address, two)
        assert found.status in (400, 403), found


def a_replay_after_the_window(field: Field) -> None:
    field.passes(field.put(minutes=-4))
    field.fails(field.put(minutes=-6), MISMATCH)
    field.fails(field.put(minutes=6), MISMATCH)
    who = {"operation": "GetCallerIdentity", "params": {}, "service": "sts"}
    field.passes(field.signed(**who, minutes=-14))
    field.fails(field.signed(**who, minutes=-16), "SignatureDoesNotMatch", 403)


def a_replay_with_a_newer_date(field: Field) -> None:
    old, new = field.put(minutes=-6), field.put()
    field.passes(new)
    field.fails(old, MISMATCH)
    field.fails(old.with_header("X-Amz-Date", new.header("X-Amz-Date")), MISMATCH)
    day = r"Credential=([^/]*)/\d*/"
    field.fails(new.authorized(day, r"Credential=\1/20200101/"), MISMATCH)


def a_presigned_url_after_the_window_whatever_it_says(field: Field) -> None:
    url = field.put(query=True)
    field.passes(url)
    field.fails(Request(url.method, url.target.replace("X-Amz-Expires=3600", "X-Amz-Expires=604800"), url.headers, url.body), MISMATCH)
    field.fails(field.put(query=True, minutes=-6), MISMATCH)


def a_presigned_url_that_was_changed(field: Field) -> None:
    url = field.put(query=True)
    field.passes(url)
    for pattern, by in [
        ("%2Fkinesis%2F", "%2Fkms%2F"),
        ("SignedHeaders=", "SignedHeaders=x%3B"),
        ("X-Amz-Credential=AKIAACCEPTANCE000003", "X-Amz-Credential=AKIAACCEPTANCE000002"),
        ("$", "&Action=DeleteStream"),
    ]:
        target, times = re.subn(pattern, by, url.target, count=1)
        assert times == 1, url.target
        field.fails(Request(url.method, target, url.headers, url.body), MISMATCH)


def the_test_clock_moved_under_a_signature(field: Field) -> None:
    """The window is judged by the machine's clock, which nobody moves by a call."""
    old = field.put(minutes=-6)
    advance(field.closed, 7 * 60)
    field.passes(field.put())
    field.fails(old, MISMATCH)
    field.fails(field.put(minutes=7), MISMATCH)


def guesses_of_a_secret(field: Field) -> None:
    key, secret = ROOTS[VICTIM]
    field.passes(field.put((key, secret)))
    for guess in ("", key, secret[:-1], secret + " ", secret.upper(), "AWS4" + secret, *string.ascii_lowercase):
        field.fails(field.put((key, guess or " ")), MISMATCH)


def somebody_elses_key_id_with_ones_own_secret(field: Field) -> None:
    mine = user("mallory-signs", allow("*"))
    stream("mallory-signs")
    field.passes(field.put(mine, "mallory-signs"))
    field.fails(field.put((ROOTS[VICTIM][0], mine[1])), MISMATCH)
    field.fails(field.put((mine[0], ROOTS[VICTIM][1]), "mallory-signs"), MISMATCH)
    field.fails(field.put(("AKIANOBODY0000000000", mine[1])), "UnrecognizedClientException")
    credential = field.put(mine, "mallory-signs").authorized(f"Credential={mine[0]}", f"Credential={ROOTS[VICTIM][0]}")
    field.fails(credential, MISMATCH)


def a_key_that_was_taken_away(field: Field) -> None:
    stream("revoked")
    keys, iam = user("revoked", allow("kinesis:*")), root("iam")
    captured = field.put(keys, "revoked")
    field.passes(captured)
    iam.update_access_key(UserName="revoked", AccessKeyId=keys[0], Status="Inactive")
    field.fails(captured, "UnrecognizedClientException")
    iam.update_access_key(UserName="revoked", AccessKeyId=keys[0], Status="Active")
    field.passes(captured)
    iam.delete_access_key(UserName="revoked", AccessKeyId=keys[0])
    field.fails(captured, "UnrecognizedClientException")


def a_session_without_its_token_or_with_another(field: Field) -> None:
    stream("session-tokens")
    sts = client("sts", user("sessions-two", allow("sts:*")))
    arn = role("session-tokens", trust(ACCOUNT), allow("kinesis:*"))
    one, two = (keys_of(sts.assume_role(RoleArn=arn, RoleSessionName=name)) for name in ("one", "two"))
    field.passes(field.put(one, "session-tokens"))
    unknown = "UnrecognizedClientException"
    field.fails(field.put(one[:2], "session-tokens"), unknown)
    field.fails(field.put((*one[:2], two[2]), "session-tokens"), unknown)
    field.fails(field.put((*ROOTS[VICTIM], one[2])), unknown)
    for at in range(0, len(one[2]), 37):
        changed = one[2][:at] + ("A" if one[2][at] != "A" else "B") + one[2][at + 1 :]
        field.fails(field.put((*one[:2], changed), "session-tokens"), unknown)


def a_session_after_its_end(field: Field) -> None:
    stream("session-ends")
    sts = client("sts", user("sessions-end", allow("sts:*")))
    arn = role("session-ends", trust(ACCOUNT), allow("kinesis:*"))
    keys = keys_of(sts.assume_role(RoleArn=arn, RoleSessionName="s1", DurationSeconds=900))
    field.passes(field.put(keys, "session-ends"))
    advance(field.closed, 901)
    field.fails(field.put(keys, "session-ends"), "ExpiredTokenException")


def authority_left_on_a_connection(field: Field) -> None:
    """A connection has no caller: each request is judged by its own signature."""
    put = field.put()
    unsigned = request(field.closed.address, "DeleteStream", {"StreamName": "treasure"})
    found = send(field.closed.address, put.bytes() + unsigned.bytes() + put.bytes())
    assert [one.status for one in found] == [200, 400, 200], [str(one) for one in found]
    assert found[1].code == "MissingAuthenticationTokenException", found[1]


ATTACKS = [
    no_signature_at_all,
    an_empty_or_shortened_signature,
    a_signature_with_one_digit_changed,
    a_body_that_was_changed,
    a_body_under_the_hash_of_another,
    a_body_said_to_be_unsigned,
    a_method_path_or_query_that_was_changed,
    another_operation_under_the_same_signature,
    each_signed_header_changed_or_taken_away,
    a_shorter_list_of_signed_headers,
    headers_of_awss_that_nobody_signed,
    an_algorithm_of_ones_own,
    a_signature_in_the_header_and_another_in_the_query,
    two_authorizations,
    a_replay_after_the_window,
    a_replay_with_a_newer_date,
    a_presigned_url_after_the_window_whatever_it_says,
    a_presigned_url_that_was_changed,
    the_test_clock_moved_under_a_signature,
    guesses_of_a_secret,
    somebody_elses_key_id_with_ones_own_secret,
    a_key_that_was_taken_away,
    a_session_without_its_token_or_with_another,
    a_session_after_its_end,
    authority_left_on_a_connection,
]
