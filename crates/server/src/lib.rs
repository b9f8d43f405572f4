//! The `anabranch` program: command line, configuration, the gateway through which every API is called, background tasks.
//!
//! Start reading at [`run::serve`], which starts everything, and [`gateway`], where a request comes in. Knows every service by its
//! generated `register` function only; no operation's behaviour is here.

pub mod alarm_actions;
mod announce;
mod audit_heads;
pub mod backup;
pub mod cli;
pub mod client;
pub mod config;
pub mod deputy;
pub mod doctor;
mod endpoints;
pub mod fault;
pub mod gateway;
pub mod initial_streams;
mod listeners;
pub mod logging;
mod logs;
pub mod master_key;
pub mod place;
pub mod role_credentials;
pub mod run;
pub mod schedule;
pub mod secrecy;
mod stop;
pub mod test_clock;
mod webhook;
pub mod world;
