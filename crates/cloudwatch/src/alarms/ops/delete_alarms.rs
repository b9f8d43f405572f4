use std::collections::BTreeSet;
use std::sync::Arc;

use anabranch_api::cloudwatch::{DeleteAlarms, DeleteAlarmsOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use super::super::changes::Changes;
use super::super::errors;
use super::super::history::Configured;
use super::super::limits::COMPOSITES_PER_DELETION_MAX;
use super::super::service::{Alarm, Alarms, each_alarm, scope};

impl Serve<DeleteAlarms> for Alarms {
    fn resources(&self, cx: &Context, request: &DeleteAlarms) -> Result<Resources, Error> {
        Ok(each_alarm(cx, DeleteAlarms::ACTION, &request.alarm_names))
    }

    /// Deletes all of them or none. Their history stays.
    async fn serve(&self, cx: &Context, request: DeleteAlarms) -> Result<DeleteAlarmsOutput, Error> {
        let scope = scope(cx);
        let mut writing = self.turn().await?;
        let names: BTreeSet<&str> = request.alarm_names.iter().map(|name| &**name).collect();
        let found = |name: &&str| self.alarm(&scope, name).ok_or_else(|| errors::no_such_alarm(name));
        let alarms: Vec<Arc<Alarm>> = names.iter().map(found).collect::<Result<_, Error>>()?;
        if alarms.iter().filter(|alarm| alarm.composite().is_some()).count() > COMPOSITES_PER_DELETION_MAX {
            return Err(errors::too_many_composites());
        }
        for alarm in &alarms {
            if let Some(parent) = self.parents(&scope, alarm.name()).first() {
                return Err(errors::is_referred_to(alarm.name(), parent.name()));
            }
        }
        let mut changes = Changes::default();
        for alarm in &alarms {
            self.note_configured(&mut changes, &scope, cx.received, &alarm.stored, Configured::Deleted);
            changes.delete(&scope, alarm);
        }
        self.commit(&mut writing, changes).await?;
        Ok(DeleteAlarmsOutput {})
    }
}
