use std::sync::Arc;

use anabranch_api::kinesis::{Error, ListShards, ListShardsOutput, ShardFilter, ShardFilterType};
use anabranch_api::{Context, Operation, Resource, Resources, Serve};
use anabranch_log::GroupId;
use anabranch_types::{ShardId, Timestamp};

use crate::limits::{LIST_SHARDS_CALLS, LIST_SHARDS_MAX};
use crate::stream::{Shard, Stream};
use crate::tokens::TokenKind;
use crate::{Streams, describe, errors};

/// Which shards of a stream are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    /// Every one that is retained.
    All,
    /// Those that were open at a time.
    OpenAt(Timestamp),
    /// Those that were open at a time or came later.
    From(Timestamp),
    /// Those that are open.
    Open,
}

/// What a NextToken carries: the stream, the filter, the last shard listed.
pub(crate) struct Continuation {
    group: GroupId,
    filter: Filter,
    after: ShardId,
}

impl Serve<ListShards> for Streams {
    fn resources(&self, cx: &Context, request: &ListShards) -> Result<Resources, Error> {
        let Some(token) = &request.next_token else { return Ok(request.resources(cx)) };
        let stream = self.stream_of(cx, &self.open_shards_token(token)?)?;
        Ok(vec![Resource { action: ListShards::ACTION, arn: stream.arn.to_string() }])
    }

    async fn serve(&self, cx: &Context, request: ListShards) -> Result<ListShardsOutput, Error> {
        let (stream, filter, after) = match &request.next_token {
            Some(token) => {
                refuse_beside_token(&request)?;
                let continuation = self.open_shards_token(token)?;
                (self.stream_of(cx, &continuation)?, continuation.filter, Some(continuation.after))
            }
            None => self.first_page(cx, &request)?,
        };
        let stream = self.within(cx, &LIST_SHARDS_CALLS, Ok(stream))?;
        let view = stream.view();
        if !view.serves_records() {
            // API_ListShards: ResourceInUseException unless the stream is ACTIVE; the KCL takes it to include UPDATING.
            return Err(errors::stream_not_active(&stream.id, describe::status(view.stored.status).as_str()));
        }
        let asked = request.max_results.and_then(|m| usize::try_from(m).ok());
        let limit = asked.unwrap_or(LIST_SHARDS_MAX).min(LIST_SHARDS_MAX);
        let horizon = self.horizon(&view);
        let mut rest =
            view.retained(horizon).filter(|s| after.is_none_or(|after| s.id() > after) && filter.takes(s));
        let page: Vec<_> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let next_token = page.last().filter(|_| more).map(|last| {
            let continuation = Continuation { group: stream.group, filter, after: last.id() };
            self.tokens.seal(TokenKind::Shards, &continuation.to_bytes(), self.clock.now()).into()
        });
        Ok(ListShardsOutput {
            shards: Some(page.into_iter().map(|s| describe::shard(s)).collect()),
            next_token,
        })
    }
}

impl Streams {
    fn first_page(
        &self,
        cx: &Context,
        request: &ListShards,
    ) -> Result<(Arc<Stream>, Filter, Option<ShardId>), Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let view = stream.view();
        let created = request.stream_creation_timestamp;
        if created.is_some_and(|c| c.seconds() != view.stored.created().seconds()) {
            return Err(errors::stream_not_found(&stream.id.name, stream.id.account));
        }
        let (filter, after_filter) = match &request.shard_filter {
            Some(filter) => Filter::of(filter, &stream, self.horizon(&view))?,
            None => (Filter::All, None),
        };
        let after = match &request.exclusive_start_shard_id {
            Some(id) => Some(id.parse().map_err(|_| errors::shard_not_found(id, &stream.id))?),
            None => after_filter,
        };
        Ok((stream, filter, after))
    }

    fn open_shards_token(&self, token: &str) -> Result<Continuation, Error> {
        let opened = self.open_next_token(TokenKind::Shards, token)?;
        Continuation::from_bytes(&opened.body).ok_or_else(errors::invalid_next_token)
    }

    /// The stream a token continues, in the region where it is; a deleted one's token leads nowhere.
    fn stream_of(&self, cx: &Context, continuation: &Continuation) -> Result<Arc<Stream>, Error> {
        let found = self.directory.by_group(continuation.group).filter(|s| s.id.region == cx.region);
        found.ok_or_else(errors::invalid_next_token)
    }
}

fn refuse_beside_token(request: &ListShards) -> Result<(), Error> {
    if request.stream_name.is_some() {
        return Err(errors::token_and_stream());
    }
    let beside = [
        (request.shard_filter.is_some(), "ShardFilter"),
        (request.exclusive_start_shard_id.is_some(), "ExclusiveStartShardId"),
        (request.stream_creation_timestamp.is_some(), "StreamCreationTimestamp"),
    ];
    match beside.into_iter().find(|(given, _)| *given) {
        Some((_, member)) => Err(errors::token_and(member)),
        None => Ok(()),
    }
}

