"""Iterators and NextTokens: of others, changed, of another kind, too old."""

import base64

from field import TREASURE, VICTIM, Field
from callers import ACCOUNT, OTHER, ROOTS, advance, allow, client, is_, refused, root, stream, user


def anothers_iterator(field: Field) -> None:
    iterator = field.victim.iterator()
    is_(len(field.victim.kinesis.get_records(ShardIterator=iterator)["Records"]), 5)
    for keys in (ROOTS[OTHER], user("takes-iterators", allow("*"))):
        refused("AccessDeniedException", client("kinesis", keys).get_records, ShardIterator=iterator)
        refused("AccessDeniedException", client("kinesis", keys).get_records, ShardIterator=iterator, StreamARN=field.victim.stream)


def an_iterator_under_the_arn_of_ones_own_stream(field: Field) -> None:
    """The stream that is judged is the one inside the iterator."""
    own = stream("own-of-iterators", OTHER)
    kinesis, iterator = client("kinesis", ROOTS[OTHER]), field.victim.iterator()
    mine = kinesis.get_shard_iterator(StreamARN=own, ShardId="shardId-000000000000", ShardIteratorType="LATEST")["ShardIterator"]
    is_(kinesis.get_records(ShardIterator=mine, StreamARN=own)["Records"], [])
    refused("AccessDeniedException", kinesis.get_records, ShardIterator=iterator, StreamARN=own)


def an_iterator_in_the_hands_of_a_user_who_may_not_read(field: Field) -> None:
    stream("iterators-at-home")
    place = {"StreamName": "iterators-at-home", "ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}
    iterator = root("kinesis").get_shard_iterator(**place)["ShardIterator"]
    reader = client("kinesis", user("reads-iterators", allow("kinesis:GetRecords", "arn:aws:kinesis:*:*:stream/iterators-at-home")))
    reader.get_records(ShardIterator=iterator)
    other = client("kinesis", user("reads-others", allow("kinesis:GetRecords", "arn:aws:kinesis:*:*:stream/others")))
    refused("AccessDeniedException", other.get_records, ShardIterator=iterator)


def an_iterator_that_was_changed(field: Field) -> None:
    iterator = field.victim.iterator()
    field.passes(field.signed("GetRecords", {"ShardIterator": iterator}))
    whole = base64.b64decode(iterator)
    for at in range(len(whole)):
        forged = base64.b64encode(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]).decode()
        field.fails(field.signed("GetRecords", {"ShardIterator": forged}), "InvalidArgumentException")
    for forged in (iterator[:-24], base64.b64encode(whole + whole[-16:]).decode(), "A" * 512):
        field.fails(field.signed("GetRecords", {"ShardIterator": forged}), "InvalidArgumentException")


def an_iterator_made_of_parts_of_two(field: Field) -> None:
    stream("parts", OTHER)
    place = {"StreamName": "parts", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    mine, theirs = base64.b64decode(root("kinesis", OTHER).get_shard_iterator(**place)["ShardIterator"]), base64.b64decode(field.victim.iterator())
    field.passes(field.signed("GetRecords", {"ShardIterator": base64.b64encode(mine).decode()}, ROOTS[OTHER]))
    for cut in range(8, min(len(mine), len(theirs)), 8):
        for forged in (mine[:cut] + theirs[cut:], theirs[:cut] + mine[cut:]):
            if forged in (mine, theirs):
                continue
            field.fails(field.signed("GetRecords", {"ShardIterator": base64.b64encode(forged).decode()}, ROOTS[OTHER]), "InvalidArgumentException")


def an_iterator_after_its_time(field: Field) -> None:
    iterator = field.victim.iterator()
    field.passes(field.signed("GetRecords", {"ShardIterator": iterator}))
    advance(field.closed, 301)
    field.fails(field.signed("GetRecords", {"ShardIterator": iterator}), "ExpiredIteratorException")


def a_token_of_another_kind(field: Field) -> None:
    token = field.victim.kinesis.list_streams(Limit=1)["NextToken"]
    is_(field.victim.kinesis.list_streams(NextToken=token)["StreamNames"], [TREASURE])
    field.fails(field.signed("GetRecords", {"ShardIterator": token}), "InvalidArgumentException")
    refused("InvalidArgumentException", field.victim.kinesis.list_shards, NextToken=token)
    refused("InvalidArgumentException", field.victim.kinesis.list_streams, NextToken=field.victim.iterator())
    refused("InvalidArgumentException", field.victim.kinesis.list_stream_consumers, StreamARN=field.victim.stream, NextToken=token)


def anothers_token_of_shards(field: Field) -> None:
    stream("two-shards")
    kinesis = root("kinesis")
    kinesis.update_shard_count(StreamName="two-shards", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    token = kinesis.list_shards(StreamName="two-shards", MaxResults=1)["NextToken"]
    assert kinesis.list_shards(NextToken=token)["Shards"]
    refused("AccessDeniedException", root("kinesis", OTHER).list_shards, NextToken=token)
    refused("AccessDeniedException", root("kinesis", VICTIM).list_shards, NextToken=token)
    other = client("kinesis", user("lists-shards", allow("kinesis:*", "arn:aws:kinesis:*:*:stream/others")))
    refused("AccessDeniedException", other.list_shards, NextToken=token)


def anothers_token_of_streams(field: Field) -> None:
    """It may not open a door into the account that it was made for."""
    token = field.victim.kinesis.list_streams(Limit=1)["NextToken"]
    try:
        names = root("kinesis", OTHER).list_streams(NextToken=token)["StreamNames"]
    except root("kinesis").exceptions.ClientError:
        names = []
    assert TREASURE not in names and "scratch" not in names, names


def anothers_token_of_consumers(field: Field) -> None:
    kinesis = field.victim.kinesis
    stream("two-consumers", ACCOUNT)
    mine = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/two-consumers"
    for name in ("one", "two"):
        root("kinesis").register_stream_consumer(StreamARN=mine, ConsumerName=name)
    token = root("kinesis").list_stream_consumers(StreamARN=mine, MaxResults=1)["NextToken"]
    is_(len(root("kinesis").list_stream_consumers(StreamARN=mine, NextToken=token)["Consumers"]), 1)
    refused("AccessDeniedException", kinesis.list_stream_consumers, StreamARN=mine, NextToken=token)
    refused("InvalidArgumentException", kinesis.list_stream_consumers, StreamARN=field.victim.stream, NextToken=token)


ATTACKS = [
    anothers_iterator,
    an_iterator_under_the_arn_of_ones_own_stream,
    an_iterator_in_the_hands_of_a_user_who_may_not_read,
    an_iterator_that_was_changed,
    an_iterator_made_of_parts_of_two,
    an_iterator_after_its_time,
    a_token_of_another_kind,
    anothers_token_of_shards,
    anothers_token_of_streams,
    anothers_token_of_consumers,
]
