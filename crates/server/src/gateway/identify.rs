//! Which operation a request asks for, in which protocol.

use std::borrow::Cow;
use std::sync::LazyLock;

use anabranch_api::{OperationEntry, Service, services};
use anabranch_wire::Protocol;
use anabranch_wire::query::parameter;
use anabranch_wire::restjson::{Labels, Template};
use anabranch_wire::sigv4::claim;
use http::Method;
use http::request::Parts;

/// What a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The service it is of.
    pub(super) service: &'static Service,
    /// The operation.
    pub(super) operation: &'static OperationEntry,
    /// The protocol it is written in.
    pub(super) protocol: Protocol,
    /// What stands in the path, for REST.
    pub(super) labels: Labels,
}

/// What is known from the head alone.
#[derive(Clone, Debug)]
pub(super) enum Head {
    /// Everything.
    Asked(Asked),
    /// It is a form, whose `Action` says the rest. The services are those it can be of.
    Form(Candidates),
    /// The protocol and perhaps the service are known, but no model has the operation.
    NoSuchOperation(Protocol, Option<&'static Service>),
    /// Nothing is known: no protocol, no path that anything answers.
    Nothing,
}

/// The services a request can be of: those its signature names, or all if it names none that we know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidates {
    signing_name: Option<&'static str>,
}

/// The target header of the JSON and CBOR 1.1 protocols.
const TARGET: &str = "x-amz-target";

/// Reads the head: the signing scope's service, then the target header or RPC path, then whether it is a form; the path of REST decides
/// only among the services the scope names, or for unsigned requests.
pub(super) fn from_head(head: &Parts) -> Head {
    let query = head.uri.query().unwrap_or_default();
    let claim = claim(&head.headers, query);
    let candidates = Candidates::of(claim.as_ref().map(|claim| &*claim.service));
    let protocol = Protocol::detect(&head.headers);
    if let Some(target) = head.headers.get(TARGET) {
        return from_target(candidates, protocol, target.to_str().unwrap_or_default());
    }
    if protocol == Some(Protocol::RpcV2Cbor) {
        return from_rpc_path(candidates, head.uri.path());
    }
    if protocol == Some(Protocol::Query) && head.method == Method::POST {
        return Head::Form(candidates);
    }
    if head.method == Method::GET && parameter(query, "Action").is_some() {
        return Head::Form(candidates);
    }
    if let Some(asked) = from_rest_path(candidates, head) {
        return Head::Asked(asked);
    }
    nothing_found(candidates, protocol, &head.method)
}

/// Reads the `Action` of a form.
pub(super) fn from_form(candidates: Candidates, form: &str) -> Result<Asked, Unknown> {
    let action = parameter(form, "Action");
    let version = parameter(form, "Version");
    let find = |service: &'static Service| {
        if !service.protocols.contains(&Protocol::Query) {
            return None;
        }
        let fits = version.as_deref().is_none_or(|version| version == service.api_version);
        let named = |entry: &&OperationEntry| Some(entry.name) == action.as_deref();
        let operation = service.operations.iter().find(named).filter(|_| fits)?;
        Some(Asked { service, operation, protocol: Protocol::Query, labels: Labels::default() })
    };
    let owned = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
    candidates.find(find).ok_or_else(|| Unknown { action: owned(&action), version: owned(&version) })
}

/// A form asks for something that no model has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// Its `Action`.
    pub(super) action: Option<String>,
    /// Its `Version`.
    pub(super) version: Option<String>,
}

fn from_target(candidates: Candidates, protocol: Option<Protocol>, target: &str) -> Head {
    // kinesalite, test/connection.js: `application/json` is taken with a target as well.
    let protocol = match protocol {
        Some(Protocol::RestJson) => Protocol::Json11,
        Some(Protocol::Query) | None => return Head::Nothing,
        Some(protocol) => protocol,
    };
    let (prefix, name) = target.rsplit_once('.').unwrap_or(("", target));
    let found = candidates.find(|service| (service.target_prefix == Some(prefix)).then_some(service));
    let operation = found.and_then(|service| service.operations.iter().find(|entry| entry.name == name));
    match found.zip(operation) {
        Some((service, operation)) => {
            Head::Asked(Asked { service, operation, protocol, labels: Labels::default() })
        }
        None => Head::NoSuchOperation(protocol, found),
    }
}

/// `/service/NAME/operation/NAME`, perhaps behind a prefix (Smithy RPC v2 CBOR, "Requests").
fn from_rpc_path(candidates: Candidates, path: &str) -> Head {
    let protocol = Protocol::RpcV2Cbor;
    let mut parts = path.rsplit('/');
    let (Some(name), Some("operation"), Some(of), Some("service")) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Head::NoSuchOperation(protocol, None);
    };
    let found = candidates.find(|service| (service.rpc_service_name == Some(of)).then_some(service));
    let operation = found.and_then(|service| service.operations.iter().find(|entry| entry.name == name));
    match found.zip(operation) {
        Some((service, operation)) => {
            Head::Asked(Asked { service, operation, protocol, labels: Labels::default() })
        }
        None => Head::NoSuchOperation(protocol, found),
    }
}

/// A path of REST and the operation it asks for.
struct Route {
    service: &'static Service,
    operation: &'static OperationEntry,
    template: Template,
}

/// Every path of every REST service.
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let rest = services().iter().filter(|service| service.protocols.contains(&Protocol::RestJson));
    rest.flat_map(|service| service.operations.iter().map(move |operation| (service, operation)))
        .map(|(service, operation)| Route { service, operation, template: Template::new(operation.http_uri) })
        .collect()
});

/// The operation whose method and path fit; of several the one that says most precisely what it takes.
fn from_rest_path(candidates: Candidates, head: &Parts) -> Option<Asked> {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    ROUTES
        .iter()
        .filter(|route| candidates.has(route.service) && route.operation.http_method == head.method.as_str())
        .filter_map(|route| Some((route, route.template.matches(path, query)?)))
        .max_by_key(|(route, _)| route.template.precision())
        .map(|(route, labels)| Asked {
            service: route.service,
            operation: route.operation,
            protocol: Protocol::RestJson,
            labels,
        })
}

/// What AWS answers depends on the protocol the request seems to speak.
fn nothing_found(candidates: Candidates, protocol: Option<Protocol>, method: &Method) -> Head {
    let rest = candidates.signing_name.is_some()
        && candidates.all().all(|service| service.protocols.first() == Some(&Protocol::RestJson));
    match protocol {
        _ if rest => Head::NoSuchOperation(Protocol::RestJson, None),
        Some(Protocol::RestJson) if *method == Method::POST => Head::NoSuchOperation(Protocol::Json11, None),
        Some(protocol) if *method == Method::POST => Head::NoSuchOperation(protocol, None),
        _ => Head::Nothing,
    }
}

impl Candidates {
    fn of(scope: Option<&str>) -> Self {
        let known = |scope| services().iter().map(|s| s.signing_name).find(|name| *name == scope);
        Self { signing_name: scope.and_then(known) }
    }

    fn has(self, service: &Service) -> bool {
        self.signing_name.is_none_or(|name| name == service.signing_name)
    }

    fn all(self) -> impl Iterator<Item = &'static Service> {
        services().iter().filter(move |service| self.has(service))
    }

    /// The first hit among the candidates, else among all: a request signed for the wrong service is told so by its signature.
    fn find<T>(self, hit: impl Fn(&'static Service) -> Option<T>) -> Option<T> {
        self.all().find_map(&hit).or_else(|| services().iter().find_map(&hit))
    }
}

#[cfg(test)]
mod tests;
