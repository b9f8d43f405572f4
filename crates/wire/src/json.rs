//! JSON as AWS's JSON protocols have it.

mod decode;
mod encode;
mod number;
mod scan;
mod string;

pub use decode::Decoder;
pub use encode::Encoder;
pub use scan::well_formed;
