//! A family's trait and the function that registers its operations.

use std::fmt::Write;

use crate::model::Operation;
use crate::naming;
use crate::resolve::Resolved;

pub fn emit(r: &Resolved<'_>, out: &mut String) {
    for (family, operations) in &r.families {
        let name = format!("{}{}", r.service.rust, naming::type_name(family));
        let bounds: Vec<String> =
            operations.iter().map(|o| format!("{}<{}>", form(r, o).serve, o.name)).collect();
        let bounds = bounds.join(" + ");
        let mut lines = String::new();
        for o in operations {
            let _ =
                writeln!(lines, "register.add(handler::{}::<{}, S>(service));", form(r, o).register, o.name);
        }
        let _ = writeln!(
            out,
            "/// Answers every operation of this family that is built.\npub trait {name}: {bounds} {{}}\n\n\
             impl<T> {name} for T where T: {bounds} {{}}\n\n\
             /// Hands over every operation of this family.\npub fn register_{family}<S: {name}>(service: &Arc<S>, register: &mut dyn Register) {{\n{lines}}}\n"
        );
    }
}

/// Which of the three forms an operation has.
pub struct Form {
    pub serve: &'static str,
    pub register: &'static str,
    pub operation: Option<&'static str>,
}

pub fn form(r: &Resolved<'_>, operation: &Operation) -> Form {
    if operation.duplex {
        Form { serve: "ServeDuplex", register: "duplex", operation: Some("DuplexOperation") }
    } else if r.events(operation).is_empty() {
        Form { serve: "Serve", register: "unary", operation: None }
    } else {
        Form { serve: "ServeFeed", register: "feed", operation: Some("FeedOperation") }
    }
}
