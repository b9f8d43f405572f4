use anabranch_api::cloudtrail::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, Error, EventSelector, PutEventSelectors,
    PutEventSelectorsOutput, ReadWriteType,
};
use anabranch_api::{Context, Resources, Serve};
use bytestring::ByteString;

use crate::errors;
use crate::resolve::about;
use crate::service::CloudTrail;
use crate::trails::{StoredAdvanced, StoredBasic, StoredField, StoredSelectors};

/// API_PutEventSelectors: "up to five event selectors for a trail".
const BASIC_MAX: usize = 5;
/// API_PutEventSelectors: "up to a maximum of 500 values for all conditions and selectors on a trail".
const VALUES_MAX: usize = 500;
/// API_DataResource: "up to 250 data resources" for a trail.
const DATA_RESOURCES_MAX: usize = 250;
/// API_DataResource, under Type: what basic selectors know of.
const BASIC_TYPES: [&str; 3] = ["AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::S3::Object"];
/// API_AdvancedFieldSelector, under Field, for management and data events.
const FIELDS: [&str; 6] =
    ["eventCategory", "readOnly", "eventName", "eventSource", "resources.type", "resources.ARN"];

impl Serve<PutEventSelectors> for CloudTrail {
    fn resources(&self, cx: &Context, request: &PutEventSelectors) -> Result<Resources, Error> {
        Ok(about::<PutEventSelectors>(cx, &request.trail_name))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: PutEventSelectors,
    ) -> Result<PutEventSelectorsOutput, Error> {
        self.find_at_home(cx, &request.trail_name)?;
        let basic = request.event_selectors.filter(|all| !all.is_empty());
        let advanced = request.advanced_event_selectors.filter(|all| !all.is_empty());
        let selectors = match (basic, advanced) {
            (Some(_), Some(_)) => {
                return Err(errors::selectors(
                    "event selectors and advanced event selectors exclude each other.",
                ));
            }
            (None, None) => return Err(errors::selectors("there are none.")),
            (Some(basic), None) => StoredSelectors::Basic(all_basic(basic)?),
            (None, Some(advanced)) => StoredSelectors::Advanced(all_advanced(advanced)?),
        };
        let put = self.change(cx, &request.trail_name, |stored| {
            stored.selectors = selectors;
            Ok(())
        });
        let trail = put.await?;
        let (event_selectors, advanced_event_selectors) = told(&trail.stored.selectors);
        let trail_arn = Some(trail.id.arn().into());
        Ok(PutEventSelectorsOutput { trail_arn, event_selectors, advanced_event_selectors })
    }
}

fn all_basic(selectors: Vec<EventSelector>) -> Result<Vec<StoredBasic>, Error> {
    if selectors.len() > BASIC_MAX {
        return Err(errors::selectors(format_args!("a trail has {BASIC_MAX} event selectors at the most.")));
    }
    let stored = selectors.into_iter().map(basic).collect::<Result<Vec<_>, _>>()?;
    let values: usize = stored.iter().flat_map(|one| &one.data).map(|(_, values)| values.len()).sum();
    if values > DATA_RESOURCES_MAX {
        return Err(errors::selectors(format_args!(
            "a trail has {DATA_RESOURCES_MAX} data resources at the most."
        )));
    }
    Ok(stored)
}

fn basic(selector: EventSelector) -> Result<StoredBasic, Error> {
    let which = selector.read_write_type.unwrap_or(ReadWriteType::All);
    let resources = selector.data_resources.unwrap_or_default();
    let data = resources.into_iter().map(|DataResource { r#type, values }| {
        let kind = r#type.unwrap_or_default();
        let values = texts(values.unwrap_or_default());
        if !BASIC_TYPES.contains(&&*kind) {
            return Err(errors::selectors(format_args!(
                "{kind} is no type of basic event selectors; advanced ones know more."
            )));
        }
        if values.is_empty() || !values.iter().all(|value| value.starts_with("arn:")) {
            return Err(errors::selectors(format_args!(
                "a data resource of {kind} needs ARNs as its values."
            )));
        }
        Ok((kind.to_string(), values))
    });
    Ok(StoredBasic {
        reads: which != ReadWriteType::WriteOnly,
        writes: which != ReadWriteType::ReadOnly,
        management: selector.include_management_events.unwrap_or(true),
        data: data.collect::<Result<_, _>>()?,
        excluded: texts(selector.exclude_management_event_sources.unwrap_or_default()),
    })
}

