use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::budget::{Budget, Exhausted, Reserved};

/// A client that sends nothing of its body for this long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// What is set aside for a body before any of it arrived, whatever its `Content-Length` promises.
const PROMISE_BYTES_MAX: usize = 64 * 1024;

/// Why a body could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    /// It is larger than this service takes.
    TooLarge,
    /// Its client sends nothing more.
    Silent,
    /// The connection broke.
    Broken,
    /// There is no memory for it.
    Busy,
}

/// Reads a body into one contiguous buffer and takes its bytes from the budget as they arrive. What is allocated ahead is at most as
/// much as has arrived, so a promised length costs nothing.
pub(super) async fn read_whole(
    mut body: Incoming,
    bytes_max: usize,
    budget: &Budget,
) -> Result<(Bytes, Option<Reserved>), NoBody> {
    let promised = body.size_hint().exact();
    if promised.is_some_and(|bytes| bytes > bytes_max as u64) {
        return Err(NoBody::TooLarge);
    }
    let Some(first) = next_chunk(&mut body).await? else { return Ok((Bytes::new(), None)) };
    let mut reserved = take(budget, first.len()).await?;
    if first.len() > bytes_max {
        return Err(NoBody::TooLarge);
    }
    if promised == Some(first.len() as u64) {
        return Ok((first, Some(reserved)));
    }

    let mut whole = BytesMut::with_capacity(first.len().max(PROMISE_BYTES_MAX));
    whole.extend_from_slice(&first);
    drop(first);
    while let Some(chunk) = next_chunk(&mut body).await? {
        if whole.len() + chunk.len() > bytes_max {
            return Err(NoBody::TooLarge);
        }
        reserved.merge(take(budget, chunk.len()).await?);
        whole.extend_from_slice(&chunk);
    }
    Ok((whole.freeze(), Some(reserved)))
}

async fn next_chunk(body: &mut Incoming) -> Result<Option<Bytes>, NoBody> {
    loop {
        let frame = timeout(SILENCE_MAX, body.frame()).await.map_err(|_| NoBody::Silent)?;
        match frame.transpose().map_err(|_| NoBody::Broken)? {
            None => return Ok(None),
            Some(frame) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Ok(Some(data)),
                // Trailers, or an empty frame.
                _ => continue,
            },
        }
    }
}

async fn take(budget: &Budget, bytes: usize) -> Result<Reserved, NoBody> {
    budget.reserve(bytes).await.map_err(|Exhausted| NoBody::Busy)
}
