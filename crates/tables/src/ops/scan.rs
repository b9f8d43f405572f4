use anabranch_api::dynamodb::{Error, Scan, ScanOutput};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::attributes;
use crate::capacity::Reading;
use crate::condition::Condition;
use crate::errors::{self, Place};
use crate::expression::Placeholders;
use crate::legacy;
use crate::page::{Direction, Walk};
use crate::path::Path;
use crate::projection::Projecting;
use crate::reading::Query as Reads;
use crate::request::{check_forms, condition};
use crate::resolve::about;

impl Serve<Scan> for Tables {
    fn resources(&self, cx: &Context, request: &Scan) -> Result<Resources, Error> {
        Ok(about(cx, Scan::ACTION, &request.table_name, request.index_name.as_deref()))
    }

    async fn serve(&self, cx: &Context, request: Scan) -> Result<ScanOutput, Error> {
        let (filter, paths) = read(&request)?;
        let segment = segment(&request)?;
        let start = request.exclusive_start_key.as_deref().map(attributes::read_all).transpose()?;
        let source =
            self.source(cx, &request.table_name, request.index_name.as_deref(), request.consistent_read)?;
        let keys = source.keys();
        let (after, before) = segment.map_or((None, None), |(segment, total)| keys.segment(segment, total));
        let mut walk = Walk {
            prefix: keys.all(),
            after: after.clone(),
            before: before.clone(),
            direction: Direction::Forward,
        };
        if let Some(start) = &start {
            let place = source.place(start)?.0;
            let is_outside =
                after.is_some_and(|after| place <= after) || before.is_some_and(|before| place >= before);
            if is_outside {
                return Err(errors::start_key_segment());
            }
            walk.resume(place);
        }
        let view = source.view(request.select, projecting(&request), paths)?;
        let reading = Reading::of(request.consistent_read);
        let (limit, consumed) = (request.limit, request.return_consumed_capacity);
        let answer =
            self.read_page(cx, &source, Reads { walk, filter, view, limit, reading, consumed }).await?;
        Ok(ScanOutput {
            items: answer.items,
            count: Some(answer.count),
            scanned_count: Some(answer.scanned_count),
            last_evaluated_key: answer.last_evaluated_key,
            consumed_capacity: answer.consumed_capacity,
        })
    }
}

fn projecting(request: &Scan) -> Projecting<'_> {
    Projecting {
        expression: request.projection_expression.as_deref(),
        attributes: request.attributes_to_get.as_deref(),
    }
}

/// What filters, and what is shown.
fn read(request: &Scan) -> Result<(Option<Condition>, Option<Vec<Path>>), Error> {
    check_forms(
        &[
            ("FilterExpression", request.filter_expression.is_some()),
            ("ProjectionExpression", request.projection_expression.is_some()),
        ],
        &[
            ("ScanFilter", request.scan_filter.is_some()),
            ("AttributesToGet", request.attributes_to_get.is_some()),
            ("ConditionalOperator", request.conditional_operator.is_some()),
        ],
    )?;
    let placeholders = Placeholders::new(
        request.expression_attribute_names.as_deref(),
        request.expression_attribute_values.as_deref(),
        &[
            (Place::Filter, request.filter_expression.is_some()),
            (Place::Projection, request.projection_expression.is_some()),
        ],
    )?;
    let filter = match request.filter_expression.as_deref() {
        Some(source) => condition(Place::Filter, Some(source), &placeholders)?,
        None => legacy::filter(request.scan_filter.as_deref(), request.conditional_operator, "ScanFilter")?,
    };
    let paths = projecting(request).read(&placeholders)?;
    placeholders.all_used()?;
    Ok((filter, paths))
}

/// Which part of how many.
fn segment(request: &Scan) -> Result<Option<(u32, u32)>, Error> {
    match (request.segment, request.total_segments) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(errors::total_segments_missing()),
        (None, Some(_)) => Err(errors::segment_missing()),
        (Some(segment), Some(total)) if segment >= total => Err(errors::segment_range(segment, total)),
        (Some(segment), Some(total)) => {
            let part = |n: i32| u32::try_from(n).map_err(|_| errors::segment_range(segment, total));
            Ok(Some((part(segment)?, part(total)?)))
        }
    }
}
