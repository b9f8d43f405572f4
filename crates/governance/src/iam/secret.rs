use std::fmt;
use std::sync::Arc;

use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A secret access key. Never printed; its clones are one in memory, which is wiped when the last of them is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl ZeroizeOnDrop for Secret {}

impl Secret {
    /// Takes the secret.
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The secret itself, for making a signing key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_wiped_when_dropped_and_never_printed() {
        crate::testing::is_wiped_when_dropped::<Secret>();
        assert_eq!(format!("{:?}", Secret::new("s3cret".to_owned())), "***");
    }
}
