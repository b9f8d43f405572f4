use anabranch_api::iam::{Error, SimulatePrincipalPolicy, SimulatePrincipalPolicyOutput};
use anabranch_api::{Context, Serve};

use super::scenario::{Scenario, owner, simulated};
use super::sources::{Principal, input, one};
use crate::iam::errors::Kind;
use crate::iam::names::IamArn;
use crate::iam::paging::Asked;
use crate::iam::policy::{Caller, DocumentKind};
use crate::iam::{Iam, errors};

impl Serve<SimulatePrincipalPolicy> for Iam {
    /// Decides by the policies of a user (and its groups), group or role, and by those brought along. A boundary that is brought
    /// along takes the place of the principal's own. Trust policies have no say.
    async fn serve(
        &self,
        cx: &Context,
        request: SimulatePrincipalPolicy,
    ) -> Result<SimulatePrincipalPolicyOutput, Error> {
        let source_arn = &*request.policy_source_arn;
        let mut principal = Principal::find(cx, &self.account(cx), source_arn)?;
        principal.exclude(request.policy_exclusion_list.as_deref().unwrap_or_default());
        let input_policies = request.policy_input_list.as_deref();
        let input_policies = input("PolicyInputList", input_policies, DocumentKind::Identity)?;
        let boundary = request.permissions_boundary_policy_input_list.as_deref();
        let boundary = one("PermissionsBoundaryPolicyInputList", boundary, DocumentKind::Identity)?;
        let resource = request.resource_policy.as_ref().map(std::slice::from_ref);
        let resource = one("ResourcePolicy", resource, DocumentKind::Resource)?;
        if resource.is_some() && request.caller_arn.is_none() && principal.kind != Kind::User {
            return Err(errors::caller_needed());
        }
        let (kind, name, id) = (principal.kind, principal.name, principal.id);
        let session = format!("arn:{}:sts::{}:assumed-role/{name}/simulated", cx.partition, cx.account);
        let caller = match &request.caller_arn {
            Some(arn) => {
                let user = IamArn::parse(arn, cx.partition).filter(|caller| caller.kind == "user");
                let account = user.and_then(|user| user.account);
                let account = account
                    .ok_or_else(|| errors::invalid_simulation(format!("Invalid caller ARN: {arn}")))?;
                Caller::User { account, arn, id: "" }
            }
            None if kind == Kind::Role => {
                Caller::RoleSession { account: cx.account, arn: &session, role_arn: source_arn, role_id: &id }
            }
            None => Caller::User { account: cx.account, arn: source_arn, id: &id },
        };
        let mut known = vec![
            ("aws:principalarn", source_arn.to_owned()),
            ("aws:principalaccount", cx.account.to_string()),
            ("aws:userid", id.clone()),
        ];
        if kind == Kind::User {
            known.push(("aws:username", name.clone()));
        }
        let mut identity = principal.identity;
        identity.extend(input_policies);
        let scenario = Scenario {
            caller,
            owner: owner(request.resource_owner.as_ref())?,
            identity,
            boundary: boundary.or(principal.boundary),
            organization: Vec::new(),
            resource,
            actions: &request.action_names,
            resources: request.resource_arns.as_deref().unwrap_or_default(),
            context: simulated(request.context_entries.as_ref(), known, cx.received),
        };
        scenario.page(Asked::new(request.marker.as_ref(), request.max_items))
    }
}
