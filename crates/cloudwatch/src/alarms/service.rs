use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use anabranch_api::cloudwatch::StateValue;
use anabranch_api::{Context, Register, Resource, Resources, cloudwatch};
use anabranch_catalog::{Catalog, CatalogError, Key, Revision, Undecodable, Value as _};
use anabranch_governance::{Guarded, Protection};
use anabranch_types::{Arn, Clock, Due};
use bytestring::ByteString;

use super::evaluation::Agenda;
use super::keys::{ALARMS, Scope};
use super::rule::{self, Rule};
use super::series::Series;
use super::stored::{CompositeWatch, MetricWatch, StoredAlarm, Watch};
use crate::CloudWatch;

/// Entries read by one scan.
pub(crate) const SCAN_ENTRIES: usize = 1000;

/// What alarms stand on.
pub struct AlarmsGround {
    /// Where they are kept.
    pub catalog: Arc<dyn Catalog>,
    /// What time it is.
    pub clock: Clock,
    /// Whose metrics they watch.
    pub metrics: Arc<CloudWatch>,
}

/// Alarms cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum AlarmsOpenError {
    /// The catalog failed.
    #[error("cannot load the alarms")]
    Catalog(#[from] CatalogError),
    /// It holds what cannot be read.
    #[error("an alarm in the catalog cannot be read")]
    Value(#[from] Undecodable),
}

/// Answers the operations on alarms, and evaluates them as time passes.
pub struct Alarms {
    pub(super) catalog: Arc<dyn Catalog>,
    pub(super) clock: Clock,
    pub(super) series: Arc<dyn Series>,
    directory: RwLock<Directory>,
    pub(super) writing: tokio::sync::Mutex<Writing>,
    pub(super) agenda: Agenda,
    /// Tells apart what happened in the same millisecond; greater than any before a restart.
    numbers: AtomicU64,
    /// Rises with every change of an alarm's tags.
    revision: AtomicU64,
}

/// Alarms by scope and name.
type ByName = BTreeMap<Scope, BTreeMap<String, Arc<Alarm>>>;

#[derive(Default)]
struct Directory {
    all: ByName,
    /// The composite ones of them: few, and asked for with every change of state.
    composites: ByName,
}

/// What whoever has the turn to write must know.
#[derive(Default)]
pub(super) struct Writing {
    /// Alarms of which a commit failed: what the catalog holds of them is to be looked up.
    pub doubted: BTreeSet<(Scope, String)>,
}

/// An alarm as it was last committed.
#[derive(Debug)]
pub(crate) struct Alarm {
    pub stored: StoredAlarm,
    pub version: Revision,
    /// A composite alarm's rule.
    pub rule: Option<Rule>,
}

impl Alarms {
    /// Loads every alarm.
    pub async fn open(ground: AlarmsGround) -> Result<Arc<Self>, AlarmsOpenError> {
        Self::over(ground.catalog, ground.clock, ground.metrics).await
    }

    pub(super) async fn over(
        catalog: Arc<dyn Catalog>,
        clock: Clock,
        series: Arc<dyn Series>,
    ) -> Result<Arc<Self>, AlarmsOpenError> {
        let first = u64::try_from(clock.now().millis()).unwrap_or_default() << 20;
        let alarms = Self {
            agenda: Agenda::from(clock.now()),
            catalog,
            clock,
            series,
            directory: RwLock::default(),
            writing: tokio::sync::Mutex::default(),
            numbers: AtomicU64::new(first),
            revision: AtomicU64::new(0),
        };
        let mut after: Option<Key> = None;
        loop {
            let page = alarms.catalog.scan(ALARMS.into(), after, SCAN_ENTRIES).await?;
            for entry in &page.entries {
                if let Some(scope) = Scope::of_key(&entry.key) {
                    alarms.take_in(&scope, Alarm::of(StoredAlarm::from_bytes(&entry.value)?, entry.version));
                }
            }
            after = page.entries.last().map(|entry| entry.key.clone());
            if !page.more {
                return Ok(Arc::new(alarms));
            }
        }
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        cloudwatch::register_alarms(self, register);
    }

    /// The evaluation of alarms as work that falls due.
    pub fn due(self: &Arc<Self>) -> Arc<dyn Due> {
        self.clone()
    }

    /// A number greater than every one before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The alarm of this name.
    pub(super) fn alarm(&self, scope: &Scope, name: &str) -> Option<Arc<Alarm>> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.all.get(scope)?.get(name).cloned()
    }

    /// Every alarm of a scope, in the order of their names.
    pub(super) fn alarms_of(&self, scope: &Scope) -> Vec<Arc<Alarm>> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.all.get(scope).map(|alarms| alarms.values().cloned().collect()).unwrap_or_default()
    }

    /// The composite alarms whose rule or suppressor names this alarm, in the order of their names.
    pub(super) fn parents(&self, scope: &Scope, name: &str) -> Vec<Arc<Alarm>> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let composites = directory.composites.get(scope).into_iter().flat_map(BTreeMap::values);
        composites.filter(|alarm| alarm.refers_to(scope, name)).cloned().collect()
    }

    /// How many alarms a scope has.
    pub(super) fn count(&self, scope: &Scope) -> usize {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.all.get(scope).map_or(0, BTreeMap::len)
    }

    /// The state of the alarm that a rule means.
    pub(super) fn state_of(&self, scope: &Scope, reference: &str) -> Option<StateValue> {
        self.alarm(scope, scope.resolve(reference)).map(|alarm| alarm.stored.state.value)
    }

    /// An alarm is now so.
    pub(super) fn take_in(&self, scope: &Scope, alarm: Alarm) {
        self.agenda.know(scope, &alarm);
        let (name, alarm) = (alarm.stored.name.clone(), Arc::new(alarm));
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        if alarm.composite().is_some() {
            directory.composites.entry(scope.clone()).or_default().insert(name.clone(), Arc::clone(&alarm));
        }
        let before = directory.all.entry(scope.clone()).or_default().insert(name, Arc::clone(&alarm));
        if before.is_none_or(|before| before.stored.tags != alarm.stored.tags) {
            self.revision.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// An alarm is there no more.
    pub(super) fn forget(&self, scope: &Scope, name: &str) {
        self.agenda.forget(scope, name);
        self.revision.fetch_add(1, Ordering::SeqCst);
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        let Directory { all, composites } = &mut *directory;
        for alarms in [all, composites] {
            if let Some(of_scope) = alarms.get_mut(scope) {
                of_scope.remove(name);
                if of_scope.is_empty() {
                    alarms.remove(scope);
                }
            }
        }
    }
}

impl Alarm {
    pub fn of(stored: StoredAlarm, version: Revision) -> Self {
        let rule = match &stored.watch {
            // A rule that cannot be read any more was one once: it holds never.
            Watch::Composite(watch) => Some(rule::parse(&watch.rule).unwrap_or(Rule::Constant(false))),
            Watch::Metric(_) => None,
        };
        Self { stored, version, rule }
    }

    pub fn name(&self) -> &str {
        &self.stored.name
    }

    pub fn metric(&self) -> Option<&MetricWatch> {
        match &self.stored.watch {
            Watch::Metric(watch) => Some(watch),
            Watch::Composite(_) => None,
        }
    }

    pub fn composite(&self) -> Option<(&CompositeWatch, &Rule)> {
        match (&self.stored.watch, &self.rule) {
            (Watch::Composite(watch), Some(rule)) => Some((watch, rule)),
            _ => None,
        }
    }

    /// Whether its rule names that alarm, or that one holds back its actions.
    pub fn refers_to(&self, scope: &Scope, name: &str) -> bool {
        self.composite().is_some_and(|(watch, rule)| {
            let suppressor = watch.suppressor.iter().map(|suppressor| suppressor.alarm.as_str());
            rule.alarms().into_iter().chain(suppressor).any(|other| scope.resolve(other) == name)
        })
    }
}

/// Where a call's alarms are.
pub(super) fn scope(cx: &Context) -> Scope {
    Scope { account: cx.account, region: cx.region.clone() }
}

/// The alarms of these names, for an action on each.
pub(super) fn each_alarm(cx: &Context, action: &'static str, names: &[ByteString]) -> Resources {
    let scope = scope(cx);
    names.iter().map(|name| Resource { action, arn: scope.arn(name) }).collect()
}

impl Guarded for Alarms {
    /// Tags.
    fn protection(&self, _: &str, arn: &str) -> Option<Protection> {
        let parsed: Arn = arn.parse().ok()?;
        let scope = Scope { account: parsed.account?, region: parsed.region? };
        let alarm = self.alarm(&scope, parsed.resource.strip_prefix("alarm:")?)?;
        let tags = alarm.stored.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        Some(Protection { tags, ..Protection::default() })
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }
}
