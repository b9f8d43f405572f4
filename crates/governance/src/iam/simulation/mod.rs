//! What policies would decide, without anything happening (IAM access_policies_testing-policies): one file per operation; `scenario`
//! is what is asked, `context` what a simulated request tells of itself, `sources` where its policies come from.

use std::collections::HashSet;

use anabranch_api::iam::Error;
use bytestring::ByteString;

use super::errors;
use super::policy::Document;

mod context;
mod get_context_keys_for_custom_policy;
mod get_context_keys_for_principal_policy;
mod scenario;
mod simulate_custom_policy;
mod simulate_principal_policy;
mod sources;

/// Most policies that a request may bring along: more than hang on anybody.
const INPUT_POLICIES_MAX: usize = 50;

/// Refuses more policies than are looked at.
fn check_count(policies: usize) -> Result<(), Error> {
    if policies > INPUT_POLICIES_MAX {
        let sentence = format!("A simulation takes at most {INPUT_POLICIES_MAX} policies.");
        return Err(errors::invalid_simulation(sentence));
    }
    Ok(())
}

/// The context keys of the documents, each once whatever its case.
fn context_keys<'a>(documents: impl Iterator<Item = &'a Document>) -> Vec<ByteString> {
    let mut seen = HashSet::new();
    let keys = documents.flat_map(Document::context_keys).filter(|key| seen.insert(key.to_lowercase()));
    keys.map(ByteString::from).collect()
}
