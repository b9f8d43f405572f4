use anabranch_wire::Protocol;

/// A service of which there is a model, for the identification of requests and the answer to operations that are not built.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Its name here: that of its module.
    pub name: &'static str,
    /// The service in a signature's scope.
    pub signing_name: &'static str,
    /// What stands before the operation in the target header, for JSON and CBOR 1.1.
    pub target_prefix: Option<&'static str>,
    /// The `Version` of Query.
    pub api_version: &'static str,
    /// The protocols it is spoken to in, the model's own first.
    pub protocols: &'static [Protocol],
    /// The service in Smithy RPC v2 paths.
    pub rpc_service_name: Option<&'static str>,
    /// The namespace of its XML.
    pub xml_namespace: Option<&'static str>,
    /// The code of a request that breaks its model, where it is not `ValidationException`.
    pub violation_code: Option<&'static str>,
    /// Every operation of the model.
    pub operations: &'static [OperationEntry],
}

/// An operation of a model.
#[derive(Clone, Copy, Debug)]
pub struct OperationEntry {
    /// `PutRecords`
    pub name: &'static str,
    /// [`crate::Operation::NAME`]: `Kinesis_20131202.PutRecords`.
    pub full_name: &'static str,
    /// The method of REST.
    pub http_method: &'static str,
    /// The path of REST with its labels: `/2015-03-31/functions/{FunctionName}`, `{Key+}` for one that spans slashes; a fixed query may follow.
    pub http_uri: &'static str,
    /// Whether it is answered here.
    pub built: bool,
    /// Whether its requests are signed; of one that is not, what it asks with says who calls ([`crate::Serve::identify`]).
    pub is_signed: bool,
}

/// Every service of which there is a model.
pub fn services() -> &'static [Service] {
    crate::generated::services::SERVICES
}

impl Service {
    /// The operation of this name.
    pub fn operation(&self, name: &str) -> Option<&'static OperationEntry> {
        self.operations.iter().find(|o| o.name == name)
    }
}
