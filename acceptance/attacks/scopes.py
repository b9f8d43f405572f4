"""Signatures for another service, region or account than the one they are used for, and requests that name two operations."""

import boto3

from field import TREASURE, VICTIM, Field
from callers import ACCOUNT, OTHER, CONFIG, REGION, ROOTS, allow, is_, refused, root, stream, user
from wire import Request, answer, request, signed

MISMATCH = "InvalidSignatureException"


def a_signature_for_another_service(field: Field) -> None:
    field.passes(field.put())
    for service in ("kms", "sts", "iam", "s3", "anabranch", "Kinesis", "kinesis ", ""):
        found = answer(field.closed.address, signed(request(field.closed.address, "ListStreams", {}), ROOTS[VICTIM], service))
        assert found.status in (400, 403) and found.code != "AccessDeniedException", f"{service}: {found}"
    for service, other in [("kms", "kinesis"), ("sts", "iam"), ("iam", "sts")]:
        operation = {"kms": "ListKeys", "sts": "GetCallerIdentity", "iam": "ListUsers"}[service]
        unsigned = request(field.closed.address, operation, {}, service)
        field.passes(signed(unsigned, ROOTS[VICTIM], service))
        found = answer(field.closed.address, signed(unsigned, ROOTS[VICTIM], other))
        assert found.status in (400, 403), f"{operation} signed for {other}: {found}"


def a_signature_for_another_region(field: Field) -> None:
    """A region is a place of its own: what is signed for one reaches nothing in another, whatever it names."""
    field.passes(field.signed("DescribeStreamSummary", {"StreamARN": field.victim.stream}))
    for region in ("us-west-2", "eu-west-1"):
        for names in ({"StreamName": TREASURE}, {"StreamARN": field.victim.stream}):
            field.fails(field.signed("DescribeStreamSummary", names, region=region), "ResourceNotFoundException")
        field.fails(field.signed("GetRecords", {"ShardIterator": field.victim.iterator()}, region=region), "InvalidArgumentException")
        field.fails(field.signed("DescribeKey", {"KeyId": field.victim.key}, service="kms", region=region), "NotFoundException")
        is_(field.passes(field.signed("ListStreams", {}, region=region)).json()["StreamNames"], [])


def a_region_that_is_none(field: Field) -> None:
    put = field.put()
    field.passes(put)
    for region in ("*", "..", "US-EAST-1", "us-east-1%2Fkinesis", ""):
        found = answer(field.closed.address, put.authorized(f"/{REGION}/", f"/{region}/"))
        assert found.status == 400, found


def a_region_of_another_partition(field: Field) -> None:
    """Policies name ARNs of the partition: in another one the same user would have other ARNs, of which a denial says nothing."""
    policy = allow("iam:*")[:-2] + ', {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:iam::*:user/protected"}]}'
    root("iam").create_user(UserName="protected")
    mallory = user("partition-hopper", policy)
    get = {"UserName": "protected"}
    field.passes(field.signed("GetUser", {"UserName": "partition-hopper"}, mallory, "iam"))
    field.fails(field.signed("GetUser", get, mallory, "iam"), "AccessDenied", 403)
    for region in ("cn-north-1", "us-gov-west-1"):
        field.fails(field.signed("GetUser", get, mallory, "iam", region=region), "SignatureDoesNotMatch", 403)


def an_account_number_as_the_key(field: Field) -> None:
    """What an open server takes for an account is nobody on a closed one."""
    field.passes(field.put())
    for key in (VICTIM, "test", "000000000000", ""):
        found = answer(field.closed.address, field.put((key or "-", "test")))
        assert found.code == "UnrecognizedClientException", found


def one_development_account_in_anothers_streams(field: Field) -> None:
    """On an open server everybody is the administrator of one account, and nobody in another."""

    def kinesis(account: str):
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "any"}
        return boto3.client("kinesis", REGION, endpoint_url=field.open.endpoint, config=CONFIG, **keys)

    mine, theirs = kinesis(VICTIM), kinesis(OTHER)
    mine.create_stream(StreamName="open", ShardCount=1)
    arn = f"arn:aws:kinesis:{REGION}:{VICTIM}:stream/open"
    mine.put_record(StreamARN=arn, Data=b"x", PartitionKey="k")
    refused("AccessDeniedException", theirs.put_record, StreamARN=arn, Data=b"y", PartitionKey="k")
    refused("AccessDeniedException", theirs.delete_stream, StreamARN=arn)
    refused("ResourceNotFoundException", theirs.describe_stream, StreamName="open")
    is_(theirs.list_streams()["StreamNames"], [])


