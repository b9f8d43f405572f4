//! Acting for our own services as the roles they were given: what a subscription filter or an alarm triggers is called through the door
//! as its role.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anabranch_api::sts::AssumeRole;
use anabranch_api::{ApiError, Context, Principal, RequestId};
use anabranch_governance::Door;
use anabranch_governance::iam::identities::Identities;
use anabranch_governance::iam::{Opened, Sessions};
use anabranch_governance::sts::Sts;
use anabranch_types::{AccountId, Clock, Region, Rng};

/// A session that ends sooner than this is not used any more.
const LEFT_MIN: Duration = Duration::from_secs(300);
/// Most sessions remembered; beyond, all are made anew.
const REMEMBERED_MAX: usize = 1_000;

/// Calls as roles that trust our services.
pub struct Deputy {
    door: Door,
    sts: Arc<Sts>,
    sessions: Arc<Sessions>,
    identities: Arc<Identities>,
    clock: Clock,
    rng: Rng,
    /// By the service and the role's ARN.
    remembered: Mutex<HashMap<(&'static str, String), Arc<Opened>>>,
}

impl Deputy {
    /// Roles are assumed through the door; `sessions` opens what `sts` issues.
    pub fn new(
        door: Door,
        sts: Arc<Sts>,
        sessions: Arc<Sessions>,
        identities: Arc<Identities>,
        clock: Clock,
    ) -> Self {
        Self { door, sts, sessions, identities, clock, rng: Rng::system(), remembered: Mutex::default() }
    }

    /// The context of a call in `region` by `service` (`logs`) as the role, whose trust policy must name the service
    /// (`logs.amazonaws.com`). A session is used for several calls, as AWS's services do; what the role may is judged at each.
    pub async fn context(
        &self,
        service: &'static str,
        region: &Region,
        role_arn: &str,
    ) -> Result<Context, ApiError> {
        let session = match self.remembered(service, role_arn) {
            Some(session) => session,
            None => self.assume(service, region, role_arn).await?,
        };
        let Opened { principal, session, .. } = &*session;
        let account = principal.account().ok_or_else(ApiError::internal)?;
        let cx = self.call(principal.clone(), account, region);
        Ok(Context { session: Some(Arc::clone(session)), ..cx })
    }

    fn remembered(&self, service: &'static str, role_arn: &str) -> Option<Arc<Opened>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let found = remembered.get(&(service, role_arn.to_owned()))?;
        let lasts = found.session.expires > self.sessions.now() + LEFT_MIN;
        (lasts && self.is_there(&found.principal)).then(|| Arc::clone(found))
    }

    /// Whether the role of a session is still the one that was assumed.
    fn is_there(&self, principal: &Principal) -> bool {
        let Principal::RoleSession(session) = principal else { return false };
        let role = self.identities.role(session.account, &session.role);
        role.is_some_and(|role| role.stored.id == session.role_id)
    }

    async fn assume(
        &self,
        service: &'static str,
        region: &Region,
        role_arn: &str,
    ) -> Result<Arc<Opened>, ApiError> {
        let account = role_arn.split(':').nth(4).and_then(|account| account.parse().ok());
        let cx = self.call(Principal::Service(service), account.unwrap_or(AccountId::DEVELOPMENT), region);
        let request = AssumeRole {
            role_arn: role_arn.into(),
            role_session_name: service.into(),
            ..AssumeRole::default()
        };
        let assumed = self.door.unary(cx, &self.sts, request).await?;
        let token = assumed.credentials.ok_or_else(ApiError::internal)?.session_token;
        let opened = self.sessions.open(&token).map_err(|_| ApiError::internal())?;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert((service, role_arn.to_owned()), Arc::clone(&opened));
        Ok(opened)
    }

