//! Sends the heads of the audit's ledgers out of the data directory, so that whoever rewrites it, with the key of the heads even, is found out by
//! comparing. Each is delivered at least once; while its place cannot be reached the latest of each ledger waits in the catalog.

mod place;

use std::sync::Arc;
use std::time::Duration;

use anabranch_api::kinesis::PutRecord;
use anabranch_catalog::CatalogError;
use anabranch_cloudtrail::ledger::{Head, HeadOutbox};
use anabranch_governance::Door;
use anabranch_streams::Streams;
use anabranch_types::StreamArn;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Uri};
use tokio::sync::Notify;

use crate::deputy::Deputy;
use crate::webhook::Poster;
pub use place::HeadsPlace;

/// Before the second attempt; twice as long before each one after it.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// At most so long.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Whom the role has to trust: `cloudtrail.amazonaws.com`.
const SERVICE: &str = "cloudtrail";

/// Sends heads.
pub(crate) struct HeadSender {
    /// What waits.
    pub outbox: HeadOutbox,
    /// Where to.
    pub place: HeadsPlace,
    /// As whom records are put, by name; the role is of the stream's account.
    pub role: Option<String>,
    /// The way into the streams.
    pub door: Door,
    /// Who calls as roles.
    pub deputy: Arc<Deputy>,
    /// The streams.
    pub streams: Arc<Streams>,
}

/// A head was not sent.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("the heads that wait cannot be read or noted")]
    Catalog(#[from] CatalogError),
    #[error("{0}")]
    NotTaken(String),
}

impl HeadSender {
    /// Sends whatever waits, until dropped.
    pub async fn run(&self) {
        let told = Arc::new(Notify::new());
        let teller = Arc::clone(&told);
        let _watch = self.outbox.watch(move || teller.notify_one());
        let Some(poster) = Poster::new() else {
            tracing::error!("TLS cannot be set up: the heads of the audit are not sent");
            return;
        };
        let mut pause = RETRY_FIRST;
        loop {
            match self.send_all(&poster).await {
                Ok(()) => {
                    pause = RETRY_FIRST;
                    told.notified().await;
                }
                Err(error) => {
                    self.tell(&error);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
            }
        }
    }

    fn tell(&self, error: &NotSent) {
        let place = self.place.to_string();
        let error = error as &dyn std::error::Error;
        tracing::warn!(error, place, "a head of the audit was not sent; it is tried again");
    }

    async fn send_all(&self, poster: &Poster) -> Result<(), NotSent> {
        loop {
            let waiting = self.outbox.waiting().await?;
            if waiting.is_empty() {
                return Ok(());
            }
            for waiting in &waiting {
                match &self.place {
                    HeadsPlace::Webhook(url) => post(poster, url, &waiting.head).await?,
                    HeadsPlace::Stream(stream) => self.put(stream, &waiting.head).await?,
                }
                self.outbox.sent(waiting).await?;
            }
        }
    }

    async fn put(&self, stream: &StreamArn, head: &Head) -> Result<(), NotSent> {
        let role = self.role.as_deref().unwrap_or_default();
        let role = format!("arn:{}:iam::{}:role/{role}", stream.region.partition(), stream.account);
        let refused = |refusal: anabranch_api::ApiError| NotSent::NotTaken(refusal.to_string());
        let cx = self.deputy.context(SERVICE, &stream.region, &role).await.map_err(refused)?;
        let request = PutRecord {
            stream_arn: Some(stream.to_string().into()),
            partition_key: Some(format!("{}/{}", head.account, head.ledger).into()),
            data: document(head),
            ..PutRecord::default()
        };
        self.door.unary(cx, &self.streams, request).await.map(drop).map_err(refused)
    }
}

async fn post(poster: &Poster, url: &Uri, head: &Head) -> Result<(), NotSent> {
    let request = Request::post(url).header(CONTENT_TYPE, "application/json").body(document(head).into());
    let request = request.map_err(|error| NotSent::NotTaken(error.to_string()))?;
    match poster.send(request).await {
        Ok(status) if status.is_success() => Ok(()),
        Ok(status) => Err(NotSent::NotTaken(format!("it was answered {status}"))),
        Err(why) => Err(NotSent::NotTaken(why)),
    }
}

/// A line of the file that `anabranch audit verify --heads` reads.
fn document(head: &Head) -> Bytes {
    let mut line = serde_json::to_vec(head).expect("a head has string keys and no failing parts");
    line.push(b'\n');
    line.into()
}
