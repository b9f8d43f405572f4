use std::ops::Bound::{Excluded, Unbounded};

use anabranch_api::kinesis::{Error, ListStreamConsumers, ListStreamConsumersOutput};
use anabranch_api::{Context, Operation, Resource, Resources, Serve};

use crate::limits::{LIST_STREAM_CONSUMERS_CALLS, LIST_STREAM_CONSUMERS_MAX};
use crate::tokens::TokenKind;
use crate::{Streams, describe, errors};

impl Serve<ListStreamConsumers> for Streams {
    fn resources(&self, _: &Context, request: &ListStreamConsumers) -> Result<Resources, Error> {
        Ok(vec![Resource { action: ListStreamConsumers::ACTION, arn: request.stream_arn.to_string() }])
    }

    async fn serve(
        &self,
        cx: &Context,
        request: ListStreamConsumers,
    ) -> Result<ListStreamConsumersOutput, Error> {
        let found = self.find_stream(cx, None, Some(&*request.stream_arn));
        let stream = self.within(cx, &LIST_STREAM_CONSUMERS_CALLS, found)?;
        let view = stream.view();
        let created = request.stream_creation_timestamp;
        if created.is_some_and(|c| c.seconds() != view.stored.created().seconds()) {
            return Err(errors::stream_not_found(&stream.id.name, stream.id.account));
        }
        let after = match &request.next_token {
            Some(_) if created.is_some() => return Err(errors::token_and("StreamCreationTimestamp")),
            Some(token) => Some(self.open_consumers_token(stream.group.0, token)?),
            None => None,
        };
        let asked = request.max_results.and_then(|m| usize::try_from(m).ok());
        let limit = asked.unwrap_or(LIST_STREAM_CONSUMERS_MAX).min(LIST_STREAM_CONSUMERS_MAX);
        let from = after.as_deref().map_or(Unbounded, Excluded);
        let mut rest = view.consumers.range::<str, _>((from, Unbounded)).map(|(_, c)| c);
        let page: Vec<_> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let next_token = page.last().filter(|_| more).map(|last| {
            let body = [&stream.group.0.to_be_bytes(), last.name.as_bytes()].concat();
            self.tokens.seal(TokenKind::Consumers, &body, self.clock.now()).into()
        });
        let consumers = page.into_iter().map(|c| describe::consumer(&stream, c)).collect();
        Ok(ListStreamConsumersOutput { consumers: Some(consumers), next_token })
    }
}

impl Streams {
    /// The name after which the list of this stream's consumers goes on.
    fn open_consumers_token(&self, group: u64, token: &str) -> Result<String, Error> {
        let opened = self.open_next_token(TokenKind::Consumers, token)?;
        let name = opened.body.strip_prefix(&group.to_be_bytes()).map(<[u8]>::to_vec);
        name.and_then(|n| String::from_utf8(n).ok()).ok_or_else(errors::invalid_next_token)
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::RegisterStreamConsumer;

    use super::*;
    use crate::harness::bench;

    fn arn(stream: &str) -> bytestring::ByteString {
        format!("arn:aws:kinesis:us-east-1:123456789012:stream/{stream}").into()
    }

    #[tokio::test]
    async fn consumers_come_sorted_and_in_pages_of_their_stream_alone() {
        let bench = bench().await;
        bench.create("s", 1).await;
        bench.create("t", 1).await;
        for consumer in ["b", "c", "a"] {
            let register = RegisterStreamConsumer {
                stream_arn: arn("s"),
                consumer_name: consumer.into(),
                ..RegisterStreamConsumer::default()
            };
            bench.call(register).await.unwrap();
        }
        let request =
            ListStreamConsumers { stream_arn: arn("s"), max_results: Some(2), ..Default::default() };
        let page = bench.call(request).await.unwrap();
        let names = |page: &ListStreamConsumersOutput| -> Vec<String> {
            page.consumers.iter().flatten().map(|c| c.consumer_name.to_string()).collect()
        };
        assert_eq!(names(&page), ["a", "b"]);
        let next = |stream| ListStreamConsumers {
            stream_arn: arn(stream),
            next_token: page.next_token.clone(),
            ..Default::default()
        };
        let rest = bench.call(next("s")).await.unwrap();
        assert_eq!((names(&rest), rest.next_token), (vec!["c".to_owned()], None));
        assert_eq!(bench.refused(next("t")).await.0, "InvalidArgumentException");
    }
}
