//! Which events a trail asks for.

use super::stored::{StoredAdvanced, StoredBasic, StoredField, StoredSelectors};

/// What selectors look at in an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub management: bool,
    pub read_only: bool,
    pub name: &'a str,
    pub source: &'a str,
    /// Of a data event.
    pub kind: Option<&'a str>,
    pub arns: &'a [&'a str],
}

/// The operators of an advanced selector, in the model's order.
const OPERATORS: [fn(&str, &str) -> bool; 3] = [
    |value, given| value == given,
    |value, given| value.starts_with(given),
    |value, given| value.ends_with(given),
];

impl StoredSelectors {
    /// Whether the trail asks for this event.
    pub fn select(&self, seen: &Seen<'_>) -> bool {
        match self {
            StoredSelectors::Basic(all) => all.iter().any(|one| one.selects(seen)),
            StoredSelectors::Advanced(all) => all.iter().any(|one| one.selects(seen)),
        }
    }

    /// Whether it may ask for any data event.
    pub fn ask_for_data(&self) -> bool {
        match self {
            StoredSelectors::Basic(all) => all.iter().any(|one| !one.data.is_empty()),
            StoredSelectors::Advanced(all) => all.iter().any(StoredAdvanced::asks_for_data),
        }
    }

    /// Whether they are other than those of a new trail.
    pub fn are_custom(&self) -> bool {
        *self != StoredSelectors::default()
    }
}

impl StoredBasic {
    fn selects(&self, seen: &Seen<'_>) -> bool {
        let asked = if seen.read_only { self.reads } else { self.writes };
        asked
            && match seen.kind {
                _ if seen.management => {
                    self.management && !self.excluded.iter().any(|source| source == seen.source)
                }
                None => false,
                Some(kind) => self.data.iter().filter(|(of, _)| of == kind).any(|(_, beginnings)| {
                    seen.arns.iter().any(|arn| beginnings.iter().any(|begin| arn.starts_with(&**begin)))
                }),
            }
    }
}

impl StoredAdvanced {
    fn selects(&self, seen: &Seen<'_>) -> bool {
        self.fields.iter().all(|field| field.holds(seen))
    }

    fn asks_for_data(&self) -> bool {
        self.fields
            .iter()
            .any(|field| field.field == "eventCategory" && field.operators[0].iter().any(|v| v == "Data"))
    }
}

impl StoredField {
    fn holds(&self, seen: &Seen<'_>) -> bool {
        match &*self.field {
            "eventCategory" => self.matches(&[if seen.management { "Management" } else { "Data" }]),
            "readOnly" => self.matches(&[if seen.read_only { "true" } else { "false" }]),
            "eventName" => self.matches(&[seen.name]),
            "eventSource" => self.matches(&[seen.source]),
            "resources.type" => self.matches(seen.kind.as_slice()),
            "resources.ARN" => self.matches(seen.arns),
            _ => false,
        }
    }

    /// Positive operators: one of the values is as one of those given. Negative ones: none is.
    fn matches(&self, values: &[&str]) -> bool {
        let (positive, negative) = self.operators.split_at(3);
        let any = |given: &[String], as_: fn(&str, &str) -> bool| {
            values.iter().any(|value| given.iter().any(|given| as_(value, given)))
        };
        let asked = positive.iter().any(|given| !given.is_empty());
        let found = positive.iter().zip(OPERATORS).any(|(given, as_)| any(given, as_));
        (!asked || found) && !negative.iter().zip(OPERATORS).any(|(given, as_)| any(given, as_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kinesis:us-east-1:111111111111:stream/orders";
    const MANAGEMENT: Seen<'_> = Seen {
        management: true,
        read_only: false,
        name: "CreateStream",
        source: "kinesis.amazonaws.com",
        kind: None,
        arns: &[ARN],
    };
    const DATA: Seen<'_> =
        Seen { management: false, name: "PutRecords", kind: Some("AWS::Kinesis::Stream"), ..MANAGEMENT };

    fn field(name: &str, operator: usize, values: &[&str]) -> StoredField {
        let mut operators: [Vec<String>; 6] = Default::default();
        operators[operator] = values.iter().map(|value| (*value).to_owned()).collect();
        StoredField { field: name.to_owned(), operators }
    }

    #[test]
    fn a_new_trail_asks_for_all_management_events_and_no_others() {
        let new = StoredSelectors::default();
        let read = Seen { read_only: true, ..MANAGEMENT };
        assert!(new.select(&MANAGEMENT) && new.select(&read) && !new.select(&DATA));
        assert!(!new.ask_for_data() && !new.are_custom());
    }

    #[test]
    fn basic_selectors_ask_by_reading_source_and_arn() {
        let one = |basic| StoredSelectors::Basic(vec![basic]);
        let writes = StoredBasic { writes: true, management: true, ..StoredBasic::default() };
        let read = Seen { read_only: true, ..MANAGEMENT };
        assert!(one(writes.clone()).select(&MANAGEMENT) && !one(writes.clone()).select(&read));
        let excluded = StoredBasic { excluded: vec!["kinesis.amazonaws.com".into()], ..writes.clone() };
        assert!(!one(excluded).select(&MANAGEMENT));
        for (begin, selects) in [("arn:aws:kinesis", true), ("arn:aws:kinesis:eu", false)] {
            let data = vec![("AWS::Kinesis::Stream".to_owned(), vec![begin.to_owned()])];
            assert_eq!(one(StoredBasic { data, ..writes.clone() }).select(&DATA), selects);
        }
    }

    #[test]
    fn every_field_of_an_advanced_selector_must_hold() {
        let data = || field("eventCategory", 0, &["Data"]);
        let cases = [
            (vec![data()], true),
            (vec![data(), field("resources.type", 0, &["AWS::Kinesis::Stream"])], true),
            (vec![data(), field("resources.type", 0, &["AWS::DynamoDB::Table"])], false),
            (vec![data(), field("resources.ARN", 1, &["arn:aws:kinesis:us-east-1:"])], true),
            (vec![data(), field("resources.ARN", 2, &["/orders", "/other"])], true),
            (vec![data(), field("resources.ARN", 3, &[ARN])], false),
            (vec![data(), field("resources.ARN", 5, &["/other"])], true),
            (vec![data(), field("eventName", 1, &["Put"]), field("readOnly", 0, &["false"])], true),
            (vec![data(), field("eventName", 4, &["Put"])], false),
            (vec![field("eventCategory", 0, &["Management"])], false),
        ];
        for (fields, selects) in cases {
            let selectors = StoredSelectors::Advanced(vec![StoredAdvanced { name: None, fields }]);
            assert_eq!(selectors.select(&DATA), selects, "{selectors:?}");
        }
    }
}
