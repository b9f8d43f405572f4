use anabranch_api::dynamodb::{DescribeEndpoints, DescribeEndpointsOutput, Endpoint, Error};
use anabranch_api::{Context, Serve};

use crate::Tables;

/// AWS (API_DescribeEndpoints, example).
const CACHE_MINUTES: i64 = 1440;

impl Serve<DescribeEndpoints> for Tables {
    /// The name that AWS answers. A client that was given an endpoint of its own does not ask.
    async fn serve(&self, cx: &Context, _: DescribeEndpoints) -> Result<DescribeEndpointsOutput, Error> {
        let address = format!("dynamodb.{}.amazonaws.com", cx.region).into();
        Ok(DescribeEndpointsOutput {
            endpoints: vec![Endpoint { address, cache_period_in_minutes: CACHE_MINUTES }],
        })
    }
}
