//! Which stream, shard or consumer a request is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::kinesis::Error;
use anabranch_api::{Context, Resources};
use anabranch_types::{ConsumerArn, ShardId, StreamArn, StreamName};

use crate::Streams;
use crate::changes::Draft;
use crate::stored::{ConsumerStatus, Scope, Status, StoredConsumer, StoredShard};
use crate::stream::{Shard, Stream, View};
use crate::{describe, errors};

impl Streams {
    /// The stream that StreamName or StreamARN name, in any state. Another account's is found by its ARN: whether the caller may
    /// use it was the door's business.
    pub(crate) fn find_stream(
        &self,
        cx: &Context,
        name: Option<&StreamName>,
        arn: Option<&str>,
    ) -> Result<Arc<Stream>, Error> {
        match (name, arn) {
            (name, Some(arn)) => {
                let stream = self.find_by_arn(cx, arn)?;
                match name {
                    Some(name) if *name != stream.id.name => Err(errors::two_streams_named()),
                    _ => Ok(stream),
                }
            }
            (Some(name), None) => {
                let scope = Scope { account: cx.account, region: cx.region.clone() };
                self.directory.by_name(&scope, name).ok_or_else(|| errors::stream_not_found(name, cx.account))
            }
            (None, None) => Err(errors::no_stream_named()),
        }
    }

    fn find_by_arn(&self, cx: &Context, arn: &str) -> Result<Arc<Stream>, Error> {
        if let Some(stream) = self.directory.by_arn(arn).filter(|s| s.id.region == cx.region) {
            return Ok(stream);
        }
        let id: StreamArn = arn.parse().map_err(|_| errors::invalid_arn(arn))?;
        Err(errors::stream_not_found(&id.name, id.account))
    }

    /// The stream and its view, if records can be put and read now. While it is being created or deleted AWS answers as if it were
    /// not there (recorded by kinesalite).
    pub(crate) fn find_serving(
        &self,
        cx: &Context,
        name: Option<&StreamName>,
        arn: Option<&str>,
    ) -> Result<(Arc<Stream>, Arc<View>), Error> {
        let stream = self.find_stream(cx, name, arn)?;
        let view = serving(&stream)?;
        Ok((stream, view))
    }

    /// The consumer with this ARN, and its stream.
    pub(crate) fn find_consumer_by_arn(
        &self,
        cx: &Context,
        arn: &str,
    ) -> Result<(Arc<Stream>, Arc<StoredConsumer>), Error> {
        let id: ConsumerArn = arn.parse().map_err(|_| errors::invalid_arn(arn))?;
        let found = self.directory.by_arn(&id.stream.to_string()).filter(|s| s.id.region == cx.region);
        let stream = found.ok_or_else(|| errors::stream_not_found(&id.stream.name, id.stream.account))?;
        let consumer = stream.view().consumers.get(&*id.name).cloned();
        let consumer = consumer
            .filter(|c| c.created_seconds() == id.created_seconds)
            .ok_or_else(|| errors::consumer_arn_not_found(arn))?;
        Ok((stream, consumer))
    }

    /// The stream or consumer that a ResourceARN names.
    pub(crate) fn find_resource(&self, cx: &Context, arn: &str) -> Result<Resource, Error> {
        if arn.parse::<ConsumerArn>().is_ok() {
            let (stream, consumer) = self.find_consumer_by_arn(cx, arn)?;
            return Ok(Resource { stream, consumer: Some(consumer.name.clone()) });
        }
        Ok(Resource { stream: self.find_by_arn(cx, arn)?, consumer: None })
    }

    /// The consumer that ConsumerARN, or StreamARN and ConsumerName, name, and its stream.
    pub(crate) fn find_consumer(
        &self,
        cx: &Context,
        consumer_arn: Option<&str>,
        stream_arn: Option<&str>,
        name: Option<&str>,
    ) -> Result<(Arc<Stream>, Arc<StoredConsumer>), Error> {
        match (consumer_arn, stream_arn, name) {
            (Some(arn), stream_arn, name) => {
                let (stream, consumer) = self.find_consumer_by_arn(cx, arn)?;
                let conflict =
                    stream_arn.is_some_and(|a| *a != *stream.arn) || name.is_some_and(|n| n != consumer.name);
                if conflict { Err(errors::two_consumers_named()) } else { Ok((stream, consumer)) }
            }
            (None, Some(arn), Some(name)) => {
                let stream = self.find_stream(cx, None, Some(arn))?;
                let consumer = stream.view().consumers.get(name).cloned();
                let consumer = consumer.ok_or_else(|| errors::consumer_not_found(name, &stream.id))?;
                Ok((stream, consumer))
            }
            _ => Err(errors::no_consumer_named()),
        }
    }
}

