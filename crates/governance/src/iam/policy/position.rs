//! Where statements stand in a document's text, as the simulator tells it (IAM API Statement).

/// A place in a text: lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Lines end with a line feed.
    pub line: u32,
    /// Within the line.
    pub column: u32,
}

/// A statement: from behind its opening brace to behind its closing one, which is where AWS's reader stands when it has read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Behind `{`.
    pub start: Position,
    /// Behind `}`.
    pub end: Position,
}

/// The statements of a document that has been parsed, in its order.
pub fn statement_spans(text: &str) -> Vec<Span> {
    let mut reader = Reader { at: Position { line: 1, column: 1 }, path: Vec::new(), key: String::new() };
    let mut spans = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        reader.step(c);
        match c {
            '"' => reader.text(&mut chars),
            '{' => {
                let start = reader.is_at_statement().then_some(reader.at);
                reader.path.push(Level::Map(start));
            }
            '[' => reader.path.push(Level::List(std::mem::take(&mut reader.key))),
            '}' => {
                if let Some(Level::Map(Some(start))) = reader.path.pop() {
                    spans.push(Span { start, end: reader.at });
                }
            }
            ']' => drop(reader.path.pop()),
            _ => {}
        }
    }
    spans
}

/// What the reader is in.
enum Level {
    /// Where it began, if it is a statement.
    Map(Option<Position>),
    /// The key it stands under.
    List(String),
}

struct Reader {
    at: Position,
    path: Vec<Level>,
    /// The last text read: a key, when a value follows.
    key: String,
}

impl Reader {
    fn step(&mut self, c: char) {
        if c == '\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
    }

    /// Reads up to the closing quote; escapes stay as they are written.
    fn text(&mut self, chars: &mut std::str::Chars<'_>) {
        self.key.clear();
        while let Some(c) = chars.next() {
            self.step(c);
            match c {
                '"' => return,
                '\\' => {
                    self.key.push(c);
                    if let Some(escaped) = chars.next() {
                        self.step(escaped);
                        self.key.push(escaped);
                    }
                }
                c => self.key.push(c),
            }
        }
    }

    /// Whether a brace that opens here opens a statement: the document's `Statement`, or an element of it.
    fn is_at_statement(&self) -> bool {
        match &self.path[..] {
            [Level::Map(..)] => is_statement(&self.key),
            [Level::Map(..), Level::List(key)] => is_statement(key),
            _ => false,
        }
    }
}

/// Whether a key as it is written, escapes and all, is `Statement`.
fn is_statement(written: &str) -> bool {
    written == "Statement"
        || (written.contains('\\')
            && serde_json::from_str::<String>(&format!("\"{written}\"")).is_ok_and(|key| key == "Statement"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<[u32; 4]> {
        let all = statement_spans(text).into_iter();
        all.map(|s| [s.start.line, s.start.column, s.end.line, s.end.column]).collect()
    }

    /// The example of the AWS CLI's reference, simulate-custom-policy.
    #[test]
    fn a_statement_is_where_aws_says_it_is() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}"#;
        assert_eq!(spans(text), [[1, 38, 1, 167]]);
    }

    #[test]
    fn statements_are_found_over_lines_and_behind_texts_that_look_like_them() {
        let text = "{\n \"Id\": \"Statement{\\\"}\",\n \"Statement\": [\n  {\"Sid\": \"é\"},\n  {\"Condition\":\n {\"Statement\": {}}}\n ]}";
        assert_eq!(spans(text), [[4, 4, 4, 15], [5, 4, 6, 20]]);
    }

    /// Every document whose reading is tested elsewhere has as many spans as statements.
    #[test]
    fn a_key_may_be_written_with_escapes() {
        assert_eq!(spans(r#"{"St\u0061tement":{}}"#), [[1, 20, 1, 21]]);
    }

    #[test]
    fn managed_policies_have_a_span_for_each_statement() {
        for policy in crate::iam::aws_managed::all().values() {
            let spans = statement_spans(policy.text.text());
            assert_eq!(spans.len(), policy.text.document().statement_count(), "{}", policy.name);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in ".*") {
            statement_spans(&text);
        }
    }
}
