use std::collections::HashSet;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use anabranch_api::logs::{
    Error, LiveTailSessionStart, StartLiveTail, StartLiveTailEvent, StartLiveTailOutput,
};
use anabranch_api::{ApiError, Context, EventFrame, Feed, RequestId, Resources, ServeFeed};
use futures_util::Stream;
use tokio::sync::mpsc;

use crate::errors;
use crate::limits::TAIL_LIFE;
use crate::pattern::Pattern;
use crate::resolve::{identified, resources, scope};
use crate::service::Logs;
use crate::tail::{Place, Session, Watched};

/// Updates that wait for a client that is slow; what comes meanwhile is told with a later one.
const FRAMES_WAITING_MAX: usize = 2;

impl ServeFeed<StartLiveTail> for Logs {
    fn resources(&self, cx: &Context, request: &StartLiveTail) -> Result<Resources, Error> {
        let mut all = Resources::new();
        for identifier in &request.log_group_identifiers {
            all.extend(resources(cx, "logs:StartLiveTail", identified(cx, identifier)?, ""));
        }
        Ok(all)
    }

    async fn open(&self, cx: &Context, request: StartLiveTail) -> Result<Feed<StartLiveTailOutput>, Error> {
        let pattern = Pattern::parse(request.log_event_filter_pattern.as_deref().unwrap_or_default());
        let pattern = pattern.map_err(|_| errors::invalid_pattern())?;
        let (names, prefixes) = (&request.log_stream_names, &request.log_stream_name_prefixes);
        if names.is_some() && prefixes.is_some() {
            return Err(errors::names_and_prefixes());
        }
        if (names.is_some() || prefixes.is_some()) && request.log_group_identifiers.len() > 1 {
            return Err(errors::streams_of_several_groups());
        }
        let mut groups = HashSet::new();
        for identifier in &request.log_group_identifiers {
            groups.insert(self.group(cx, identified(cx, identifier)?)?.id);
        }
        let listed = |names: &Option<Vec<bytestring::ByteString>>| {
            names.iter().flatten().map(|name| name.to_string()).collect::<Vec<_>>()
        };
        let watched = Watched { groups, names: listed(names), prefixes: listed(prefixes), pattern };
        let (sender, frames) = mpsc::channel(FRAMES_WAITING_MAX);
        let session = Session::new(watched, self.clock.now() + TAIL_LIFE, sender);
        let place = self.tails.begin(scope(cx), session)?;
        let begin = Some(EventFrame::of(&StartLiveTailEvent::LiveTailSessionStart(self.start(cx, request))));
        Ok(Feed {
            output: StartLiveTailOutput {},
            frames: Box::pin(Updates { begin, frames, _place: place }),
        })
    }
}

impl Logs {
    fn start(&self, cx: &Context, request: StartLiveTail) -> LiveTailSessionStart {
        let session = RequestId::from_random(self.rng.u128());
        LiveTailSessionStart {
            request_id: Some(cx.request_id.to_string().into()),
            session_id: Some(session.to_string().into()),
            log_group_identifiers: Some(request.log_group_identifiers),
            log_stream_names: request.log_stream_names,
            log_stream_name_prefixes: request.log_stream_name_prefixes,
            log_event_filter_pattern: request.log_event_filter_pattern,
        }
    }
}

/// The frames of a session, which ends when they are dropped.
struct Updates {
    begin: Option<EventFrame>,
    frames: mpsc::Receiver<Result<EventFrame, ApiError>>,
    _place: Place,
}

impl Stream for Updates {
    type Item = Result<EventFrame, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        match self.begin.take() {
            Some(begin) => Poll::Ready(Some(Ok(begin))),
            None => self.frames.poll_recv(task),
        }
    }
}
