/// A VPC endpoint: here a listener with a name of its own. Policies know it by `aws:SourceVpce` and `aws:SourceVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VpcEndpoint {
    /// `vpce-…`
    pub id: String,
    /// `vpc-…`, where the listener was given one.
    pub vpc: Option<String>,
}
