//! Doors to what reads expressions and numbers, for `fuzz/`. They hold it to more than not to panic.

use anabranch_api::dynamodb::AttributeValue;
use anabranch_catalog::Value as _;
use bytestring::ByteString;

use crate::attributes::read_all;
use crate::errors::Place;
use crate::expression::{self, Placeholders};
use crate::number::Number;
use crate::path::project;
use crate::value::Attributes;

/// Names and values that expressions may name.
const NAMES: [(&str, &str); 2] = [("#a", "a"), ("#d", "with.dot")];

fn text(value: &str) -> AttributeValue {
    AttributeValue { s: Some(value.into()), ..AttributeValue::default() }
}

fn number(value: &str) -> AttributeValue {
    AttributeValue { n: Some(value.into()), ..AttributeValue::default() }
}

fn some_of_each() -> Vec<(ByteString, AttributeValue)> {
    let list = AttributeValue { l: Some(vec![number("1"), text("x")]), ..AttributeValue::default() };
    let set = AttributeValue { ss: Some(vec!["x".into(), "y".into()]), ..AttributeValue::default() };
    let map = AttributeValue {
        m: Some(vec![("k".into(), list.clone()), ("a".into(), number("-2.5"))]),
        ..AttributeValue::default()
    };
    let named = [("s", text("x")), ("n", number("7")), ("l", list), ("t", set), ("m", map)];
    named.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

fn placeholders(place: Place) -> Placeholders {
    let names: Vec<(ByteString, ByteString)> =
        NAMES.iter().map(|(name, stands_for)| ((*name).into(), (*stands_for).into())).collect();
    let values: Vec<(ByteString, AttributeValue)> =
        some_of_each().into_iter().map(|(name, value)| (format!(":{name}").into(), value)).collect();
    let values = (place != Place::Projection).then_some(&values[..]);
    Placeholders::new(Some(&names), values, &[(place, true)]).expect("the placeholders are legal")
}

fn item() -> Attributes {
    read_all(&some_of_each()).expect("the item is legal")
}

/// A condition holds of an item or its negation does, and says the same of the same.
pub fn condition(source: &str) {
    let place = Place::Condition;
    let placeholders = placeholders(place);
    let Ok(condition) = expression::condition(place, source, &placeholders) else { return };
    let holds = condition.holds(&item());
    // Parentheses that are redundant, and what becomes too long or too deep by them, are refused.
    if let Ok(negated) = expression::condition(place, &format!("NOT ({source})"), &placeholders) {
        assert_eq!(negated.holds(&item()), !holds, "{source}");
    }
}

/// An update is refused, or gives an item that can be kept, in which nothing but what it names is another.
pub fn update(source: &str) {
    let Ok(update) = expression::update(source, &placeholders(Place::Update)) else { return };
    let before = item();
    let Ok(after) = update.apply(&before) else { return };
    assert_eq!(Attributes::from_bytes(&after.to_bytes()).ok().as_ref(), Some(&after));
    let touched: Vec<_> = update.paths().collect();
    let others = before.iter().filter(|(name, _)| touched.iter().all(|path| path.root != **name));
    for (name, value) in others {
        assert_eq!(after.get(name), Some(value), "{source}");
    }
}

/// A projection shows nothing that is not in the item, and of what it shows the same again.
pub fn projection(source: &str) {
    let Ok(paths) = expression::projection(source, &placeholders(Place::Projection)) else { return };
    let (item, shown) = (item(), project(&item(), &paths));
    assert!(shown.keys().all(|name| item.contains_key(name)), "{source}");
}

/// A number's text is read as it is written; order is that of the bytes it is kept by; sums are undone.
pub fn numbers(one: &str, other: &str) {
    let (Ok(one), Ok(other)) = (Number::parse(one), Number::parse(other)) else { return };
    assert_eq!(Number::parse(&one.to_string()), Ok(one));
    assert_eq!(one.cmp(&other), one.ordered().cmp(&other.ordered()));
    if let Ok(sum) = one.plus(other)
        && let Ok(back) = sum.minus(other)
    {
        assert_eq!(back, one);
    }
}
