//! AWS Query: requests as form-urlencoded parameters, answers as XML. The form encoder and the XML decoder are for our own clients.

mod decode;
mod encode;
mod form;
mod xml_decode;
mod xml_encode;
mod xml_tree;

pub use decode::Decoder;
pub use encode::Encoder;
pub use form::{PARAMETERS_MAX, parameter, well_formed};
pub use xml_decode::XmlDecoder;
pub use xml_encode::XmlEncoder;
pub(crate) use xml_encode::error;
