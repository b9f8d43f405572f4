use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::cloudtrail::Error;
use anabranch_catalog::{Commit, Value as _};
use anabranch_types::{Due, Timestamp};
use aws_lc_rs::digest;
use bytes::Bytes;

use super::digest::sum;
use super::object::{compressed, events_name, put};
use super::{DeliveryError, state_key};
use crate::errors;
use crate::service::CloudTrail;
use crate::trails::{StoredDelivery, StoredFile, Trail, TrailId};

/// How often events are delivered (CT how-cloudtrail-works: "about every 5 minutes").
const EVERY_MS: i64 = 5 * 60_000;
/// How often digests are.
const DIGEST_EVERY_MS: i64 = 3_600_000;

type Wake = Arc<dyn Fn() + Send + Sync>;

/// When events are delivered next.
pub(crate) struct Agenda {
    /// Milliseconds; `i64::MAX` while no trail logs.
    next: AtomicI64,
    wake: Mutex<Option<Wake>>,
}

impl Default for Agenda {
    fn default() -> Self {
        Self { next: AtomicI64::new(i64::MAX), wake: Mutex::default() }
    }
}

/// The deliveries as what falls due by the Clock.
pub(crate) struct Deliveries(pub Arc<CloudTrail>);

impl Due for Deliveries {
    fn next_due(&self) -> Option<Timestamp> {
        let next = self.0.agenda.next.load(Ordering::SeqCst);
        (next != i64::MAX).then_some(Timestamp::from_millis(next))
    }

    fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.0.deliver_all(now))
    }

    fn on_earlier(&self, wake: Wake) {
        *self.0.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }
}

impl CloudTrail {
    /// Plans the next delivery, if any trail logs.
    pub(crate) fn plan(&self) {
        let logs = self.trails.all().iter().any(|trail| trail.stored.logging);
        let next = if logs { after(self.clock.now().millis(), EVERY_MS) } else { i64::MAX };
        if self.agenda.next.swap(next, Ordering::SeqCst) > next
            && let Some(wake) = self.agenda.wake.lock().unwrap_or_else(PoisonError::into_inner).clone()
        {
            wake();
        }
    }

    /// How far a trail's events were delivered.
    pub(crate) async fn delivery_state(&self, id: &TrailId) -> Result<StoredDelivery, Error> {
        self.load_state(id).await.map_err(|error| errors::internal(&error))
    }

    /// Begins with what comes from now on, and with digests that have none before them.
    pub(crate) async fn begin_delivery(&self, id: &TrailId, now: Timestamp) -> Result<(), Error> {
        let begun = async {
            let mut state = self.load_state(id).await?;
            state.since_ms = now.millis();
            (state.management_at_ms, state.data_at_ms) = (None, None);
            state.digest_end_ms = after(now.millis(), DIGEST_EVERY_MS);
            state.digests.clear();
            self.save_state(id, &state).await
        };
        begun.await.map_err(|error| errors::internal(&error))
    }

    async fn deliver_all(&self, now: Timestamp) {
        // What was recorded and not yet written is not missed by a file of its time.
        for trail in self.trails.all().iter().filter(|trail| trail.stored.logging) {
            self.deliver(trail, now).await;
        }
        self.agenda.next.store(i64::MAX, Ordering::SeqCst);
        self.plan();
    }

    /// Delivers a trail's events, and the digests that are due; notes what became of it.
    pub(crate) async fn deliver(&self, trail: &Trail, now: Timestamp) {
        let _turn = self.delivering.lock().await;
        let mut state = match self.load_state(&trail.id).await {
            Ok(state) => state,
            Err(error) => return said(trail, &error),
        };
        let delivered = self.deliver_from(trail, &mut state, now).await;
        state.attempted_ms = Some(now.millis());
        state.error = delivered.as_ref().err().map(|error| error.code().to_owned());
        if let Err(error) = delivered {
            said(trail, &error);
            // What the next attempt begins with is what the last commit noted.
            match self.load_state(&trail.id).await {
                Ok(noted) => {
                    state = StoredDelivery { attempted_ms: state.attempted_ms, error: state.error, ..noted }
                }
                Err(error) => return said(trail, &error),
            }
        }
        if let Err(error) = self.save_state(&trail.id, &state).await {
            said(trail, &error);
        }
    }

