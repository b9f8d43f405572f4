use std::sync::{Arc, Mutex, PoisonError};

/// Chance, for everything that needs some. Clones share their state.
///
/// The system's is fit for keys and ids. A seeded one gives the same sequence for the same seed, so that one seed is one run
/// of a test; it is never fit for secrets.
#[derive(Clone, Debug)]
pub struct Rng {
    seeded: Option<Arc<Mutex<fastrand::Rng>>>,
}

impl Rng {
    /// The operating system's.
    pub fn system() -> Self {
        Self { seeded: None }
    }

    /// A repeatable one.
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)))) }
    }

    /// Fills `bytes`.
    ///
    /// # Panics
    /// If the operating system has no randomness to give, without which nothing here is safe.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.seeded {
            Some(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes),
            None => getrandom::fill(bytes).expect("the operating system gives random bytes"),
        }
    }

    /// Any number.
    pub fn u128(&self) -> u128 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        u128::from_le_bytes(bytes)
    }

    /// A number that hardly anybody else has, for ids that everybody may know: which come next could be reckoned from it. It takes no
    /// system call.
    pub fn id(&self) -> u128 {
        if self.seeded.is_some() { self.u128() } else { fastrand::u128(..) }
    }

    /// Any number.
    pub fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_sequence() {
        let numbers = |rng: Rng| [rng.u64(), rng.clone().u64(), rng.u64()];
        assert_eq!(numbers(Rng::seeded(7)), numbers(Rng::seeded(7)));
        assert_ne!(numbers(Rng::seeded(7)), numbers(Rng::seeded(8)));
        assert_ne!(Rng::system().u128(), Rng::system().u128());
        assert_ne!(Rng::system().id(), Rng::system().id());
    }
}
