use anabranch_api::kinesis::{Error, GetShardIterator, GetShardIteratorOutput};
use anabranch_api::{Context, Serve};

use crate::iterator::Iterator;
use crate::position::Start;
use crate::resolve::find_shard;
use crate::{Streams, errors};

impl Serve<GetShardIterator> for Streams {
    async fn serve(&self, cx: &Context, request: GetShardIterator) -> Result<GetShardIteratorOutput, Error> {
        let (stream, view) =
            self.find_serving(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let shard = find_shard(&view, &stream.id, &request.shard_id, errors::shard_does_not_exist)?;
        let start = Start {
            kind: request.shard_iterator_type,
            number: request.starting_sequence_number.as_deref(),
            time: request.timestamp,
            operation: "GetShardIterator",
        };
        let position = self.begin(&stream, shard, &start).await?;
        if request.dry_run == Some(true) {
            return Err(errors::dry_run());
        }
        let iterator = Iterator { log: shard.live.log, position, name: stream.id.name.clone() };
        let token = self.seal_iterator(&iterator, self.clock.now());
        Ok(GetShardIteratorOutput { shard_iterator: Some(token.into()) })
    }
}
