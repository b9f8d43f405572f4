use std::time::Duration;

use anabranch_api::sts::{Error, GetSessionToken, GetSessionTokenOutput};
use anabranch_api::{Context, Principal, Serve, Session};

use super::{Sts, errors};

/// How long a session lasts if nobody says, and how long a root's at the most (STS API GetSessionToken, GetFederationToken).
const DEFAULT: Duration = Duration::from_secs(43_200);
const ROOT_MAX: Duration = Duration::from_secs(3_600);

impl Serve<GetSessionToken> for Sts {
    /// Needs no permission (STS API GetSessionToken).
    async fn serve(&self, cx: &Context, request: GetSessionToken) -> Result<GetSessionTokenOutput, Error> {
        if cx.session.is_some() {
            return Err(errors::of_session("GetSessionToken"));
        }
        if request.serial_number.is_some() || request.token_code.is_some() {
            return Err(errors::wrong_mfa_code());
        }
        let principal = holder(&cx.principal);
        let lasts = lasts(&principal, request.duration_seconds);
        let told = self.issue(&principal, Session::default(), lasts, request.minimum_session_token_size)?;
        Ok(GetSessionTokenOutput {
            credentials: Some(told.credentials),
            session_token_utilization: Some(told.token_percent),
            session_token_size: Some(told.token_bytes),
        })
    }
}

/// Whose the session is: a development identity's is its account's root's.
pub(super) fn holder(principal: &Principal) -> Principal {
    match principal {
        Principal::Development(account) => Principal::Root(*account),
        other => other.clone(),
    }
}

/// A root that asks for more gets an hour.
pub(super) fn lasts(principal: &Principal, asked: Option<i32>) -> Duration {
    let lasts =
        asked.map_or(DEFAULT, |seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()));
    match principal {
        Principal::Root(_) => lasts.min(ROOT_MAX),
        _ => lasts,
    }
}
