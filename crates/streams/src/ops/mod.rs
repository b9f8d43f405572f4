//! The operations, one file each, named as the API names them.

mod create_stream;
mod delete_stream;
mod describe_stream;
mod describe_stream_consumer;
mod describe_stream_summary;
mod get_records;
mod get_shard_iterator;
mod list_shards;
mod list_streams;
mod merge_shards;
mod put_record;
mod put_records;
mod register_stream_consumer;
mod split_shard;
mod subscribe_to_shard;
mod update_shard_count;
