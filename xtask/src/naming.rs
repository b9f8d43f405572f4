//! From the models' names to Rust's.

/// `StreamARN` → `stream_arn`, `MaxRecordSizeInKiB` → `max_record_size_in_kib`, `Type` → `r#type`.
pub fn member(name: &str) -> String {
    let name = name.replace("KiB", "Kib").replace("MiBps", "Mibps");
    let snake = words(&name).join("_");
    if is_keyword(&snake) { format!("r#{snake}") } else { snake }
}

/// `AT_SEQUENCE_NUMBER` → `AtSequenceNumber`, `Count/Second` → `CountSecond`, `IncomingBytes` stays.
pub fn variant(value: &str) -> String {
    let camel: String = value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(|part| {
            let shouted = part.len() > 1 && part.chars().all(|c| !c.is_ascii_lowercase());
            let rest = if shouted { part[1..].to_ascii_lowercase() } else { part[1..].to_owned() };
            part[..1].to_ascii_uppercase() + &rest
        })
        .collect();
    let is_no_name = camel.starts_with(|c: char| c.is_ascii_digit()) || camel == "Self";
    if is_no_name { format!("V{camel}") } else { camel }
}

/// `userIdType` → `UserIdType`.
pub fn type_name(shape: &str) -> String {
    let mut chars = shape.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// `StreamARN` → `STREAM_ARN`.
pub fn constant(name: &str) -> String {
    words(name).join("_").to_ascii_uppercase()
}

fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (i, c) in chars.iter().enumerate() {
        let after_small = i > 0 && (chars[i - 1].is_ascii_lowercase() || chars[i - 1].is_ascii_digit());
        let before_small = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
        let begins = c.is_ascii_uppercase()
            && i > 0
            && (after_small || before_small && chars[i - 1].is_ascii_uppercase());
        if begins || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "type" | "match" | "ref" | "use" | "where" | "in" | "final" | "enum" | "move" | "static" | "as"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_rust_names() {
        let members = [
            ("StreamARN", "stream_arn"),
            ("MaxRecordSizeInKiB", "max_record_size_in_kib"),
            ("WarmThroughputMiBps", "warm_throughput_mibps"),
            ("Type", "r#type"),
            ("ConsumerARN", "consumer_arn"),
            ("S3DestinationConfiguration", "s3_destination_configuration"),
            ("KMSMasterKeyId", "kms_master_key_id"),
        ];
        for (name, rust) in members {
            assert_eq!(member(name), rust);
        }
        let variants = [
            ("AT_SEQUENCE_NUMBER", "AtSequenceNumber"),
            ("Count/Second", "CountSecond"),
            ("IncomingBytes", "IncomingBytes"),
            ("NONE", "None"),
            ("aws:kms", "AwsKms"),
            ("SELF", "VSelf"),
        ];
        for (value, rust) in variants {
            assert_eq!(variant(value), rust);
        }
    }
}
