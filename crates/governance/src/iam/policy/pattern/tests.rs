use proptest::prelude::*;

use super::{Meter, Pattern, Symbols, Wildcards, matches};
use crate::iam::policy::oracle;

#[derive(Default)]
struct Steps(usize);

impl Meter for Steps {
    fn add(&mut self, steps: usize) {
        self.0 += steps;
    }
}

/// Whether the pattern matches, and what that cost.
fn metered(pattern: &str, text: &str) -> (bool, usize) {
    let mut symbols = Symbols::default();
    symbols.push(pattern, Wildcards::Matched);
    let mut steps = Steps::default();
    let matched = matches(&symbols.0, text.as_bytes(), &mut steps);
    (matched, steps.0)
}

#[test]
fn wildcards_match_as_the_table_says() {
    let cases = [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("**", "anything", true),
        ("?", "", false),
        ("?", "a", true),
        ("?", "ä", true),
        ("?", "🦀", true),
        ("??", "ä", false),
        ("a?c", "aäc", true),
        ("a?c", "ac", false),
        ("a*c", "abcbc", true),
        ("a*c", "abcb", false),
        ("ab*ba", "aba", false),
        ("ab*ba", "abba", true),
        ("*b*", "abc", true),
        ("*b?*", "abc", true),
        ("*b?*", "ab", false),
        ("*?", "ä", true),
        ("*??", "ä", false),
        ("*a?b*", "xaäby", true),
        ("*a?b*", "xaäaby", false),
        ("*a?*b", "aäb", true),
        ("a*b*c*d", "aXbYcZd", true),
        ("a*b*c*d", "aXcYbZd", false),
        ("*aa?*", "aaaa", true),
        ("*a?*", "a", false),
        ("Ä*", "ä", false),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(metered(pattern, text).0, expected, "{pattern} {text}");
        assert_eq!(Pattern::new(pattern, Wildcards::Matched).matches(text), expected, "{pattern} {text}");
    }
}

#[test]
fn a_literal_has_no_wildcards() {
    let literal = Pattern::new("a*?", Wildcards::Literal);
    assert!(literal.matches("a*?") && literal.is_literal());
    assert!(!literal.matches("abc"));
}

#[test]
fn a_pathological_pattern_costs_linear_work() {
    let repeated = |piece: &str, bytes: usize| piece.repeat(bytes / piece.len());
    let text = repeated("a", 2048);
    let patterns = [
        repeated("a*", 2048) + "b",
        repeated("*a", 2048) + "*b*",
        repeated("*ab", 2048),
        format!("*{}b*", repeated("a", 1000)),
        repeated("*a*b", 2048) + "*",
    ];
    for pattern in patterns {
        let (matched, steps) = metered(&pattern, &text);
        assert!(!matched);
        assert!(steps <= 3 * (pattern.len() + text.len()), "{steps} steps for {}", &pattern[..8]);
    }
}

#[test]
fn question_marks_between_stars_cost_a_word_of_64_each_byte() {
    let text = "a".repeat(2048);
    for segment in ["a?".repeat(1020) + "b", "a?".repeat(512) + "b", "?b".repeat(40), "a?b".to_owned()] {
        let pattern = format!("*{segment}*");
        let (matched, steps) = metered(&pattern, &text);
        assert!(!matched);
        let words = segment.len().min(text.len() - segment.len()) / 64 + 2;
        assert!(steps <= pattern.len() + words * text.len(), "{steps} steps for {}", &pattern[..4]);
    }
    let (matched, steps) = metered(&("*a?".repeat(512) + "*b*"), &text);
    assert!(!matched && steps <= 8 * text.len(), "{steps} steps");
}

/// The pattern as a regular expression, which is another's code.
fn as_regex(pattern: &str) -> regex::Regex {
    let body: String = pattern
        .chars()
        .map(|c| match c {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            c => regex::escape(&c.to_string()),
        })
        .collect();
    regex::Regex::new(&format!("(?s)^{body}$")).unwrap()
}

proptest! {
    // Compiling so large an expression takes most of the time.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn long_segments_match_as_their_regular_expression_does(pattern in "\\*[ab?]{60,140}\\*[ab?]{0,3}\\*", text in "[ab]{100,400}") {
        prop_assert_eq!(Pattern::new(&pattern, Wildcards::Matched).matches(&text), as_regex(&pattern).is_match(&text));
    }
}

proptest! {
    #[test]
    fn every_pattern_matches_as_its_regular_expression_does(pattern in "[ab*?ä🦀]{0,12}", text in "[abä🦀]{0,16}") {
        prop_assert_eq!(Pattern::new(&pattern, Wildcards::Matched).matches(&text), as_regex(&pattern).is_match(&text));
    }

    #[test]
    fn a_text_with_pieces_left_out_matches_its_pattern(text in "[a-cä]{90,200}", holes in prop::collection::vec((0_usize..200, prop::bool::ANY), 0..12)) {
        let mut pattern: Vec<char> = text.chars().collect();
        for (at, many) in holes {
            let at = at % pattern.len();
            pattern[at] = if many || pattern[at] == '*' { '*' } else { '?' };
        }
        prop_assert!(Pattern::new(&pattern.iter().collect::<String>(), Wildcards::Matched).matches(&text));
    }

    #[test]
    fn a_piece_of_a_text_is_found_in_it_and_in_another_as_the_oracle_finds_it(
        text in "[abä🦀]{130,260}",
        from in 0_usize..130,
        characters in 1_usize..200,
        holes in prop::collection::vec(0_usize..200, 0..40),
        changed in prop::option::of(0_usize..260),
    ) {
        let text: Vec<char> = text.chars().collect();
        let mut piece: Vec<char> = text[from..].iter().copied().take(characters).collect();
        for hole in holes {
            let at = hole % piece.len();
            piece[at] = '?';
        }
        let mut text = text;
        if let Some(changed) = changed {
            let at = changed % text.len();
            text[at] = if text[at] == 'a' { 'b' } else { 'a' };
        }
        let (piece, text): (String, String) = (piece.iter().collect(), text.iter().collect());
        for pattern in [format!("*{piece}*"), format!("{piece}*"), format!("*{piece}"), format!("*{piece}*?b*")] {
            let found = Pattern::new(&pattern, Wildcards::Matched).matches(&text);
            prop_assert_eq!(found, oracle::is_match(&pattern, &text), "{}", pattern);
        }
    }
}
