use anabranch_api::cloudwatch::{AlarmType, DescribeAlarms, DescribeAlarmsOutput, Error};
use anabranch_api::{Context, Serve};

use super::super::keys::Scope;
use super::super::limits::{PAGE_DEFAULT, PAGE_MAX};
use super::super::page::{Token, page};
use super::super::service::{Alarm, Alarms, scope};
use super::super::stored::Watch;
use super::super::{describe, errors};
use std::sync::Arc;

impl Serve<DescribeAlarms> for Alarms {
    /// In the order of their names, metric and composite alarms in lists of their own.
    async fn serve(&self, cx: &Context, request: DescribeAlarms) -> Result<DescribeAlarmsOutput, Error> {
        let scope = scope(cx);
        let mut alarms = self.asked_for(&scope, &request)?;
        alarms.retain(|alarm| is_wanted(alarm, &request));
        let size = request.max_records.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE_DEFAULT);
        let (shown, next) =
            page(alarms, |alarm| alarm.name(), size.min(PAGE_MAX), request.next_token.as_ref())?;
        let (mut metric, mut composite) = (Vec::new(), Vec::new());
        for alarm in &shown {
            match &alarm.stored.watch {
                Watch::Metric(watch) => metric.push(describe::metric_alarm(&scope, &alarm.stored, watch)),
                Watch::Composite(watch) => {
                    composite.push(describe::composite_alarm(&scope, &alarm.stored, watch));
                }
            }
        }
        Ok(DescribeAlarmsOutput {
            metric_alarms: Some(metric),
            composite_alarms: Some(composite),
            next_token: next.map(Token::text),
            ..DescribeAlarmsOutput::default()
        })
    }
}

impl Alarms {
    fn asked_for(&self, scope: &Scope, request: &DescribeAlarms) -> Result<Vec<Arc<Alarm>>, Error> {
        let is_alone = request.alarm_names.is_none()
            && request.alarm_name_prefix.is_none()
            && request.alarm_types.is_none()
            && request.state_value.is_none()
            && request.action_prefix.is_none();
        match (&request.children_of_alarm_name, &request.parents_of_alarm_name) {
            (Some(_), Some(_)) => Err(errors::family_with_other_filters("ChildrenOfAlarmName")),
            (Some(_), _) if !is_alone => Err(errors::family_with_other_filters("ChildrenOfAlarmName")),
            (_, Some(_)) if !is_alone => Err(errors::family_with_other_filters("ParentsOfAlarmName")),
            (Some(of), None) => {
                let parent = self.alarm(scope, of).ok_or_else(|| errors::no_such_alarm(of))?;
                let children = parent.composite().map(|(_, rule)| rule.alarms()).unwrap_or_default();
                let mut names: Vec<&str> = children.into_iter().map(|child| scope.resolve(child)).collect();
                names.sort_unstable();
                names.dedup();
                Ok(names.into_iter().filter_map(|name| self.alarm(scope, name)).collect())
            }
            (None, Some(of)) => {
                self.alarm(scope, of).ok_or_else(|| errors::no_such_alarm(of))?;
                let mut parents = self.parents(scope, of);
                parents.retain(|p| {
                    p.composite()
                        .is_some_and(|(_, rule)| rule.alarms().iter().any(|c| scope.resolve(c) == &**of))
                });
                Ok(parents)
            }
            (None, None) => match (&request.alarm_names, &request.alarm_name_prefix) {
                (Some(_), Some(_)) => Err(errors::names_and_prefix()),
                (Some(names), None) => {
                    let mut names: Vec<&str> = names.iter().map(|name| &**name).collect();
                    names.sort_unstable();
                    names.dedup();
                    Ok(names.into_iter().filter_map(|name| self.alarm(scope, name)).collect())
                }
                (None, _) => Ok(self.alarms_of(scope)),
            },
        }
    }
}

/// CW API DescribeAlarms, AlarmTypes: "If you omit this parameter, only metric alarms are returned", unless a family is asked for.
fn is_wanted(alarm: &Alarm, request: &DescribeAlarms) -> bool {
    let is_family = request.children_of_alarm_name.is_some() || request.parents_of_alarm_name.is_some();
    let types = request.alarm_types.as_deref().unwrap_or(&[AlarmType::MetricAlarm]);
    let stored = &alarm.stored;
    let actions = [&stored.ok_actions, &stored.alarm_actions, &stored.insufficient_data_actions];
    (is_family || types.contains(&stored.kind()))
        && request.state_value.is_none_or(|state| state == stored.state.value)
        && request.alarm_name_prefix.as_deref().is_none_or(|prefix| stored.name.starts_with(prefix))
        && request
            .action_prefix
            .as_deref()
            .is_none_or(|prefix| actions.into_iter().flatten().any(|action| action.starts_with(prefix)))
}
