use anabranch_api::logs::{Distribution, Error, PutSubscriptionFilter, PutSubscriptionFilterOutput};
use anabranch_api::{Context, Resource, Serve};
use anabranch_catalog::{Commit, Value as _};

use crate::delivery::{control_message, partition_key};
use crate::directory::Group;
use crate::errors;
use crate::filters::Subscription;
use crate::limits::{FILTER_REGEXES_MAX, REGEX_FILTERS_MAX, SUBSCRIPTION_FILTERS_MAX};
use crate::pattern::Pattern;
use crate::service::Logs;
use crate::sinks::Parcel;
use crate::stored::{StoredPosition, StoredSubscription};

/// Who a role must trust, and who it is passed to.
const SERVICE: &str = "logs.amazonaws.com";

impl Serve<PutSubscriptionFilter> for Logs {
    /// A filter of a name that is there already is replaced, and goes on where that one was.
    async fn serve(
        &self,
        cx: &Context,
        request: PutSubscriptionFilter,
    ) -> Result<PutSubscriptionFilterOutput, Error> {
        refuse_unbuilt(&request)?;
        let pattern = kept_pattern(&request.filter_pattern)?;
        let group = self.group(cx, &request.log_group_name)?;
        if !self.destination.is_known(&request.destination_arn) {
            return Err(errors::destination_is_no_stream());
        }
        let role = request.role_arn.as_deref().ok_or_else(errors::no_role)?;
        self.may_pass(cx, role)?;
        let stored = StoredSubscription {
            name: request.filter_name.to_string(),
            pattern: request.filter_pattern.to_string(),
            destination: request.destination_arn.to_string(),
            role: role.to_owned(),
            is_random: request.distribution == Some(Distribution::Random),
            created_ms: self.clock.now().millis(),
        };
        self.send_control_message(&group, &stored).await?;

        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let (filters, name) = (group.filters(), stored.name.clone());
        let is_new = filters.subscription(&name).is_none();
        if is_new && filters.subscriptions.len() >= SUBSCRIPTION_FILTERS_MAX {
            return Err(errors::limit_exceeded());
        }
        if pattern.regexes() > 0 && filters.with_regexes(&name) >= REGEX_FILTERS_MAX {
            return Err(errors::too_many_regex_filters());
        }
        let end = self.open_outbox(&group).await?;
        let mut put = vec![(group.scope.subscription(group.id, &name), stored.to_bytes())];
        if is_new {
            put.push((group.scope.position(group.id, &name), StoredPosition::from(end).to_bytes()));
        }
        self.commit(Commit { put, ..Commit::default() }).await?;
        group.set_filters(filters.with_subscription(Subscription { stored, pattern }));
        if is_new {
            self.deliveries.begin(group.id, &name, end, self.clock.now());
        }
        Ok(PutSubscriptionFilterOutput {})
    }
}

impl Logs {
    /// Whether the caller may give this role to CloudWatch Logs (IAM id_roles_use_passrole).
    fn may_pass(&self, cx: &Context, role: &str) -> Result<(), Error> {
        let resource = Resource { action: "iam:PassRole", arn: role.to_owned() };
        let keys = vec![("iam:passedtoservice".to_owned(), vec![SERVICE.to_owned()])];
        let judge = self.authorize.upgrade().ok_or_else(errors::unavailable)?;
        judge.authorize(cx, &[resource], &keys).map_err(errors::may_not_pass)
    }

    async fn send_control_message(&self, group: &Group, filter: &StoredSubscription) -> Result<(), Error> {
        let key = partition_key(filter.is_random, &group.name, &self.rng);
        let parcel = Parcel {
            account: group.scope.account,
            region: group.scope.region.clone(),
            source: group.arn(),
            role: filter.role.clone(),
            destination: filter.destination.clone(),
            records: vec![(key, control_message(self.clock.now()))],
        };
        self.destination.put(parcel).await.map_err(|refusal| {
            tracing::info!(group = %group.name, filter = %filter.name, %refusal, "a destination takes nothing");
            errors::cannot_deliver()
        })
    }
}

fn refuse_unbuilt(request: &PutSubscriptionFilter) -> Result<(), Error> {
    if request.apply_on_transformed_logs == Some(true) {
        return Err(errors::not_built("applyOnTransformedLogs"));
    }
    if request.field_selection_criteria.is_some() {
        return Err(errors::not_built("fieldSelectionCriteria"));
    }
    let emits = request.emit_system_fields.as_ref().is_some_and(|fields| !fields.is_empty());
    if emits { Err(errors::not_built("emitSystemFields")) } else { Ok(()) }
}

/// The pattern of a filter that is kept, which may have fewer regular expressions than one that is searched for once.
pub(super) fn kept_pattern(text: &str) -> Result<Pattern, Error> {
    let pattern = Pattern::parse(text).map_err(|_| errors::invalid_pattern())?;
    if pattern.regexes() > FILTER_REGEXES_MAX { Err(errors::too_many_regexes()) } else { Ok(pattern) }
}
