//! The models' patterns, which are Java's and must match the whole text.

use regex::Regex;

use crate::model::{Result, Shape};

/// Patterns with a matcher written by hand, by their text.
const MATCHERS: &[(&str, &str)] = &[
    ("[a-zA-Z0-9_.-]+", "constraint::is_name"),
    (r"^(0|([1-9]\d{0,38}))$", "constraint::is_number_of_39_digits"),
    (r"^(0|([1-9]\d{0,128}))$", "constraint::is_number_of_129_digits"),
    ("^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "constraint::is_account_alias"),
];

/// The expression of a shape's pattern. What the engine would not take is refused here, so that nothing is refused at run time.
pub fn emit(shape: &Shape) -> Result<String> {
    let Some(pattern) = &shape.pattern else { return Ok("None".to_owned()) };
    if let Some((_, matcher)) = MATCHERS.iter().find(|(text, _)| text == pattern) {
        return Ok(format!("Some(constraint::Pattern::by_hand({pattern:?}, {matcher}))"));
    }
    let translated = translated(pattern);
    Regex::new(&translated).map_err(|e| format!("the pattern {pattern} cannot be translated: {e}"))?;
    Ok(format!("Some(constraint::Pattern::regex({pattern:?}, {translated:?}))"))
}

/// The model's pattern, which is Java's and must match the whole text, in the syntax of the regex crate: Java's classes are ASCII.
fn translated(pattern: &str) -> String {
    let mut text = String::new();
    let mut in_class = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next().unwrap_or('\\');
                match (escaped, in_class) {
                    ('d', true) => text.push_str("0-9"),
                    ('d', false) => text.push_str("[0-9]"),
                    ('w', true) => text.push_str("a-zA-Z0-9_"),
                    ('w', false) => text.push_str("[a-zA-Z0-9_]"),
                    ('S', false) => text.push_str(r"[^ \t\n\x0B\f\r]"),
                    ('/' | '_', _) => text.push(escaped),
                    _ => text.extend(['\\', escaped]),
                }
                continue;
            }
            '[' if in_class => text.push('\\'),
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        text.push(c);
    }
    format!(r"\A(?:{text})\z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Sources;

    #[test]
    fn every_pattern_of_every_model_but_look_arounds_and_surrogates_can_be_translated() {
        // Each of these takes a matcher of its own once an operation with it is built; until then `generate` refuses it.
        let others = [
            "Alias",
            "CollectionName",
            "FunctionUrlFunctionName",
            "FunctionUrlQualifier",
            "S3Bucket",
            "PartitionKeyName",
            "PartitionKeyType",
            "AutoScalingPolicyName",
            "AutoScalingRoleArn",
        ];
        let sources = Sources::read().expect("models/ is readable");
        let shapes = sources.models.iter().flat_map(|m| m.shapes.iter());
        let failed: Vec<&str> =
            shapes.filter(|(_, shape)| emit(shape).is_err()).map(|(name, _)| name.as_str()).collect();
        assert_eq!(failed, others);
    }

    #[test]
    fn classes_mean_what_they_mean_in_java() {
        let cases = [
            (r"\d{12}", "000000000000", true),
            (r"\d", "\u{664}", false),
            (r"a\S+", "a\u{a0}", true),
            (r"[\w+=,.@-]*", "a_+@", true),
            (r"[\w]", "é", false),
            (r"a|b", "ab", false),
            (r"[[a]", "[", true),
        ];
        for (pattern, text, matches) in cases {
            let regex = Regex::new(&translated(pattern)).expect("the pattern can be translated");
            assert_eq!(regex.is_match(text), matches, "{pattern} {text}");
        }
    }
}
