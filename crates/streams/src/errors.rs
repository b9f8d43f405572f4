//! Every sentence a client of Data Streams can be told, worded as AWS words it: one function each, by what they are about.
//!
//! Where a sentence was recorded on AWS, its recorder is named; the others are worded after these.

mod consumers;
mod failed;
mod keys;
mod rates;
mod records;
mod settings;
mod shards;
mod streams;

use anabranch_types::Timestamp;

pub(crate) use consumers::*;
pub(crate) use failed::*;
pub(crate) use keys::*;
pub(crate) use rates::*;
pub(crate) use records::*;
pub(crate) use settings::*;
pub(crate) use shards::*;
pub(crate) use streams::*;

/// As Java's `Date.toString` writes it in UTC: `Thu Jan 22 01:22:02 UTC 2015`.
fn java_date(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.millis()) {
        Ok(t) => t.strftime("%a %b %d %H:%M:%S UTC %Y").to_string(),
        Err(_) => at.to_string(),
    }
}

#[cfg(test)]
mod tests;
