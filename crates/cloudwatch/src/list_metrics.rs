use std::time::Duration;

use anabranch_api::cloudwatch::{
    Dimension, DimensionFilter, Error, ListMetrics, ListMetricsOutput, Metric as Told, RecentlyActive,
};
use anabranch_api::{Context, Serve};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::datum::Metric;
use super::{CloudWatch, errors};

/// CW API ListMetrics: "up to 500 results are returned for any one call".
const PAGE_METRICS_MAX: usize = 500;
/// CW API ListMetrics: metrics without new data in the past two weeks are not returned.
const LISTED: Duration = Duration::from_secs(14 * 24 * 3600);
/// CW API ListMetrics, RecentlyActive: PT3H.
const ACTIVE: Duration = Duration::from_secs(3 * 3600);

impl Serve<ListMetrics> for CloudWatch {
    /// In the order of namespaces, names and dimensions; a token is the last metric of the page before, so that what appears meanwhile
    /// moves nothing.
    async fn serve(&self, cx: &Context, request: ListMetrics) -> Result<ListMetricsOutput, Error> {
        let after = request.next_token.as_deref().map(metric_of).transpose()?;
        let since = match request.recently_active {
            Some(RecentlyActive::Pt3h) => cx.received - ACTIVE,
            None => cx.received - LISTED,
        };
        let account = cx.account.to_string();
        let is_ours = request.owning_account.as_ref().is_none_or(|owner| **owner == *account);
        let is_asked = |metric: &Metric, last| {
            is_ours
                && last >= since
                && after.as_ref().is_none_or(|after| metric > after)
                && is_asked(&request, metric)
        };
        let mut listed = self.store.list(cx.account, &cx.region, is_asked).await?;
        let more = listed.len() > PAGE_METRICS_MAX;
        listed.truncate(PAGE_METRICS_MAX);
        let last = listed.last().filter(|_| more);
        let owners = vec![ByteString::from(account); listed.len()];
        Ok(ListMetricsOutput {
            next_token: last.map(|(metric, _)| token_of(metric)),
            owning_accounts: (request.include_linked_accounts == Some(true)).then_some(owners),
            metrics: Some(listed.iter().map(|(metric, _)| told(metric)).collect()),
        })
    }
}

fn is_asked(request: &ListMetrics, metric: &Metric) -> bool {
    let has = |filter: &DimensionFilter| {
        let mut dimensions = metric.dimensions().iter();
        dimensions.any(|(name, value)| {
            *name == filter.name && filter.value.as_ref().is_none_or(|asked| asked == value)
        })
    };
    request.namespace.as_ref().is_none_or(|namespace| namespace == metric.namespace())
        && request.metric_name.as_ref().is_none_or(|name| name == metric.name())
        && request.dimensions.iter().flatten().all(has)
}

pub(super) fn told(metric: &Metric) -> Told {
    let dimension =
        |(name, value): &(ByteString, ByteString)| Dimension { name: name.clone(), value: value.clone() };
    Told {
        namespace: Some(metric.namespace().clone()),
        metric_name: Some(metric.name().clone()),
        dimensions: Some(metric.dimensions().iter().map(dimension).collect()),
    }
}

fn token_of(metric: &Metric) -> ByteString {
    let mut bytes = BytesMut::new();
    metric.encode(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

fn metric_of(token: &str) -> Result<Metric, Error> {
    let mut bytes = Bytes::from(URL_SAFE_NO_PAD.decode(token).map_err(|_| errors::invalid_list_token())?);
    let metric = Metric::decode(&mut bytes).filter(|_| bytes.is_empty());
    metric.ok_or_else(errors::invalid_list_token)
}
