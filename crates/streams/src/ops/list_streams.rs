use anabranch_api::kinesis::{Error, ListStreams, ListStreamsOutput, StreamSummary};
use anabranch_api::{Context, Serve};
use anabranch_types::StreamName;

use crate::limits::{LIST_STREAMS_CALLS, LIST_STREAMS_DEFAULT};
use crate::stored::Scope;
use crate::tokens::TokenKind;
use crate::{Streams, describe, errors};

impl Serve<ListStreams> for Streams {
    async fn serve(&self, cx: &Context, request: ListStreams) -> Result<ListStreamsOutput, Error> {
        self.count_call(cx, &LIST_STREAMS_CALLS)?;
        let after = match (&request.next_token, request.exclusive_start_stream_name) {
            (Some(_), Some(_)) => return Err(errors::token_and("ExclusiveStartStreamName")),
            (Some(token), None) => Some(self.open_streams_token(token)?),
            (None, name) => name,
        };
        let limit = request.limit.and_then(|l| usize::try_from(l).ok()).unwrap_or(LIST_STREAMS_DEFAULT);
        let scope = Scope { account: cx.account, region: cx.region.clone() };
        let (streams, more) = self.directory.page(&scope, after.as_ref(), limit);
        let last = streams.last().filter(|_| more).map(|s| &s.id.name);
        let next_token = last.map(|name| {
            self.tokens.seal(TokenKind::Streams, name.as_str().as_bytes(), self.clock.now()).into()
        });
        let summaries = streams.iter().map(|stream| {
            let stored = &stream.view().stored;
            StreamSummary {
                stream_name: stream.id.name.clone(),
                stream_arn: stream.arn.clone(),
                stream_status: describe::status(stored.status),
                stream_mode_details: Some(describe::mode(stored.mode)),
                stream_creation_timestamp: Some(stored.created()),
            }
        });
        Ok(ListStreamsOutput {
            stream_summaries: Some(summaries.collect()),
            stream_names: streams.iter().map(|s| s.id.name.clone()).collect(),
            has_more_streams: more,
            next_token,
        })
    }
}

impl Streams {
    /// The name after which the list goes on.
    fn open_streams_token(&self, token: &str) -> Result<StreamName, Error> {
        let opened = self.open_next_token(TokenKind::Streams, token)?;
        let name = String::from_utf8(opened.body).ok().and_then(StreamName::parse);
        name.ok_or_else(errors::invalid_next_token)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::harness::{bench, name};

    #[tokio::test]
    async fn names_come_sorted_and_in_pages_by_name_or_by_token() {
        let bench = bench().await;
        for stream in ["b", "a", "c"] {
            bench.create(stream, 1).await;
        }
        let first = bench.call(ListStreams { limit: Some(2), ..ListStreams::default() }).await.unwrap();
        assert_eq!(first.stream_names, [name("a"), name("b")]);
        assert!(first.has_more_streams);
        let by_name = ListStreams { exclusive_start_stream_name: Some(name("b")), ..ListStreams::default() };
        let by_token = ListStreams { next_token: first.next_token.clone(), ..ListStreams::default() };
        for request in [by_name, by_token] {
            let rest = bench.call(request).await.unwrap();
            assert_eq!(rest.stream_names, [name("c")]);
            assert_eq!((rest.has_more_streams, rest.next_token), (false, None));
            assert_eq!(rest.stream_summaries.unwrap()[0].stream_name, name("c"));
        }
        bench.clock.advance_to(bench.clock.now() + Duration::from_secs(301));
        let late = ListStreams { next_token: first.next_token, ..ListStreams::default() };
        assert_eq!(bench.refused(late).await.0, "ExpiredNextTokenException");
        let forged = ListStreams { next_token: Some("AAAA".into()), ..ListStreams::default() };
        assert_eq!(bench.refused(forged).await.0, "InvalidArgumentException");
    }
}
