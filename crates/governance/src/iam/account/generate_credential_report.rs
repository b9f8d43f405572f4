use anabranch_api::iam::{Error, GenerateCredentialReport, GenerateCredentialReportOutput, ReportStateType};
use anabranch_api::{Context, Serve};

use super::report;
use crate::iam::Iam;

impl Serve<GenerateCredentialReport> for Iam {
    /// Makes a report, unless there is one that is good still; it is complete when this returns.
    async fn serve(
        &self,
        cx: &Context,
        _: GenerateCredentialReport,
    ) -> Result<GenerateCredentialReportOutput, Error> {
        let known = self.reports.get(cx.account).filter(|report| report.is_good_at(cx.received));
        let description = if known.is_none() {
            self.reports.set(cx.account, report::make(cx, &self.account(cx)));
            Some("No report exists. Starting a new report generation task".into())
        } else {
            None
        };
        Ok(GenerateCredentialReportOutput { state: Some(ReportStateType::Complete), description })
    }
}
