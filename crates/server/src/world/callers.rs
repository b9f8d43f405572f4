use std::sync::{Arc, Weak};

use anabranch_governance::iam::identities::Identities;
use anabranch_governance::iam::{Iam, Sessions};
use anabranch_governance::sts::{Sts, StsGround};
use anabranch_governance::{Authority, Authorize, DenialMessages, Door};
use anabranch_types::{Clock, Rng};

use super::stores::Stores;
use super::{OpenError, Recipe};
use crate::deputy::Deputy;
use crate::gateway::Handlers;

/// Who may call: identities, what is issued to them, and the judge of what they may.
pub(super) struct Callers {
    pub identities: Arc<Identities>,
    pub sessions: Arc<Sessions>,
    iam: Arc<Iam>,
    pub sts: Arc<Sts>,
    pub authority: Arc<Authority>,
}

impl Callers {
    pub async fn open(recipe: &Recipe, stores: &Stores) -> Result<Self, OpenError> {
        let (master_key, clock) = (&recipe.master_key, &recipe.clock);
        let identities = Identities::open(
            Arc::clone(&stores.catalog),
            Arc::clone(master_key),
            clock.clone(),
            Rng::system(),
        )
        .await?;
        let authority = Authority::behind(Arc::clone(&identities), recipe.endpoint_policies.clone());
        let sessions = Arc::new(Sessions::new(Arc::clone(master_key), clock.clone(), Rng::system()));
        let messages = Arc::new(DenialMessages::new(Arc::clone(master_key), Rng::system()));
        authority.log_denials(Arc::clone(&messages));
        let sts = Sts::new(StsGround {
            credentials: Arc::clone(&recipe.credentials),
            identities: Arc::clone(&identities),
            sessions: Arc::clone(&sessions),
            web_identities: Arc::clone(&recipe.web_identities),
            messages,
        });
        let iam = Iam::new(Arc::clone(&identities), Arc::clone(&recipe.credentials));
        Ok(Self { identities, sessions, iam: Arc::new(iam), sts: Arc::new(sts), authority })
    }

    /// The judge, as services ask it.
    pub fn judge(&self) -> Weak<dyn Authorize> {
        let judge: Arc<dyn Authorize> = self.authority.clone();
        Arc::downgrade(&judge)
    }

    /// Who calls through the door as roles.
    pub fn deputy(&self, door: Door, clock: Clock) -> Deputy {
        let Self { sts, sessions, identities, .. } = self;
        Deputy::new(door, Arc::clone(sts), Arc::clone(sessions), Arc::clone(identities), clock)
    }

    pub fn register(&self, handlers: &mut Handlers) {
        self.iam.register(handlers);
        self.sts.register(handlers);
    }
}