fn all_advanced(selectors: Vec<AdvancedEventSelector>) -> Result<Vec<StoredAdvanced>, Error> {
    let stored = selectors.into_iter().map(advanced).collect::<Result<Vec<_>, _>>()?;
    let fields = stored.iter().flat_map(|one| &one.fields);
    if fields.flat_map(|field| &field.operators).map(Vec::len).sum::<usize>() > VALUES_MAX {
        return Err(errors::selectors(format_args!(
            "advanced event selectors have {VALUES_MAX} values at the most."
        )));
    }
    Ok(stored)
}

fn advanced(selector: AdvancedEventSelector) -> Result<StoredAdvanced, Error> {
    let fields: Vec<StoredField> =
        selector.field_selectors.into_iter().map(field).collect::<Result<_, _>>()?;
    for (n, field) in fields.iter().enumerate() {
        if fields[..n].iter().any(|before| before.field == field.field) {
            return Err(errors::selectors(format_args!("the field {} is named twice.", field.field)));
        }
    }
    let equals = |name: &str| {
        let field = fields.iter().find(|field| field.field == name)?;
        field.operators[0].first().map(String::as_str)
    };
    match equals("eventCategory") {
        Some("Management") => {}
        Some("Data") if equals("resources.type").is_some() => {}
        Some("Data") => return Err(errors::selectors("data events need a resources.type.")),
        Some(other) => {
            return Err(errors::selectors(format_args!("{other} is no eventCategory of a trail here.")));
        }
        None => return Err(errors::selectors("the field eventCategory is missing.")),
    }
    Ok(StoredAdvanced { name: selector.name.map(|name| name.to_string()), fields })
}

fn field(selector: AdvancedFieldSelector) -> Result<StoredField, Error> {
    let name = selector.field.to_string();
    if !FIELDS.contains(&&*name) {
        return Err(errors::selectors(format_args!("{name} is no field of an event.")));
    }
    let operators = [
        selector.equals,
        selector.starts_with,
        selector.ends_with,
        selector.not_equals,
        selector.not_starts_with,
        selector.not_ends_with,
    ]
    .map(|values| texts(values.unwrap_or_default()));
    if operators.iter().all(Vec::is_empty) {
        return Err(errors::selectors(format_args!("the field {name} has no operator.")));
    }
    // API_AdvancedFieldSelector: these take Equals alone.
    let exact = matches!(&*name, "eventCategory" | "readOnly" | "resources.type");
    if exact && operators[1..].iter().any(|values| !values.is_empty()) {
        return Err(errors::selectors(format_args!("the field {name} takes no operator but Equals.")));
    }
    Ok(StoredField { field: name, operators })
}

fn texts(values: Vec<ByteString>) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// Selectors as they are told, of the one kind or the other.
pub(super) fn told(
    selectors: &StoredSelectors,
) -> (Option<Vec<EventSelector>>, Option<Vec<AdvancedEventSelector>>) {
    match selectors {
        StoredSelectors::Basic(all) => (Some(all.iter().map(told_basic).collect()), None),
        StoredSelectors::Advanced(all) => (None, Some(all.iter().map(told_advanced).collect())),
    }
}

fn told_basic(stored: &StoredBasic) -> EventSelector {
    let data = stored.data.iter().map(|(kind, values)| DataResource {
        r#type: Some(kind.clone().into()),
        values: Some(strings(values)),
    });
    EventSelector {
        read_write_type: Some(match (stored.reads, stored.writes) {
            (true, false) => ReadWriteType::ReadOnly,
            (false, true) => ReadWriteType::WriteOnly,
            _ => ReadWriteType::All,
        }),
        include_management_events: Some(stored.management),
        data_resources: Some(data.collect()),
        exclude_management_event_sources: Some(strings(&stored.excluded)),
    }
}

fn told_advanced(stored: &StoredAdvanced) -> AdvancedEventSelector {
    let fields = stored.fields.iter().map(|StoredField { field, operators }| {
        let [equals, starts_with, ends_with, not_equals, not_starts_with, not_ends_with] =
            operators.each_ref().map(|values| Some(strings(values)).filter(|values| !values.is_empty()));
        AdvancedFieldSelector {
            field: field.clone().into(),
            equals,
            starts_with,
            ends_with,
            not_equals,
            not_starts_with,
            not_ends_with,
        }
    });
    AdvancedEventSelector { name: stored.name.clone().map(Into::into), field_selectors: fields.collect() }
}

fn strings(values: &[String]) -> Vec<ByteString> {
    values.iter().map(|value| value.clone().into()).collect()
}
