use anabranch_api::kinesis::{Error, PutResourcePolicy, PutResourcePolicyOutput};
use anabranch_api::{Context, Serve};

use crate::limits::PUT_RESOURCE_POLICY_CALLS;
use crate::{Streams, policy};

impl Serve<PutResourcePolicy> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: PutResourcePolicy,
    ) -> Result<PutResourcePolicyOutput, Error> {
        let found = self.find_resource(cx, &request.resource_arn);
        let resource = self.within(cx, &PUT_RESOURCE_POLICY_CALLS, found)?;
        policy::check(&request.policy, &request.resource_arn)?;
        self.change(&resource.stream, |draft| {
            *resource.active(draft)?.policy = Some(request.policy.to_string());
            Ok(())
        })
        .await?;
        Ok(PutResourcePolicyOutput {})
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::{DeleteResourcePolicy, GetResourcePolicy};

    use super::*;
    use crate::harness::bench;

    const ARN: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";

    #[tokio::test]
    async fn a_policy_is_got_as_it_was_put_until_it_is_deleted() {
        let bench = bench().await;
        bench.create("s", 1).await;
        let get = || GetResourcePolicy { resource_arn: ARN.into(), ..GetResourcePolicy::default() };
        let delete = || DeleteResourcePolicy { resource_arn: ARN.into(), ..DeleteResourcePolicy::default() };
        assert_eq!(bench.call(get()).await.unwrap().policy, "{}");
        let no_policy = format!("No resource policy found for resource ARN {ARN}.");
        assert_eq!(bench.refused(delete()).await, ("ResourceNotFoundException".to_owned(), no_policy));
        let policy = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"kinesis:*","Resource":"{ARN}"}}]}}"#
        );
        let put = |policy: &str| PutResourcePolicy {
            resource_arn: ARN.into(),
            policy: policy.into(),
            ..PutResourcePolicy::default()
        };
        assert_eq!(bench.refused(put("{}")).await.0, "InvalidArgumentException");
        bench.call(put(&policy)).await.unwrap();
        let bench = bench.restarted().await;
        assert_eq!(bench.call(get()).await.unwrap().policy, policy);
        bench.call(delete()).await.unwrap();
        assert_eq!(bench.call(get()).await.unwrap().policy, "{}");
    }
}
