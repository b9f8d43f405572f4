use std::collections::BTreeSet;

use anabranch_api::cloudwatch::{Error, PutCompositeAlarm, PutCompositeAlarmOutput, StateValue};
use anabranch_api::{Context, Serve};

use super::super::changes::Changes;
use super::super::composites::Cause;
use super::super::history::Configured;
use super::super::keys::Scope;
use super::super::limits::{ALARMS_MAX, CHILDREN_MAX};
use super::super::reason::UNCHECKED;
use super::super::rule::{self, Rule};
use super::super::service::{Alarms, scope};
use super::super::stored::{CompositeWatch, StoredAlarm, StoredState, Suppressor, Watch};
use super::super::{errors, request as asked};

impl Serve<PutCompositeAlarm> for Alarms {
    /// Makes the alarm or puts it in the place of the one of this name, and evaluates it.
    async fn serve(
        &self,
        cx: &Context,
        request: PutCompositeAlarm,
    ) -> Result<PutCompositeAlarmOutput, Error> {
        let scope = scope(cx);
        if request.action_configuration.is_some() {
            return Err(errors::not_implemented("ActionConfiguration"));
        }
        let rule = rule::parse(&request.alarm_rule).map_err(|why| errors::rule_invalid(&why))?;
        let initial = StateValue::InsufficientData;
        let watch = CompositeWatch {
            rule: request.alarm_rule.to_string(),
            suppressor: suppressor(&request)?,
            acted: initial,
            suppressed_by: None,
            suppressed_until_ms: None,
        };
        let mut after = StoredAlarm {
            name: request.alarm_name.to_string(),
            description: request.alarm_description.as_ref().map(ToString::to_string),
            actions_enabled: request.actions_enabled.unwrap_or(true),
            ok_actions: asked::actions(&request.ok_actions)?,
            alarm_actions: asked::actions(&request.alarm_actions)?,
            insufficient_data_actions: asked::actions(&request.insufficient_data_actions)?,
            tags: Default::default(),
            configured_ms: cx.received.millis(),
            state: StoredState {
                value: initial,
                reason: UNCHECKED.to_owned(),
                data: None,
                updated_ms: cx.received.millis(),
                transitioned_ms: cx.received.millis(),
            },
            watch: Watch::Composite(watch),
        };
        let mut writing = self.turn().await?;
        self.refuse_strangers(&scope, &request, &rule)?;
        let before = self.alarm(&scope, &request.alarm_name);
        let mut changes = Changes::default();
        match &before {
            Some(before) => {
                let Some((kept, _)) = before.composite() else {
                    return Err(errors::name_taken_by_other_type(before.name()));
                };
                if let Watch::Composite(watch) = &mut after.watch {
                    watch.acted = kept.acted;
                    watch.suppressed_by = kept.suppressed_by;
                    watch.suppressed_until_ms = kept.suppressed_until_ms;
                }
                after.state = before.stored.state.clone();
                after.tags = before.stored.tags.clone();
                self.note_configured(&mut changes, &scope, cx.received, &after, Configured::Updated);
            }
            None if self.count(&scope) >= ALARMS_MAX => return Err(errors::too_many_alarms()),
            None => {
                asked::tags(&mut after.tags, request.tags.as_deref().unwrap_or_default())?;
                self.note_configured(&mut changes, &scope, cx.received, &after, Configured::Created);
            }
        }
        changes.put(&scope, before.as_deref(), after);
        self.commit(&mut writing, changes).await?;
        let Some(alarm) = self.alarm(&scope, &request.alarm_name) else {
            return Ok(PutCompositeAlarmOutput {});
        };
        if self.evaluate_composite(&mut writing, &scope, &alarm, &Cause::Put, cx.received).await? {
            self.follow(&mut writing, &scope, vec![alarm.name().to_owned()], cx.received).await?;
        }
        Ok(PutCompositeAlarmOutput {})
    }
}

impl Alarms {
    /// Whatever a rule names must be there, and not be the alarm itself; circles of several are possible, as with AWS.
    fn refuse_strangers(&self, scope: &Scope, request: &PutCompositeAlarm, rule: &Rule) -> Result<(), Error> {
        let children: BTreeSet<&str> = rule.alarms().into_iter().map(|child| scope.resolve(child)).collect();
        if children.len() > CHILDREN_MAX {
            return Err(errors::too_many_children());
        }
        if children.contains(&*request.alarm_name) {
            return Err(errors::rule_refers_to_itself());
        }
        let absent = children.into_iter().filter(|child| self.alarm(scope, child).is_none());
        let absent: Vec<String> = absent
            .map(|name| if name.starts_with("arn:") { name.to_owned() } else { scope.arn(name) })
            .collect();
        if !absent.is_empty() {
            return Err(errors::children_do_not_exist(&absent));
        }
        match &request.actions_suppressor {
            Some(name) if self.alarm(scope, scope.resolve(name)).is_none() => {
                Err(errors::no_such_suppressor(name))
            }
            _ => Ok(()),
        }
    }
}

fn suppressor(request: &PutCompositeAlarm) -> Result<Option<Suppressor>, Error> {
    let periods = (request.actions_suppressor_wait_period, request.actions_suppressor_extension_period);
    let seconds = |period: Option<i32>| period.and_then(|seconds| u32::try_from(seconds).ok());
    match (&request.actions_suppressor, seconds(periods.0), seconds(periods.1)) {
        (None, _, _) if periods == (None, None) => Ok(None),
        (Some(alarm), Some(wait_seconds), Some(extension_seconds)) => {
            Ok(Some(Suppressor { alarm: alarm.to_string(), wait_seconds, extension_seconds }))
        }
        _ => Err(errors::suppressor_needs_both_periods()),
    }
}