def a_form_of_one_service_signed_for_another(field: Field) -> None:
    mallory = user("forms", allow("sts:*"))
    field.passes(field.signed("GetCallerIdentity", {}, mallory, "sts"))
    for version in ("2011-06-15", "2010-05-08", ""):
        unsigned = request(field.closed.address, "CreateUser", {"UserName": "forged"}, "sts")
        unsigned = Request(unsigned.method, unsigned.target, unsigned.headers, unsigned.body.replace(b"2011-06-15", version.encode()))
        found = answer(field.closed.address, signed(unsigned, mallory, "sts"))
        assert found.status in (400, 403), found
    refused("NoSuchEntity", root("iam").get_user, UserName="forged")


def two_operations_in_one_request(field: Field) -> None:
    """What is served is what was judged, whatever else the request names."""
    stream("two-operations")
    lister = user("lists-only", allow("kinesis:ListStreams"))
    lists = field.signed("ListStreams", {}, lister)
    field.passes(lists)
    address = field.closed.address
    delete = '{"StreamName":"two-operations"}'
    target = ("X-Amz-Target", "Kinesis_20131202.ListStreams")
    base = (("Host", address), ("Content-Type", "application/x-amz-json-1.1"))
    both = [
        Request("POST", "/service/Kinesis_20131202/operation/DeleteStream", (*base, target), delete.encode()),
        Request("POST", "/?Action=DeleteStream", (*base, target), delete.encode()),
        Request("POST", "/?X-Amz-Target=Kinesis_20131202.DeleteStream", (*base, target), delete.encode()),
        Request("POST", "/", (*base, target), b'{"Action":"DeleteStream","StreamName":"two-operations"}'),
        Request("POST", "/", (*base, target, ("X-Http-Method-Override", "DELETE")), delete.encode()),
    ]
    for asked in both:
        found = answer(address, signed(asked, lister))
        if found.status == 200:
            assert "StreamNames" in found.json(), found
    for twice in (
        Request("POST", "/", (*base, target, ("X-Amz-Target", "Kinesis_20131202.DeleteStream")), delete.encode()),
        Request("POST", "/", (*base, ("X-Amz-Target", "Kinesis_20131202.DeleteStream"), target), delete.encode()),
    ):
        found = answer(address, signed(twice, lister))
        assert found.status != 200 or "StreamNames" in found.json(), found
    is_(root("kinesis").describe_stream_summary(StreamName="two-operations")["StreamDescriptionSummary"]["StreamStatus"], "ACTIVE")


def an_operation_in_an_odd_spelling(field: Field) -> None:
    lister = user("spells", allow("kinesis:liststreams"))
    field.passes(field.signed("ListStreams", {}, lister))
    base = (("Host", field.closed.address), ("Content-Type", "application/x-amz-json-1.1"))
    for target in (
        "Kinesis_20131202.deletestream",
        "kinesis_20131202.DeleteStream",
        "Kinesis_20131202..DeleteStream",
        "DeleteStream",
        "TrentService.DeleteStream",
        "Kinesis_20131202.DeleteStream,Kinesis_20131202.ListStreams",
    ):
        body = b'{"StreamName":"two-operations"}'
        found = answer(field.closed.address, signed(Request("POST", "/", (*base, ("X-Amz-Target", target)), body), ROOTS[ACCOUNT]))
        assert found.status >= 400, f"{target}: {found}"


ATTACKS = [
    a_signature_for_another_service,
    a_signature_for_another_region,
    a_region_that_is_none,
    a_region_of_another_partition,
    an_account_number_as_the_key,
    one_development_account_in_anothers_streams,
    a_form_of_one_service_signed_for_another,
    two_operations_in_one_request,
    an_operation_in_an_odd_spelling,
]
