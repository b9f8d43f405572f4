use std::collections::BTreeMap;

use anabranch_api::kinesis::{Error, RegisterStreamConsumer, RegisterStreamConsumerOutput};
use anabranch_api::{Context, Serve};

use crate::changes::Draft;
use crate::limits::{CREATING_CONSUMERS_MAX, REGISTER_STREAM_CONSUMER_CALLS};
use crate::stored::{ConsumerStatus, StoredConsumer};
use crate::stream::Stream;
use crate::{Streams, describe, errors, tags};

impl Serve<RegisterStreamConsumer> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: RegisterStreamConsumer,
    ) -> Result<RegisterStreamConsumerOutput, Error> {
        let found = self.find_stream(cx, None, Some(&*request.stream_arn));
        let stream = self.within(cx, &REGISTER_STREAM_CONSUMER_CALLS, found)?;
        let now = self.clock.now();
        let mut new = StoredConsumer {
            name: request.consumer_name.to_string(),
            created_ms: now.millis(),
            status: ConsumerStatus::Creating,
            due_ms: Some(self.transition_end(now).millis()),
            tags: BTreeMap::new(),
            policy: None,
        };
        let whose = || format!("consumer {} of stream {}", new.name, stream.id.name);
        tags::put(&mut new.tags, request.tags.as_deref().unwrap_or_default(), whose)?;
        let consumers_max = self.accounts.consumers_max(&stream.scope, now);
        let registered = self.change(&stream, |draft| register(draft, &stream, new, consumers_max)).await?;
        self.settle(&stream, now).await?;
        Ok(RegisterStreamConsumerOutput { consumer: describe::consumer(&stream, &registered) })
    }
}

/// Adds the consumer; the answer shows it as it is then, CREATING. Its ARN is another one than that of any deregistered before it.
fn register(
    draft: &mut Draft,
    stream: &Stream,
    mut new: StoredConsumer,
    consumers_max: usize,
) -> Result<StoredConsumer, Error> {
    crate::resolve::require_active(&stream.id, draft.stored.status)?;
    if draft.consumers.contains_key(&new.name) {
        return Err(errors::consumer_exists(&new.name, &stream.id));
    }
    let creating = draft.consumers.values().filter(|c| c.status == ConsumerStatus::Creating).count();
    if draft.consumers.len() >= consumers_max {
        return Err(errors::too_many_consumers(&stream.id, consumers_max));
    }
    if creating >= CREATING_CONSUMERS_MAX {
        return Err(errors::too_many_consumers_creating(&stream.id, CREATING_CONSUMERS_MAX));
    }
    if new.created_seconds() <= draft.stored.consumer_seconds {
        new.created_ms = i64::try_from(draft.stored.consumer_seconds + 1).unwrap_or(i64::MAX / 1000) * 1000;
    }
    draft.consumers.insert(new.name.clone(), new.clone());
    Ok(new)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anabranch_api::kinesis::{ConsumerStatus as Shown, DescribeStreamConsumer};

    use super::*;
    use crate::Settings;
    use crate::harness::{bench, bench_with};

    const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

    fn request(consumer: &str) -> RegisterStreamConsumer {
        RegisterStreamConsumer {
            stream_arn: ARN.into(),
            consumer_name: consumer.into(),
            ..RegisterStreamConsumer::default()
        }
    }

    #[tokio::test]
    async fn a_consumer_is_found_by_its_arn_and_by_its_name() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let registered = bench.call(request("c")).await.unwrap().consumer;
        assert_eq!(registered.consumer_status, Shown::Creating);
        let seconds = registered.consumer_creation_timestamp.seconds();
        assert_eq!(registered.consumer_arn, format!("{ARN}/consumer/c:{seconds}"));
        let by_arn = DescribeStreamConsumer {
            consumer_arn: Some(registered.consumer_arn.clone()),
            ..DescribeStreamConsumer::default()
        };
        let by_name = DescribeStreamConsumer {
            stream_arn: Some(ARN.into()),
            consumer_name: Some("c".into()),
            ..DescribeStreamConsumer::default()
        };
        let bench = bench.restarted().await;
        for described in [by_arn, by_name] {
            let found = bench.call(described).await.unwrap().consumer_description;
            assert_eq!(found.consumer_arn, registered.consumer_arn);
            assert_eq!(found.consumer_status, Shown::Active);
            assert_eq!(found.stream_arn, ARN);
        }
        for described in [
            DescribeStreamConsumer {
                consumer_arn: Some(format!("{ARN}/consumer/c:1").into()),
                ..DescribeStreamConsumer::default()
            },
            DescribeStreamConsumer {
                stream_arn: Some(ARN.into()),
                consumer_name: Some("d".into()),
                ..DescribeStreamConsumer::default()
            },
        ] {
            assert_eq!(bench.refused(described).await.0, "ResourceNotFoundException");
        }
    }

    #[tokio::test]
    async fn a_stream_has_twenty_consumers_of_different_names() {
        let bench = bench().await;
        bench.create("s", 1).await;
        for i in 0..20 {
            bench.call(request(&format!("c{i}"))).await.unwrap();
        }
        assert_eq!(bench.refused(request("c0")).await.0, "ResourceInUseException");
        assert_eq!(bench.refused(request("c20")).await.0, "LimitExceededException");
    }

    #[tokio::test]
    async fn a_sixth_consumer_in_creation_is_refused() {
        let delay = Duration::from_secs(10);
        let bench = bench_with(Settings { transition_delay: delay, ..Settings::default() }).await;
        bench.create("s", 1).await;
        bench.advance(delay).await;
        for i in 0..5 {
            bench.call(request(&format!("c{i}"))).await.unwrap();
        }
        assert_eq!(bench.refused(request("c5")).await.0, "LimitExceededException");
        bench.advance(delay).await;
        bench.call(request("c5")).await.unwrap();
    }
}
