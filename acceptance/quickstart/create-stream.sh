aws kinesis create-stream --stream-name MyEventStream --shard-count 2 --region us-east-1