impl Streams {
    /// What a call about a consumer asks for: the consumer, also where it is named by its stream and its name, so that a policy on its
    /// ARN cannot be got around.
    pub(crate) fn consumer_resource(
        &self,
        action: &'static str,
        consumer_arn: Option<&str>,
        stream_arn: Option<&str>,
        name: Option<&str>,
    ) -> Resources {
        let known = || {
            let stream = self.directory.by_arn(stream_arn?)?;
            let consumer = stream.view().consumers.get(name?).cloned()?;
            Some(describe::consumer_arn(&stream, &consumer).to_string())
        };
        let unknown = || Some(format!("{}/consumer/{}", stream_arn?, name?));
        let arn = consumer_arn.map(str::to_owned).or_else(known).or_else(unknown);
        vec![anabranch_api::Resource { action, arn: arn.unwrap_or_else(|| "*".to_owned()) }]
    }

    /// The stream whose consumer a request is about, whether or not there is such a consumer.
    pub(crate) fn stream_of_consumer(
        &self,
        consumer_arn: Option<&str>,
        stream_arn: Option<&str>,
    ) -> Option<Arc<Stream>> {
        let in_consumer = || consumer_arn?.split_once("/consumer/").map(|(stream, _)| stream);
        self.directory.by_arn(stream_arn.or_else(in_consumer)?)
    }
}

/// A stream, or a consumer of it.
pub(crate) struct Resource {
    pub stream: Arc<Stream>,
    pub consumer: Option<String>,
}

impl Resource {
    /// As sentences name it.
    pub fn named(&self) -> String {
        let StreamArn { name, account, .. } = &self.stream.id;
        match &self.consumer {
            Some(consumer) => format!("consumer {consumer} of stream {name} under account {account}"),
            None => format!("stream {name} under account {account}"),
        }
    }

    /// What of the draft is this resource's, once it is ACTIVE.
    pub fn active<'d>(&self, draft: &'d mut Draft) -> Result<Described<'d>, Error> {
        let Some(name) = &self.consumer else {
            require_active(&self.stream.id, draft.stored.status)?;
            return Ok(Described { tags: &mut draft.stored.tags, policy: &mut draft.stored.policy });
        };
        let id = &self.stream.id;
        let consumer = draft.consumers.get_mut(name).ok_or_else(|| errors::consumer_not_found(name, id))?;
        match consumer.status {
            ConsumerStatus::Active => {
                Ok(Described { tags: &mut consumer.tags, policy: &mut consumer.policy })
            }
            _ => Err(errors::consumer_not_active(name, consumer.created_seconds(), id)),
        }
    }
}

/// What a stream and a consumer both have.
pub(crate) struct Described<'d> {
    pub tags: &'d mut BTreeMap<String, String>,
    pub policy: &'d mut Option<String>,
}

/// The stream's view, if records can be put and read now.
pub(crate) fn serving(stream: &Stream) -> Result<Arc<View>, Error> {
    let view = stream.view();
    if view.serves_records() {
        Ok(view)
    } else {
        Err(errors::stream_not_found(&stream.id.name, stream.id.account))
    }
}

/// The shard a request names, read as leniently as AWS reads it. A well-formed id of no shard is `unknown`.
pub(crate) fn find_shard<'v>(
    view: &'v View,
    stream: &StreamArn,
    given: &str,
    unknown: fn(ShardId, &StreamArn) -> Error,
) -> Result<&'v Arc<Shard>, Error> {
    let id: ShardId = given.parse().map_err(|_| errors::shard_not_found(given, stream))?;
    view.shard(id).ok_or_else(|| unknown(id, stream))
}

/// The open shard a request to reshard names.
pub(crate) fn find_open_shard<'d>(
    draft: &'d Draft,
    stream: &StreamArn,
    given: &str,
) -> Result<&'d StoredShard, Error> {
    open(find_drafted_shard(draft, stream, given)?, stream)
}

/// The shard a request to reshard names, open or closed.
pub(crate) fn find_drafted_shard<'d>(
    draft: &'d Draft,
    stream: &StreamArn,
    given: &str,
) -> Result<&'d StoredShard, Error> {
    let id: ShardId = given.parse().map_err(|_| errors::shard_not_found(given, stream))?;
    let found = draft.shards.iter().find(|s| s.index == id.index());
    found.ok_or_else(|| errors::shard_not_found(id, stream))
}

/// The shard, unless it is closed.
pub(crate) fn open<'d>(shard: &'d StoredShard, stream: &StreamArn) -> Result<&'d StoredShard, Error> {
    match shard.closed {
        None => Ok(shard),
        Some(_) => Err(errors::already_resharded(shard.id(), stream)),
    }
}

/// Refuses unless the stream is ACTIVE.
pub(crate) fn require_active(stream: &StreamArn, status: Status) -> Result<(), Error> {
    if status == Status::Active {
        Ok(())
    } else {
        Err(errors::stream_not_active(stream, crate::describe::status(status).as_str()))
    }
}
