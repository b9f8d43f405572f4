use anabranch_api::iam::{Error, SimulateCustomPolicy, SimulateCustomPolicyOutput};
use anabranch_api::{Context, Serve};

use super::check_count;
use super::scenario::{Scenario, owner, simulated};
use super::sources::{input, one};
use crate::iam::names::IamArn;
use crate::iam::paging::Asked;
use crate::iam::policy::{Caller, DocumentKind};
use crate::iam::{Iam, errors};

impl Serve<SimulateCustomPolicy> for Iam {
    /// Decides by the given policies alone.
    async fn serve(
        &self,
        cx: &Context,
        request: SimulateCustomPolicy,
    ) -> Result<SimulateCustomPolicyOutput, Error> {
        let anybody = format!("arn:{}:iam::{}:user/simulated", cx.partition, cx.account);
        if request.resource_policy.is_some() && request.caller_arn.is_none() {
            return Err(errors::caller_needed());
        }
        let caller_arn = request.caller_arn.as_deref().unwrap_or(&anybody);
        let caller = IamArn::parse(caller_arn, cx.partition).filter(|caller| caller.kind == "user");
        let account = caller.and_then(|caller| caller.account);
        let account =
            account.ok_or_else(|| errors::invalid_simulation(format!("Invalid caller ARN: {caller_arn}")))?;
        let known = match &request.caller_arn {
            Some(arn) => {
                vec![("aws:principalarn", arn.to_string()), ("aws:principalaccount", account.to_string())]
            }
            None => vec![],
        };
        let boundary = request.permissions_boundary_policy_input_list.as_deref();
        let organization = request.ordered_organization_policy_input_list.as_deref().unwrap_or_default();
        check_count(organization.len())?;
        let organization = (1..).zip(organization.iter()).map(|(place, level)| {
            let list = format!("OrderedOrganizationPolicyInputList.{place}.ServiceControlPolicyInputList");
            input(&list, level.service_control_policy_input_list.as_deref(), DocumentKind::Identity)
        });
        let scenario = Scenario {
            caller: Caller::User { account, arn: caller_arn, id: "" },
            owner: owner(request.resource_owner.as_ref())?,
            identity: input("PolicyInputList", Some(&request.policy_input_list), DocumentKind::Identity)?,
            boundary: one("PermissionsBoundaryPolicyInputList", boundary, DocumentKind::Identity)?,
            organization: organization.collect::<Result<_, _>>()?,
            resource: one(
                "ResourcePolicy",
                request.resource_policy.as_ref().map(std::slice::from_ref),
                DocumentKind::Resource,
            )?,
            actions: &request.action_names,
            resources: request.resource_arns.as_deref().unwrap_or_default(),
            context: simulated(request.context_entries.as_ref(), known, cx.received),
        };
        scenario.page(Asked::new(request.marker.as_ref(), request.max_items))
    }
}
