use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Rules a server takes.
pub const RULES_MAX: usize = 100;
/// The longest delay of one rule: beyond it every SDK has given up.
const LATENCY_MAX: Duration = Duration::from_secs(60);

/// What happens to calls: `[Operation:]throttle=0.1,error=0.01,latency=20ms`, each part once at most.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// To which; none for all.
    pub operation: Option<&'static str>,
    /// The share that is refused as too much.
    pub throttle: f64,
    /// The share that is answered with a failure of the server.
    pub error: f64,
    /// How long each waits first.
    pub latency: Duration,
}

impl FaultRule {
    /// Whether it strikes this operation.
    pub fn is_about(&self, operation: &str) -> bool {
        self.operation.is_none_or(|name| name == operation)
    }
}

impl FromStr for FaultRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (operation, parts) = match text.split_once(':') {
            Some((name, parts)) => (Some(operation(name)?), parts),
            None => (None, text),
        };
        let mut rule = Self { operation, throttle: 0.0, error: 0.0, latency: Duration::ZERO };
        let mut seen = Vec::new();
        for part in parts.split(',') {
            let (name, value) = part.trim().split_once('=').ok_or_else(expected)?;
            if seen.contains(&name) {
                return Err(format!("`{name}` is there twice"));
            }
            seen.push(name);
            match name {
                "throttle" => rule.throttle = share(value)?,
                "error" => rule.error = share(value)?,
                "latency" => rule.latency = latency(value)?,
                _ => return Err(expected()),
            }
        }
        Ok(rule)
    }
}

fn expected() -> String {
    "expected [Operation:]throttle=SHARE,error=SHARE,latency=TIME, one of them at least".to_owned()
}

fn operation(name: &str) -> Result<&'static str, String> {
    let all = anabranch_api::services().iter().flat_map(|service| service.operations);
    let known = all.filter(|operation| operation.built).map(|operation| operation.name);
    known.into_iter().find(|known| *known == name).ok_or_else(|| format!("there is no operation `{name}`"))
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("`{text}` is no share between 0 and 1"))
}

fn latency(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: 20ms, 1.5s; a minute at most");
    let (number, unit_ms) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1000.0),
        (None, None) => return Err(wrong()),
    };
    let ms = number.parse::<f64>().map_err(|_| wrong())? * unit_ms;
    let latency = Duration::try_from_secs_f64(ms / 1000.0).map_err(|_| wrong())?;
    if latency > LATENCY_MAX { Err(wrong()) } else { Ok(latency) }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation {
            write!(f, "{operation}:")?;
        }
        let ms = self.latency.as_secs_f64() * 1000.0;
        write!(f, "throttle={},error={},latency={ms}ms", self.throttle, self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        for (text, shown) in [
            ("throttle=0.1,error=0.01,latency=20ms", "throttle=0.1,error=0.01,latency=20ms"),
            ("PutRecords:throttle=1", "PutRecords:throttle=1,error=0,latency=0ms"),
            ("latency=1.5s", "throttle=0,error=0,latency=1500ms"),
            ("GetMetricStatistics:error=0.5", "GetMetricStatistics:throttle=0,error=0.5,latency=0ms"),
        ] {
            let rule: FaultRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), shown);
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "throttle",
            "throttle=1.1",
            "throttle=-0.1",
            "throttle=NaN",
            "error=x",
            "latency=20",
            "latency=61s",
            "latency=-1s",
            "latency=NaNs",
            "throttle=0.1,throttle=0.2",
            "delay=1s",
            "PutEverything:throttle=0.1",
            "CreateQueue:throttle=0.1",
            ":throttle=0.1",
        ] {
            assert!(text.parse::<FaultRule>().is_err(), "{text}");
        }
    }
}
