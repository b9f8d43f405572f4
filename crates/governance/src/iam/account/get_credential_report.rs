use anabranch_api::iam::{Error, GetCredentialReport, GetCredentialReportOutput, ReportFormatType};
use anabranch_api::{Context, Serve};

use crate::iam::{Iam, errors};

impl Serve<GetCredentialReport> for Iam {
    async fn serve(&self, cx: &Context, _: GetCredentialReport) -> Result<GetCredentialReportOutput, Error> {
        let report = self.reports.get(cx.account).ok_or_else(errors::no_report)?;
        if !report.is_good_at(cx.received) {
            return Err(errors::report_expired());
        }
        Ok(GetCredentialReportOutput {
            content: Some(report.text),
            report_format: Some(ReportFormatType::TextCsv),
            generated_time: Some(report.made),
        })
    }
}
