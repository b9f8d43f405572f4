use anabranch_api::cloudwatch::{
    AlarmHistoryItem, AlarmType, DescribeAlarmHistory, DescribeAlarmHistoryOutput, Error, ScanBy,
};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Entry, Key, Value as _};
use anabranch_types::Timestamp;

use super::super::changes::failed;
use super::super::errors;
use super::super::keys::{Scope, time_of};
use super::super::limits::{HISTORY_LOOKED_AT_MAX, PAGE_MAX};
use super::super::page::Token;
use super::super::service::{Alarms, SCAN_ENTRIES, scope};
use super::super::stored::StoredHistoryItem;

impl Serve<DescribeAlarmHistory> for Alarms {
    /// The newest first unless asked otherwise. Reads at most 10,000 items for a page, which may then be short and have a token.
    async fn serve(
        &self,
        cx: &Context,
        request: DescribeAlarmHistory,
    ) -> Result<DescribeAlarmHistoryOutput, Error> {
        let scope = scope(cx);
        if request.start_date.zip(request.end_date).is_some_and(|(start, end)| start > end) {
            return Err(errors::start_after_end());
        }
        let size = request.max_records.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE_MAX);
        let mut position = match &request.next_token {
            Some(token) => Some(position_in(token).ok_or_else(errors::invalid_token)?),
            None => start(&scope, &request),
        };
        let (mut items, mut looked_at) = (Vec::new(), 0);
        let next = loop {
            let page = self.history(&scope, &request, position.take()).await?;
            for entry in &page.0 {
                position = Some(entry.key.clone());
                looked_at += 1;
                match shown(entry, &request) {
                    Shown::Item(item) => items.push(*item),
                    Shown::Not => {}
                    Shown::Over => return Ok(output(items, None)),
                }
                if items.len() == size {
                    break;
                }
            }
            let is_last = !page.1 && position.as_ref() == page.0.last().map(|entry| &entry.key);
            if is_last {
                break None;
            }
            if items.len() == size || looked_at >= HISTORY_LOOKED_AT_MAX {
                break position;
            }
        };
        Ok(output(items, next))
    }
}

impl Alarms {
    /// Entries behind a position in the order asked for, and whether there are more.
    async fn history(
        &self,
        scope: &Scope,
        request: &DescribeAlarmHistory,
        from: Option<Key>,
    ) -> Result<(Vec<Entry>, bool), Error> {
        let page = match is_ascending(request) {
            true => self.catalog.scan(scope.history(), from, SCAN_ENTRIES).await,
            false => self.catalog.scan_back(scope.history(), from, SCAN_ENTRIES).await,
        };
        let page = page.map_err(|error| failed(&error))?;
        Ok((page.entries, page.more))
    }
}

fn is_ascending(request: &DescribeAlarmHistory) -> bool {
    request.scan_by == Some(ScanBy::TimestampAscending)
}

/// Before what is too early or too late, by the order.
fn start(scope: &Scope, request: &DescribeAlarmHistory) -> Option<Key> {
    match is_ascending(request) {
        true => request.start_date.map(|start| scope.history_item(start, 0)),
        false => {
            let behind = |end: Timestamp| scope.history_item(Timestamp::from_millis(end.millis() + 1), 0);
            request.end_date.map(behind)
        }
    }
}

enum Shown {
    Item(Box<AlarmHistoryItem>),
    Not,
    /// Nothing further is within the time asked for.
    Over,
}

fn shown(entry: &Entry, request: &DescribeAlarmHistory) -> Shown {
    let Some(at) = time_of(&entry.key) else { return Shown::Not };
    let is_over = match is_ascending(request) {
        true => request.end_date.is_some_and(|end| at > end),
        false => request.start_date.is_some_and(|start| at < start),
    };
    if is_over {
        return Shown::Over;
    }
    let Ok(item) = StoredHistoryItem::from_bytes(&entry.value) else { return Shown::Not };
    // CW API DescribeAlarmHistory, AlarmTypes: without it items of metric alarms alone.
    let types = request.alarm_types.as_deref().unwrap_or(&[AlarmType::MetricAlarm]);
    let is_wanted = types.contains(&item.alarm_type)
        && request.alarm_name.as_deref().is_none_or(|name| name == item.alarm)
        && request.history_item_type.is_none_or(|kind| kind == item.kind)
        && request.alarm_contributor_id.is_none();
    if is_wanted { Shown::Item(Box::new(item.shown(at))) } else { Shown::Not }
}

fn position_in(token: &str) -> Option<Key> {
    let key = Key::from(Token::parse(token)?);
    time_of(&key).map(|_| key)
}

fn output(items: Vec<AlarmHistoryItem>, next: Option<Key>) -> DescribeAlarmHistoryOutput {
    DescribeAlarmHistoryOutput {
        alarm_history_items: Some(items),
        next_token: next.map(|key| Token::behind(&key).text()),
    }
}
