//! `POST /_anabranch/backup`: lines of JSON while a backup is taken, the last one saying how it ended.

use std::path::PathBuf;
use std::sync::Arc;

use anabranch_api::EventFrame;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Gateway;
use super::answer::{AnswerBody, sentence};
use crate::backup::{self, TakeError};

/// Lines on their way to the caller; further progress is left out.
const LINES_MAX: usize = 16;

/// The body of `POST /_anabranch/backup`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    into: PathBuf,
}

/// Begins a backup, which goes on also when the caller goes away.
pub(super) fn begin(gateway: &Arc<Gateway>, body: &Bytes) -> Response<AnswerBody> {
    let Ok(Wanted { into }) = serde_json::from_slice(body) else {
        return sentence(StatusCode::BAD_REQUEST, r#"Expected {"into": "/an/empty/directory"}."#);
    };
    let Some(source) = gateway.world().backup_source() else {
        return sentence(StatusCode::CONFLICT, "This server keeps nothing: there is nothing to back up.");
    };
    let into = match backup::check_destination(&into, &source.data_dir) {
        Ok(into) => into,
        Err(error) => return sentence(StatusCode::BAD_REQUEST, &told(&error)),
    };
    let Ok(turn) = Arc::clone(&gateway.backing_up).try_lock_owned() else {
        return sentence(StatusCode::CONFLICT, "Another backup is being taken.");
    };
    let (lines, waiting) = mpsc::channel(LINES_MAX);
    let progress = lines.clone();
    tokio::spawn(async move {
        let tell = move |bytes, of| drop(progress.try_send(line(&json!({ "bytes": bytes, "of": of }))));
        let last = match backup::take(source, into, tell).await {
            Ok(manifest) => json!({ "done": manifest }),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a backup was not taken");
                json!({ "failed": told(&error) })
            }
        };
        drop(turn);
        // The caller may have gone away.
        drop(lines.send(line(&last)).await);
    });
    let frames = stream::unfold(waiting, |mut waiting| async move {
        let line = waiting.recv().await?;
        Some((Ok(EventFrame(line)), waiting))
    });
    let mut answer = Response::new(AnswerBody::frames(None, Box::pin(frames), gateway.phase()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    answer
}

fn line(value: &Value) -> Bytes {
    format!("{value}\n").into()
}

/// An error with its causes: who may take a backup may know them.
fn told(error: &TakeError) -> String {
    let mut sentence = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        sentence.push_str(": ");
        sentence.push_str(&error.to_string());
        cause = error.source();
    }
    sentence
}
