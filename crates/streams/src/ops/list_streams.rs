use anabranch_api::kinesis::{Error, ListStreams, ListStreamsOutput, StreamSummary};
use anabranch_api::{Context, Serve};
use anabranch_types::StreamName;

use crate::limits::LIST_STREAMS_DEFAULT;
use crate::stored::Scope;
use crate::tokens::TokenKind;
use crate::{Streams, describe, errors};

impl Serve<ListStreams> for Streams {
    async fn serve(&self, cx: &Context, request: ListStreams) -> Result<ListStreamsOutput, Error> {
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
