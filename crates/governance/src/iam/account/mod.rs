//! Alias, summary, details and credential report of an account: one file per operation.

mod create_account_alias;
mod delete_account_alias;
mod generate_credential_report;
mod get_account_authorization_details;
mod get_account_summary;
mod get_credential_report;
mod list_account_aliases;
mod report;

pub(super) use report::Reports;
