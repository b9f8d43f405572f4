//! Creates the streams that shall be there when the server answers. Through the door, as their owners would.

use std::sync::Arc;
use std::time::Duration;

use anabranch_api::kinesis::{CreateStream, StreamMode, StreamModeDetails};
use anabranch_api::{ApiError, Context, Principal, RequestId};
use anabranch_governance::Door;
use anabranch_streams::Streams;
use anabranch_types::{AccountId, Clock, Region, Rng};

use crate::config::InitialStream;

/// Streams to be created, and for whom.
#[derive(Clone, Debug)]
pub struct InitialStreams {
    /// The streams.
    pub streams: Vec<InitialStream>,
    /// The accounts that get those which name none.
    pub accounts: Vec<AccountId>,
    /// The region of those which name none.
    pub region: Region,
    /// How long a stream is CREATING; AWS takes five of them at a time.
    pub creating: Duration,
}

/// A stream could not be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the stream {name} that the configuration names: {refusal}")]
pub struct NotCreated {
    name: String,
    refusal: Box<ApiError>,
}

impl InitialStreams {
    /// Creates what is not there; what is there stays as it is.
    pub async fn create(&self, door: &Door, streams: &Arc<Streams>, clock: &Clock) -> Result<(), NotCreated> {
        for stream in &self.streams {
            let accounts = match &stream.account {
                Some(account) => std::slice::from_ref(account),
                None => &self.accounts,
            };
            for account in accounts {
                let created = self.create_one(stream, *account, door, streams, clock).await;
                created.map_err(|refusal| NotCreated {
                    name: stream.name.to_string(),
                    refusal: Box::new(refusal),
                })?;
            }
        }
        Ok(())
    }

    async fn create_one(
        &self,
        stream: &InitialStream,
        account: AccountId,
        door: &Door,
        streams: &Arc<Streams>,
        clock: &Clock,
    ) -> Result<(), ApiError> {
        let region = stream.region.clone().unwrap_or_else(|| self.region.clone());
        let mut may_wait = self.creating > Duration::ZERO;
        loop {
            let cx = context(account, region.clone(), clock);
            match door.unary(cx, streams, request(stream)).await {
                Ok(_) => return Ok(()),
                Err(refusal) if refusal.code == "ResourceInUseException" => return Ok(()),
                Err(refusal) if refusal.code == "LimitExceededException" && may_wait => {
                    may_wait = false;
                    tokio::time::sleep(self.creating).await;
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }
}

fn request(stream: &InitialStream) -> CreateStream {
    let mode = StreamModeDetails { stream_mode: StreamMode::OnDemand };
    CreateStream {
        stream_name: stream.name.clone(),
        shard_count: stream.shards.and_then(|shards| i32::try_from(shards).ok()),
        stream_mode_details: stream.on_demand.then_some(mode),
        ..CreateStream::default()
    }
}

fn context(account: AccountId, region: Region, clock: &Clock) -> Context {
    Context::inside(
        Principal::Root(account),
        account,
        region,
        RequestId::from_random(Rng::system().u128()),
        clock.now(),
    )
}
