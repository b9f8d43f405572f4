//! The table of handlers: for each operation that is built, what reads its requests and answers them.

use std::collections::HashMap;

use anabranch_api::Register;
use anabranch_api::handler::Handler;

/// What answers each operation, by its full name.
#[derive(Default)]
pub struct Handlers {
    by_name: HashMap<&'static str, Box<dyn Handler>>,
}

impl Handlers {
    pub(super) fn get(&self, full_name: &str) -> Option<&dyn Handler> {
        self.by_name.get(full_name).map(|handler| &**handler)
    }
}

impl Register for Handlers {
    fn add(&mut self, handler: Box<dyn Handler>) {
        self.by_name.insert(handler.operation().name, handler);
    }
}
