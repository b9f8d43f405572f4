//! Items in the order of their keys, a page at a time.

use anabranch_api::dynamodb::Error;
use anabranch_catalog::{Key, Page as Piece};
use bytes::Bytes;

use crate::Tables;
use crate::errors;
use crate::items::read_stored;
use crate::limits::PAGE_BYTES_MAX;
use crate::value::{Attributes, size_of};

/// Items read before it is known how large they are.
const FIRST_ITEMS: usize = 32;
/// Most items read at once.
const ITEMS_MAX: usize = 1000;

/// What is walked through: keys that begin so, between two bounds that are not among them.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    pub prefix: Bytes,
    pub after: Option<Key>,
    pub before: Option<Key>,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// How far a page goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub items_max: usize,
    pub bytes_max: usize,
}

impl Extent {
    /// As far as the request and the memory left for its answer allow.
    pub fn new(limit: Option<i32>, room: Option<usize>) -> Self {
        let items_max = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(1));
        // An answer is about four times what is stored while it is made.
        let bytes_max = room.map_or(PAGE_BYTES_MAX, |room| (room / 4).clamp(1, PAGE_BYTES_MAX));
        Self { items_max, bytes_max }
    }
}

/// What a page is made from.
#[derive(Debug, Default)]
pub(crate) struct Evaluated {
    pub items: Vec<Attributes>,
    /// Of what is stored.
    pub bytes: usize,
    /// Whether the walk goes on behind the last item.
    pub is_cut: bool,
}

impl Walk {
    /// Goes on behind this key.
    pub fn resume(&mut self, from: Key) {
        match self.direction {
            Direction::Forward => self.after = self.after.take().max(Some(from)),
            Direction::Backward => {
                self.before = Some(self.before.take().map_or(from.clone(), |before| before.min(from)));
            }
        }
    }

    fn has_passed(&self, key: &Key) -> bool {
        match self.direction {
            Direction::Forward => self.before.as_ref().is_some_and(|before| key >= before),
            Direction::Backward => self.after.as_ref().is_some_and(|after| key <= after),
        }
    }
}

impl Tables {
    /// The next items of a walk. A page that its limit ends is cut, also where nothing follows.
    pub(crate) async fn evaluate(&self, mut walk: Walk, extent: Extent) -> Result<Evaluated, Error> {
        let mut page = Evaluated::default();
        loop {
            let left = extent.items_max - page.items.len();
            let read = match page.items.len() {
                0 => FIRST_ITEMS,
                count => (extent.bytes_max / (page.bytes / count).max(1)).clamp(1, ITEMS_MAX),
            };
            let piece = self.piece(&walk, read.min(left)).await?;
            let last = piece.entries.last().map(|entry| entry.key.clone());
            for entry in piece.entries {
                if walk.has_passed(&entry.key) {
                    return Ok(page);
                }
                let item = read_stored(&entry.value)?;
                page.bytes += size_of(&item);
                page.items.push(item);
                if page.items.len() == extent.items_max || page.bytes >= extent.bytes_max {
                    page.is_cut = true;
                    return Ok(page);
                }
            }
            match last.filter(|_| piece.more) {
                Some(last) => walk.resume(last),
                None => return Ok(page),
            }
        }
    }

    async fn piece(&self, walk: &Walk, limit: usize) -> Result<Piece, Error> {
        let piece = match walk.direction {
            Direction::Forward => self.catalog.scan(walk.prefix.clone(), walk.after.clone(), limit).await,
            Direction::Backward => {
                self.catalog.scan_back(walk.prefix.clone(), walk.before.clone(), limit).await
            }
        };
        piece.map_err(|error| errors::catalog(&error))
    }
}