impl Filter {
    /// The filter, and the shard after which it begins. A time before the horizon, or before the stream, is the horizon.
    fn of(
        filter: &ShardFilter,
        stream: &Stream,
        horizon: Timestamp,
    ) -> Result<(Self, Option<ShardId>), Error> {
        let kind = filter.r#type;
        let time = || -> Result<Timestamp, Error> {
            let time = filter.timestamp.ok_or_else(|| errors::filter_needs(kind.as_str(), "Timestamp"))?;
            Ok(time.max(horizon))
        };
        Ok(match kind {
            ShardFilterType::AtTrimHorizon => (Filter::OpenAt(horizon), None),
            ShardFilterType::FromTrimHorizon => (Filter::All, None),
            ShardFilterType::AtLatest => (Filter::Open, None),
            ShardFilterType::AtTimestamp => (Filter::OpenAt(time()?), None),
            ShardFilterType::FromTimestamp => (Filter::From(time()?), None),
            ShardFilterType::AfterShardId => {
                let id = filter.shard_id.as_ref();
                let id = id.ok_or_else(|| errors::filter_needs(kind.as_str(), "ShardId"))?;
                let id = id.parse().map_err(|_| errors::shard_not_found(id, &stream.id))?;
                (Filter::All, Some(id))
            }
        })
    }

    fn takes(self, shard: &Shard) -> bool {
        let closed = shard.stored.closed.map(|c| Timestamp::from_millis(c.at_ms));
        let open_after = |time| closed.is_none_or(|c| c > time);
        match self {
            Filter::All => true,
            Filter::Open => closed.is_none(),
            Filter::OpenAt(time) => shard.stored.created() <= time && open_after(time),
            Filter::From(time) => open_after(time),
        }
    }
}

impl Continuation {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (kind, time) = match self.filter {
            Filter::All => (0_u8, 0),
            Filter::OpenAt(time) => (1, time.millis()),
            Filter::From(time) => (2, time.millis()),
            Filter::Open => (3, 0),
        };
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&time.to_be_bytes());
        bytes.extend_from_slice(&self.group.0.to_be_bytes());
        bytes.extend_from_slice(&self.after.index().to_be_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (time, rest) = rest.split_first_chunk()?;
        let (group, rest) = rest.split_first_chunk()?;
        let time = Timestamp::from_millis(i64::from_be_bytes(*time));
        let filter = match kind {
            0 => Filter::All,
            1 => Filter::OpenAt(time),
            2 => Filter::From(time),
            3 => Filter::Open,
            _ => return None,
        };
        let after = ShardId::new(u32::from_be_bytes(rest.try_into().ok()?))?;
        Some(Self { group: GroupId(u64::from_be_bytes(*group)), filter, after })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::harness::{Bench, bench, name};

    async fn listed(bench: &Bench, request: ListShards) -> (Vec<u32>, Option<bytestring::ByteString>) {
        let page = bench.call(request).await.unwrap();
        (page.shards.unwrap().iter().map(|s| s.shard_id.index()).collect(), page.next_token)
    }

    #[tokio::test]
    async fn a_token_alone_goes_on_where_the_page_ended() {
        let bench = bench().await;
        bench.create("s", 5).await;
        let first =
            ListShards { stream_name: Some(name("s")), max_results: Some(3), ..ListShards::default() };
        let (ids, token) = listed(&bench, first).await;
        assert_eq!(ids, [0, 1, 2]);
        let next = ListShards { next_token: token, ..ListShards::default() };
        assert_eq!(listed(&bench, next.clone()).await, (vec![3, 4], None));

        for (beside, told) in [
            (
                ListShards { stream_name: Some(name("s")), ..next.clone() },
                "NextToken and StreamName cannot be provided together.",
            ),
            (
                ListShards { shard_filter: Some(ShardFilter::default()), ..next.clone() },
                "NextToken and ShardFilter cannot be provided together.",
            ),
        ] {
            assert_eq!(bench.refused(beside).await.1, told);
        }
        bench.advance(Duration::from_secs(301)).await;
        assert_eq!(bench.refused(next).await.0, "ExpiredNextTokenException");
    }

    #[tokio::test]
    async fn a_filter_gets_what_it_needs_or_is_refused() {
        let bench = bench().await;
        bench.create("s", 3).await;
        let filtered = |r#type, shard_id: Option<&str>, timestamp| ListShards {
            stream_name: Some(name("s")),
            shard_filter: Some(ShardFilter { r#type, shard_id: shard_id.map(Into::into), timestamp }),
            ..ListShards::default()
        };
        let long_ago = Some(Timestamp::from_millis(0));
        for (request, ids) in [
            (filtered(ShardFilterType::AfterShardId, Some("shardId-000000000000"), None), vec![1, 2]),
            (filtered(ShardFilterType::AtTrimHorizon, None, None), vec![0, 1, 2]),
            (filtered(ShardFilterType::FromTrimHorizon, None, None), vec![0, 1, 2]),
            (filtered(ShardFilterType::AtLatest, None, None), vec![0, 1, 2]),
            (filtered(ShardFilterType::AtTimestamp, None, long_ago), vec![0, 1, 2]),
            (filtered(ShardFilterType::FromTimestamp, None, long_ago), vec![0, 1, 2]),
        ] {
            assert_eq!(listed(&bench, request).await.0, ids);
        }
        for kind in
            [ShardFilterType::AfterShardId, ShardFilterType::AtTimestamp, ShardFilterType::FromTimestamp]
        {
            assert_eq!(bench.refused(filtered(kind, None, None)).await.0, "InvalidArgumentException");
        }
    }
}
