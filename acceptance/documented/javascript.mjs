import { KinesisClient, ListStreamsCommand } from "@aws-sdk/client-kinesis";

const client = LINE;
console.log((await client.send(new ListStreamsCommand({}))).StreamNames);
