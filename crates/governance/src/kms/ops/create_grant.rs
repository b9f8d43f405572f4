use anabranch_api::kms::{CreateGrant, CreateGrantOutput, Error, GrantOperation};
use anabranch_api::{Context, Resources, Serve};

use super::super::changes::Changes;
use super::super::directory::{Slot, View};
use super::super::grants::{check_principal, check_tokens, is_grantable, takes_context, token};
use super::super::limits::GRANTS_PER_KEY_MAX;
use super::super::named::Aliases;
use super::super::stored::{Spec, StoredConstraints, StoredGrant};
use super::super::using::{enabled, unless_dry};
use super::super::{Kms, errors};

impl Serve<CreateGrant> for Kms {
    fn resources(&self, cx: &Context, request: &CreateGrant) -> Result<Resources, Error> {
        self.about::<CreateGrant>(cx, &request.key_id, Aliases::NotTaken)
    }

    /// Holds at once. One of the same name that says the same is not made twice (KMS API CreateGrant, Name).
    async fn serve(&self, cx: &Context, request: CreateGrant) -> Result<CreateGrantOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let slot = self.find(cx, &request.key_id, Aliases::NotTaken)?;
        let mut writing = self.turn().await?;
        let view = slot.view();
        enabled(&view.stored, &slot.arn)?;
        let stored = self.grant(cx, &request, &view)?;
        let same = stored.name.is_some().then(|| twin(&slot, &stored)).flatten();
        if same.is_none() && slot.grants().len() >= GRANTS_PER_KEY_MAX {
            return Err(errors::too_many_grants(&slot.arn, GRANTS_PER_KEY_MAX));
        }
        if self.directory.key(&slot.name).is_none() {
            return Err(errors::key_not_found(&slot.arn));
        }
        unless_dry(request.dry_run)?;
        let id = match same {
            Some(id) => id,
            None => {
                let id = self.new_grant_id();
                let mut changes = Changes::default();
                changes.put_grant(&slot.name, &id, &stored);
                self.commit(&mut writing, changes).await?;
                id
            }
        };
        let grant_token = Some(token(&slot.name, &id));
        Ok(CreateGrantOutput { grant_token, grant_id: Some(id.into()) })
    }
}

impl Kms {
    fn new_grant_id(&self) -> String {
        format!("{:032x}{:032x}", self.rng.u128(), self.rng.u128())
    }

    /// The grant that was asked for.
    fn grant(&self, cx: &Context, request: &CreateGrant, view: &View) -> Result<StoredGrant, Error> {
        let (grantee, grantee_is_service) =
            match (&request.grantee_principal, &request.grantee_service_principal) {
                (Some(arn), None) => (arn, false),
                (None, Some(service)) => (service, true),
                (Some(_), Some(_)) | (None, None) => return Err(errors::grantee_required()),
            };
        let retiring = match (&request.retiring_principal, &request.retiring_service_principal) {
            (Some(_), Some(_)) => return Err(errors::two_retiring_principals()),
            (Some(arn), None) => Some((arn, false)),
            (None, service) => service.as_ref().map(|service| (service, true)),
        };
        let arns = [(!grantee_is_service).then_some(grantee), retiring.filter(|r| !r.1).map(|r| r.0)];
        arns.into_iter().flatten().try_for_each(|arn| check_principal(arn))?;
        let constraints = request.constraints.as_ref().map(StoredConstraints::of).unwrap_or_default();
        check_operations(&request.operations, &constraints, view)?;
        let mut operations: Vec<_> = request.operations.iter().map(ToString::to_string).collect();
        operations.dedup();
        Ok(StoredGrant {
            created_ms: self.clock.now().millis(),
            name: request.name.as_ref().map(ToString::to_string),
            grantee: grantee.to_string(),
            retiring: retiring.map(|(text, _)| text.to_string()),
            issuing_account: format!("arn:{}:iam::{}:root", cx.partition, cx.account),
            operations,
            constraints,
            grantee_is_service,
            retiring_is_service: retiring.is_some_and(|(_, is_service)| is_service),
        })
    }
}

/// The operations are those of the key's kind, and have an encryption context if one is asked for.
fn check_operations(
    operations: &[GrantOperation],
    constraints: &StoredConstraints,
    view: &View,
) -> Result<(), Error> {
    let (spec, usage) = (view.stored.spec, view.stored.usage);
    if operations.is_empty() {
        return Err(errors::no_operations());
    }
    if let Some(operation) = operations.iter().find(|operation| !is_grantable(**operation, spec, usage)) {
        return Err(errors::grant_operation(operation.as_str(), spec.key_spec().as_str()));
    }
    let is_symmetric = spec == Spec::SymmetricDefault;
    let constrained = constraints.subset.is_some() || constraints.equals.is_some();
    let contextless = operations.iter().find(|operation| match operation {
        GrantOperation::CreateGrant | GrantOperation::RetireGrant | GrantOperation::DescribeKey => false,
        cryptographic => !is_symmetric || !takes_context(cryptographic.as_str()),
    });
    match contextless {
        Some(operation) if constrained => Err(errors::constraint_without_context(operation.as_str())),
        _ => Ok(()),
    }
}

/// The grant of the same name that says the same.
fn twin(slot: &Slot, stored: &StoredGrant) -> Option<String> {
    let grants = slot.grants();
    let same = grants
        .values()
        .find(|grant| StoredGrant { created_ms: stored.created_ms, ..grant.stored.clone() } == *stored);
    same.map(|grant| grant.id.clone())
}
