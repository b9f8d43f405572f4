use std::str::FromStr;
use std::time::Duration;

use anabranch_types::Timestamp;

/// Where a person wants to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// What comes from now on.
    Latest,
    /// The oldest record.
    TrimHorizon,
    /// The first record at this time or later.
    Time(Timestamp),
    /// So long before now.
    Ago(Duration),
}

impl Start {
    /// The same with "ago" made a time.
    pub(super) fn at(self, now: Timestamp) -> Self {
        match self {
            Start::Ago(duration) => Start::Time(now - duration),
            other => other,
        }
    }
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "latest" => return Ok(Start::Latest),
            "trim-horizon" => return Ok(Start::TrimHorizon),
            _ => {}
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(Start::Time(Timestamp::from_millis(time.as_millisecond())));
        }
        if let Ok(seconds) = text.parse::<u32>() {
            return Ok(Start::Time(Timestamp::from_seconds(seconds.into())));
        }
        let ago = text.parse::<jiff::SignedDuration>().ok().and_then(|ago| Duration::try_from(ago).ok());
        ago.map(Start::Ago).ok_or_else(|| {
            "write latest, trim-horizon, a time with its zone like 2026-11-21T08:00:00Z, seconds since 1970, or how long ago: 90s, 10m, 2h"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_say_it_in_several_ways() {
        let time = |seconds| Ok(Start::Time(Timestamp::from_seconds(seconds)));
        let cases = [
            ("latest", Ok(Start::Latest)),
            ("TRIM_HORIZON", Ok(Start::TrimHorizon)),
            ("2026-11-21T08:00:00Z", time(1_795_248_000)),
            ("2026-11-21T09:00:00+01:00", time(1_795_248_000)),
            ("1795248000", time(1_795_248_000)),
            ("10m", Ok(Start::Ago(Duration::from_secs(600)))),
            ("1h 30m", Ok(Start::Ago(Duration::from_secs(5_400)))),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Start>(), expected, "{text}");
        }
        for text in ["", "yesterday", "2026-11-21", "-10m"] {
            assert!(text.parse::<Start>().is_err(), "{text}");
        }
    }

    #[test]
    fn ago_is_counted_back_from_now() {
        let now = Timestamp::from_seconds(1_000);
        assert_eq!(Start::Ago(Duration::from_secs(10)).at(now), Start::Time(Timestamp::from_seconds(990)));
        assert_eq!(Start::Latest.at(now), Start::Latest);
    }
}