    fn call(&self, principal: Principal, account: AccountId, region: &Region) -> Context {
        Context::inside(
            principal,
            account,
            region.clone(),
            RequestId::from_random(self.rng.u128()),
            self.clock.now(),
        )
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::iam::{CreateRole, DeleteRole, UpdateAssumeRolePolicy};
    use anabranch_catalog::MemoryCatalog;
    use anabranch_governance::audit::NoAudit;
    use anabranch_governance::iam::{Credentials, Iam, WebIdentities};
    use anabranch_governance::kms::MasterKey;
    use anabranch_governance::metrics::Metrics;
    use anabranch_governance::sts::StsGround;
    use anabranch_governance::{Authority, DenialMessages};
    use anabranch_types::Timestamp;

    use super::*;

    const ACCOUNT: &str = "111111111111";
    const ROLE: &str = "arn:aws:iam::111111111111:role/app/writer";

    fn trusting(service: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Service":"{service}.amazonaws.com"}},"Action":"sts:AssumeRole"}}}}"#
        )
    }

    struct Account {
        deputy: Deputy,
        iam: Arc<Iam>,
        region: Region,
    }

    impl Account {
        fn open() -> Self {
            let clock = Clock::standing(Timestamp::from_seconds(1_800_000_000));
            let (rng, catalog) = (Rng::seeded(1), Arc::new(MemoryCatalog::default()));
            let master_key = Arc::new(MasterKey::random(&rng));
            let identities = Identities::none(catalog, Arc::clone(&master_key), clock.clone(), rng.clone());
            let identities = Arc::new(identities);
            let sessions = Arc::new(Sessions::new(Arc::clone(&master_key), clock.clone(), rng.clone()));
            let credentials = Arc::new(Credentials::none());
            let sts = Arc::new(Sts::new(StsGround {
                credentials: Arc::clone(&credentials),
                identities: Arc::clone(&identities),
                sessions: Arc::clone(&sessions),
                web_identities: Arc::new(WebIdentities::default()),
                messages: Arc::new(DenialMessages::new(master_key, rng)),
            }));
            let door =
                Door::new(Authority::new(Arc::clone(&identities)), Arc::new(NoAudit), Metrics::new(|_| {}));
            let iam = Arc::new(Iam::new(Arc::clone(&identities), credentials));
            let deputy = Deputy::new(door, sts, sessions, identities, clock);
            Self { deputy, iam, region: Region::parse("us-east-1").unwrap() }
        }

        fn root(&self) -> Context {
            let account: AccountId = ACCOUNT.parse().unwrap();
            self.deputy.call(Principal::Root(account), account, &self.region)
        }

        async fn create_role(&self, trusts: &str) {
            let role = CreateRole {
                role_name: "writer".into(),
                path: Some("/app/".into()),
                assume_role_policy_document: trusting(trusts).into(),
                ..CreateRole::default()
            };
            self.deputy.door.unary(self.root(), &self.iam, role).await.unwrap();
        }

        /// Whom a call by `logs` comes from, or the code of its refusal.
        async fn caller(&self) -> Result<(String, String), String> {
            let called = self.deputy.context("logs", &self.region, ROLE).await;
            let cx = called.map_err(|error| error.code.into_owned())?;
            Ok((cx.principal.arn(cx.partition), cx.principal.user_id()))
        }
    }

    #[tokio::test]
    async fn a_service_calls_as_a_role_that_trusts_it_and_as_no_other() {
        let account = Account::open();
        assert_eq!(account.caller().await, Err("AccessDenied".to_owned()), "there is no such role");
        account.create_role("firehose").await;
        assert_eq!(account.caller().await, Err("AccessDenied".to_owned()), "it trusts another");
        let trust =
            UpdateAssumeRolePolicy { role_name: "writer".into(), policy_document: trusting("logs").into() };
        account.deputy.door.unary(account.root(), &account.iam, trust).await.unwrap();
        let (arn, _) = account.caller().await.unwrap();
        assert_eq!(arn, "arn:aws:sts::111111111111:assumed-role/writer/logs");
    }

    #[tokio::test]
    async fn a_role_made_anew_is_another_one() {
        let account = Account::open();
        account.create_role("logs").await;
        let (_, first) = account.caller().await.unwrap();
        assert_eq!(account.caller().await.unwrap().1, first);
        let delete = DeleteRole { role_name: "writer".into() };
        account.deputy.door.unary(account.root(), &account.iam, delete).await.unwrap();
        assert_eq!(account.caller().await, Err("AccessDenied".to_owned()));
        account.create_role("logs").await;
        assert_ne!(account.caller().await.unwrap().1, first);
    }
}
