//! The gateway as its callers meet it: bytes in, bytes out, on a port of loopback.

mod admin;
mod duplex;
mod guard;
mod harness;
mod harnesses;
mod process;
mod protocols;
mod refusals;
mod sealing;
