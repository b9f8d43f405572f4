//! `cargo xtask access-log`: makes the demo's input, a day of a small shop's web server in the combined log format.
//!
//! One seed is one file: the same source always makes the same bytes, and `--check` fails when the committed file differs.
//! Addresses are those set aside for documentation (RFC 5737, RFC 3849), names are under example.org (RFC 2606).

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// Where the file stands, from the root of the repository.
const PATH: &str = "crates/server/data/access.log";
/// Lines of the file; about 600 KiB.
const LINES: usize = 3_000;
const SEED: u64 = 0x616e_6162_7261_6e63;
/// 2026-06-01T00:00:00Z
const FIRST_SECOND: i64 = 1_780_272_000;
/// How many visits are going on at once.
const VISITS_OPEN: usize = 60;

const AGENTS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.14.1",
    "python-requests/2.32.4",
];
const ROBOT: &str = "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.org/about)";
const RIVERS: [&str; 12] = [
    "amazon", "danube", "elbe", "ganges", "loire", "mekong", "niger", "oder", "rhine", "thames", "volga",
    "yukon",
];
const GOODS: [&str; 6] = ["canoe", "paddle", "chart", "tent", "lantern", "rope"];
const SOURCES: [&str; 4] = [
    "-",
    "https://search.example.org/?q=canoe",
    "https://news.example.org/rivers",
    "https://shop.example.org/",
];
/// What scanners of the internet ask everybody for.
const PROBES: [&str; 5] = ["/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/", "/xmlrpc.php"];

/// Writes the file, or with `--check` compares it.
pub fn run(arguments: &[String]) -> io::Result<()> {
    let text = access_log(LINES);
    if arguments.iter().any(|a| a == "--check") {
        if fs::read_to_string(PATH)? == text {
            return Ok(());
        }
        return Err(io::Error::other(format!("{PATH} is not what `cargo xtask access-log` makes")));
    }
    if let Some(folder) = Path::new(PATH).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(PATH, text)
}

fn access_log(lines: usize) -> String {
    let mut dice = Dice(SEED);
    let mut visits: Vec<Visit> = (0..VISITS_OPEN).map(|_| Visit::begin(&mut dice)).collect();
    let mut second = FIRST_SECOND;
    let mut text = String::new();
    for _ in 0..lines {
        second += pause_seconds(second, &mut dice);
        let slot = dice.below(VISITS_OPEN);
        let hit = visits[slot].next(&mut dice);
        write_line(&mut text, second, &visits[slot], &hit);
        if visits[slot].left == 0 {
            visits[slot] = Visit::begin(&mut dice);
        }
    }
    text
}

/// Seconds to the next request: about 24 on the average, fewer in the afternoon than at night.
fn pause_seconds(second: i64, dice: &mut Dice) -> i64 {
    let hour = (second / 3_600).rem_euclid(24);
    let longest = match hour {
        0..=5 => 110,
        6..=8 | 21..=23 => 60,
        _ => 36,
    };
    i64::try_from(dice.below(longest)).expect("a pause is below two minutes")
}

fn write_line(text: &mut String, second: i64, visit: &Visit, hit: &Hit) {
    let time = jiff::Timestamp::from_second(second).expect("a second of 2026 is a time");
    let _ = writeln!(
        text,
        "{} - {} [{}] \"{} {} HTTP/{}\" {} {} \"{}\" \"{}\"",
        visit.address,
        visit.user,
        time.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        hit.method,
        hit.path,
        visit.http,
        hit.status,
        hit.bytes,
        hit.referer,
        visit.agent,
    );
}

/// One client walking through the site.
struct Visit {
    address: String,
    user: String,
    agent: &'static str,
    http: &'static str,
    kind: Kind,
    /// The page it was on last: the next request's referer.
    page: String,
    /// Requests it will still make.
    left: usize,
}

enum Kind {
    Person,
    Robot,
    Scanner,
}

struct Hit {
    method: &'static str,
    path: String,
    status: u16,
    bytes: usize,
    referer: String,
}