    async fn deliver_from(
        &self,
        trail: &Trail,
        state: &mut StoredDelivery,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let name = &trail.stored.bucket;
        let bucket = self.buckets.find(name).ok_or_else(|| DeliveryError::NoBucket(name.clone()))?;
        loop {
            let gathered = self.gather(trail, state).await?;
            for (region, records) in gathered.regions {
                let file = deliver_file(trail, &bucket, &region, records, (now, state)).await?;
                state.delivered_ms = Some(now.millis());
                let digest = state.digests.entry(region).or_default();
                if trail.stored.validated {
                    digest.files.push(file);
                }
            }
            self.save_state(&trail.id, state).await?;
            if !gathered.more {
                break;
            }
        }
        if trail.stored.validated && state.digest_end_ms <= now.millis() {
            self.deliver_digests(trail, &bucket, state, now).await?;
        }
        Ok(())
    }

    /// One for each region; where hours passed without a server it is of all of them.
    async fn deliver_digests(
        &self,
        trail: &Trail,
        bucket: &Path,
        state: &mut StoredDelivery,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        let start = Timestamp::from_millis(state.digest_end_ms - DIGEST_EVERY_MS);
        let end = after(now.millis(), DIGEST_EVERY_MS) - DIGEST_EVERY_MS;
        state.digests.entry(trail.id.region.to_string()).or_default();
        for (region, digest) in &mut state.digests {
            self.digest(trail, bucket, region, (start, Timestamp::from_millis(end)), digest).await?;
        }
        state.digested_ms = Some(now.millis());
        state.digest_end_ms = end + DIGEST_EVERY_MS;
        Ok(())
    }

    async fn load_state(&self, id: &TrailId) -> Result<StoredDelivery, DeliveryError> {
        let entry = self.catalog.get(state_key(id)).await?;
        Ok(entry.map(|entry| StoredDelivery::from_bytes(&entry.value)).transpose()?.unwrap_or_default())
    }

    async fn save_state(&self, id: &TrailId, state: &StoredDelivery) -> Result<(), DeliveryError> {
        let put = vec![(state_key(id), state.to_bytes())];
        self.catalog.commit(Commit { put, ..Commit::default() }).await?;
        Ok(())
    }
}

async fn deliver_file(
    trail: &Trail,
    bucket: &Path,
    region: &str,
    records: Vec<(String, Bytes)>,
    (now, state): (Timestamp, &StoredDelivery),
) -> Result<StoredFile, DeliveryError> {
    let mut content = b"{\"Records\":[".to_vec();
    for (n, (_, body)) in records.iter().enumerate() {
        content.extend_from_slice(if n == 0 { b"" } else { b"," });
        content.extend_from_slice(body);
    }
    content.extend_from_slice(b"]}");
    // Of what is in it, so that a delivery that is done again writes no second file.
    let unique = format!("{} {region} {} {}", trail.id.arn(), state.management, state.data);
    let object = events_name(trail, region, now, &sixteen(unique.as_bytes()));
    put(bucket, &object, compressed(&content)?).await?;
    let times = || records.iter().map(|(time, _)| time);
    Ok(StoredFile {
        object,
        hash: sum(&content),
        newest: times().max().cloned().unwrap_or_default(),
        oldest: times().min().cloned().unwrap_or_default(),
    })
}

/// Sixteen letters and digits.
fn sixteen(of: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let sum = digest::digest(&digest::SHA256, of);
    sum.as_ref()[..16].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// The next multiple after a time.
fn after(ms: i64, every_ms: i64) -> i64 {
    (ms.div_euclid(every_ms) + 1) * every_ms
}

fn said(trail: &Trail, error: &DeliveryError) {
    let arn = trail.id.arn();
    tracing::error!(arn, error = error as &dyn std::error::Error, "the events of a trail were not delivered");
}
