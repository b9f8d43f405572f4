use std::io::Read;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::bufread::GzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::budget::{Budget, Exhausted, Reserved};

/// A client that sends nothing of its body for this long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// What is set aside for a body before any of it arrived, whatever its `Content-Length` promises.
const PROMISE_BYTES_MAX: usize = 64 * 1024;

/// A buffer that is too small becomes this many times what arrived, or as long as the whole body if that is less: each time it grows,
/// everything in it is copied.
const AHEAD_TIMES: usize = 4;

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
    /// It is not compressed as its head says.
    Garbled,
}

/// Reads a body into one contiguous buffer and takes its bytes from the budget as they arrive. The buffer is at most
/// [`AHEAD_TIMES`] what has arrived, so a promised length costs nothing.
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
        make_room(&mut whole, chunk.len(), promised);
        whole.extend_from_slice(&chunk);
    }
    Ok((whole.freeze(), Some(reserved)))
}

/// Whether a body is compressed. SDKs compress PutMetricData from 10 KiB on, by the model's `requestcompression`; AWS documents gzip
/// only, and the signature is of what is sent.
pub(super) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

/// What a compressed body holds, with its share of the budget. It is one member (RFC 1952, 2.2), as SDKs write it: of empty ones a body could
/// hold hundreds of thousands, each costing what a member costs to begin.
pub(super) async fn uncompressed(
    body: &Bytes,
    bytes_max: usize,
    budget: &Budget,
) -> Result<(Bytes, Reserved), NoBody> {
    let mut unzipped = GzDecoder::new(body.as_ref());
    let (mut whole, mut reserved) = (BytesMut::new(), take(budget, 0).await?);
    loop {
        let arrived = whole.len();
        reserved.merge(take(budget, PROMISE_BYTES_MAX).await?);
        whole.resize(arrived + PROMISE_BYTES_MAX, 0);
        let read = unzipped.read(&mut whole[arrived..]).map_err(|_| NoBody::Garbled)?;
        whole.truncate(arrived + read);
        reserved.shrink_to(whole.len());
        if whole.len() > bytes_max {
            return Err(NoBody::TooLarge);
        }
        if read == 0 {
            let is_all = unzipped.get_ref().is_empty();
            return if is_all { Ok((whole.freeze(), reserved)) } else { Err(NoBody::Garbled) };
        }
    }
}

/// Grows the buffer for a chunk, if it has to.
fn make_room(whole: &mut BytesMut, chunk_bytes: usize, promised: Option<u64>) {
    let arrived = whole.len() + chunk_bytes;
    if arrived > whole.capacity() {
        let promised = promised.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        let wanted = promised.min(arrived.saturating_mul(AHEAD_TIMES)).max(arrived);
        whole.reserve(wanted - whole.len());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_grows_in_few_steps_and_never_far_beyond_what_arrived() {
        const CHUNK: usize = 8 * 1024;
        for promised in [None, Some(710_000), Some(1)] {
            let mut whole = BytesMut::with_capacity(PROMISE_BYTES_MAX);
            let (mut capacity, mut growths) = (whole.capacity(), 0);
            while whole.len() < 710_000 {
                make_room(&mut whole, CHUNK, promised);
                growths += usize::from(whole.capacity() != capacity);
                capacity = whole.capacity();
                whole.extend_from_slice(&[0; CHUNK]);
                assert_eq!(whole.capacity(), capacity, "it grows in one place only");
                assert!(capacity <= (AHEAD_TIMES * whole.len()).max(PROMISE_BYTES_MAX));
            }
            if promised == Some(710_000) {
                assert!(growths <= 3, "{growths}");
            }
        }
    }

    #[tokio::test]
    async fn a_compressed_body_is_taken_whole_or_not_at_all() {
        use std::io::Write;

        use flate2::Compression;
        use flate2::write::GzEncoder;

        const BUDGET: u64 = 1 << 20;
        let budget = Budget::new(BUDGET);
        let told = vec![b'a'; 300_000];
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&told).unwrap();
        let packed = Bytes::from(packed.finish().unwrap());

        let (whole, reserved) = uncompressed(&packed, told.len(), &budget).await.unwrap();
        assert_eq!((whole.as_ref(), reserved.bytes()), (told.as_slice(), told.len()));
        drop(reserved);
        let too_large = uncompressed(&packed, told.len() - 1, &budget).await;
        assert_eq!(too_large.err(), Some(NoBody::TooLarge));
        let cut = uncompressed(&packed.slice(..packed.len() / 2), told.len(), &budget).await;
        assert_eq!(cut.err(), Some(NoBody::Garbled));
        let twice = uncompressed(&[&*packed, &*packed].concat().into(), 2 * told.len(), &budget).await;
        assert_eq!(twice.err(), Some(NoBody::Garbled));
        assert_eq!(budget.free_bytes() as u64, BUDGET);
    }
}