impl Visit {
    fn begin(dice: &mut Dice) -> Self {
        let (kind, agent, left) = match dice.below(20) {
            0..=1 => (Kind::Robot, ROBOT, 4 + dice.below(12)),
            2 => (Kind::Scanner, AGENTS[7], 1 + dice.below(5)),
            _ => (Kind::Person, AGENTS[dice.below(7)], 2 + dice.below(14)),
        };
        let user = match kind {
            Kind::Person if dice.below(8) == 0 => format!("customer{:04}", dice.below(10_000)),
            _ => "-".to_owned(),
        };
        let http = if dice.below(4) == 0 { "1.1" } else { "2.0" };
        Self { address: address(dice), user, agent, http, kind, page: dice.pick(&SOURCES).to_owned(), left }
    }

    fn next(&mut self, dice: &mut Dice) -> Hit {
        self.left -= 1;
        match self.kind {
            Kind::Person => self.browse(dice),
            Kind::Robot => self.crawl(dice),
            Kind::Scanner => Hit {
                method: "GET",
                path: dice.pick(&PROBES).to_owned(),
                status: 404,
                bytes: 153,
                referer: "-".to_owned(),
            },
        }
    }

    fn browse(&mut self, dice: &mut Dice) -> Hit {
        let (good, river) = (dice.pick(&GOODS), dice.pick(&RIVERS));
        let (method, path, is_page) = match dice.below(16) {
            0..=1 => ("GET", "/".to_owned(), true),
            2..=5 => ("GET", format!("/{good}s/{good}-{river}-{}", 1 + dice.below(40)), true),
            6 => ("GET", format!("/search?q={good}+{river}&page={}", 1 + dice.below(3)), true),
            7..=8 => ("GET", format!("/images/{good}-{river}.webp"), false),
            9 => ("GET", format!("/assets/site-{:08x}.css", dice.below(4) * 0x1f35_7bd1), false),
            10..=12 => ("GET", format!("/api/stock?sku={good}-{:05}", dice.below(100_000)), false),
            13 => ("POST", "/api/cart".to_owned(), false),
            14 => ("GET", format!("/rivers/{river}/levels.json"), false),
            _ => ("POST", "/checkout".to_owned(), true),
        };
        let (status, bytes) = outcome(method, dice);
        let referer = self.page.clone();
        if is_page {
            self.page = format!("https://shop.example.org{path}");
        }
        Hit { method, path, status, bytes, referer }
    }

    fn crawl(&mut self, dice: &mut Dice) -> Hit {
        let river = dice.pick(&RIVERS);
        let path = match dice.below(6) {
            0 => "/robots.txt".to_owned(),
            1 => "/sitemap.xml".to_owned(),
            _ => format!("/rivers/{river}/guide-{}", 1 + dice.below(90)),
        };
        let (status, bytes) = outcome("GET", dice);
        Hit { method: "GET", path, status, bytes, referer: "-".to_owned() }
    }
}

/// Status and bytes of the answer: mostly fine, sometimes not.
fn outcome(method: &str, dice: &mut Dice) -> (u16, usize) {
    match (dice.below(100), method) {
        (0, _) => (500, 571),
        (1, _) => (503, 197),
        (2..=4, _) => (404, 1_245),
        (5..=7, _) => (302, 0),
        (8..=17, "GET") => (304, 0),
        (_, "POST") => (201, 64 + dice.below(400)),
        _ => (200, 512 + dice.below(60_000)),
    }
}

/// An address of the blocks for documentation: mostly IPv4, one in six IPv6.
fn address(dice: &mut Dice) -> String {
    let last = 1 + dice.below(254);
    match dice.below(6) {
        0..=1 => format!("192.0.2.{last}"),
        2..=3 => format!("198.51.100.{last}"),
        4 => format!("203.0.113.{last}"),
        _ => format!("2001:db8:{:x}::{last:x}", dice.below(0x1000)),
    }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_lines_and_a_prefix_of_more() {
        let (few, many) = (access_log(10), access_log(20));
        assert_eq!(few.lines().count(), 10);
        assert!(many.starts_with(&few));
    }

    #[test]
    fn every_line_is_in_the_combined_format() {
        for line in access_log(500).lines() {
            let quoted: Vec<&str> = line.split('"').collect();
            assert_eq!(quoted.len(), 7, "{line}");
            let answer: Vec<&str> = quoted[2].split_whitespace().collect();
            assert!(
                matches!(answer[..], [status, bytes]
                if status.len() == 3 && bytes.parse::<u64>().is_ok()),
                "{line}"
            );
            assert!(line.contains("/2026:") && line.contains("+0000]"), "{line}");
        }
    }
}
