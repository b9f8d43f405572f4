//! What protects streams and consumers, for whoever judges a call.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use anabranch_governance::iam::policy::{Document, DocumentKind};
use anabranch_governance::{Guarded, Protection, ProtectionPolicy};
use anabranch_types::ConsumerArn;

use crate::Streams;

impl Guarded for Streams {
    fn protection(&self, _: &str, arn: &str) -> Option<Protection> {
        if let Some(stream) = self.directory.by_arn(arn) {
            let view = stream.view();
            return Some(protection(arn, view.stored.policy.as_deref(), &view.stored.tags));
        }
        let id: ConsumerArn = arn.parse().ok()?;
        let stream = self.directory.by_arn(&id.stream.to_string())?;
        let consumer = stream.view().consumers.get(&*id.name).cloned()?;
        let consumer = (consumer.created_seconds() == id.created_seconds).then_some(consumer)?;
        Some(protection(arn, consumer.policy.as_deref(), &consumer.tags))
    }

    fn revision(&self) -> u64 {
        self.directory.revision()
    }
}

fn protection(arn: &str, policy: Option<&str>, tags: &BTreeMap<String, String>) -> Protection {
    let policy = policy.map_or(ProtectionPolicy::None, |text| {
        let document = Document::parse(text, DocumentKind::Resource).map(Arc::new);
        ProtectionPolicy::Ordinary(document.unwrap_or_else(|error| {
            // None is stored that cannot be read; should one be all the same, it forbids everything.
            tracing::error!(arn, %error, "a resource policy cannot be read");
            Arc::clone(&NOBODY)
        }))
    });
    let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Protection { policy, tags, ..Protection::default() }
}

/// Forbids everything.
static NOBODY: LazyLock<Arc<Document>> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#;
    Arc::new(Document::parse(text, DocumentKind::Resource).expect("it is a policy"))
});
