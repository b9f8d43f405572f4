// The AWS SDK for JavaScript v3 as a client of the scenario table: reads questions as JSON lines, answers with what the SDK said.

import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as iam from "@aws-sdk/client-iam";
import * as kinesis from "@aws-sdk/client-kinesis";
import * as lambda from "@aws-sdk/client-lambda";
import * as sts from "@aws-sdk/client-sts";
import { createInterface } from "node:readline";

const packages = {
  cloudwatch: [cloudwatch, cloudwatch.CloudWatchClient],
  dynamodb: [dynamodb, dynamodb.DynamoDBClient],
  iam: [iam, iam.IAMClient],
  kinesis: [kinesis, kinesis.KinesisClient],
  lambda: [lambda, lambda.LambdaClient],
  logs: [logs, logs.CloudWatchLogsClient],
  sts: [sts, sts.STSClient],
};
/** Operations that answer with a stream of events, and the member that has it. */
const streams = { SubscribeToShard: "EventStream", StartLiveTail: "responseStream" };
const clients = new Map();
const subscriptions = new Map();

function client({ service, region, key, secret, token, endpoint }) {
  const name = [service, region, key, secret, token, endpoint].join(" ");
  if (!clients.has(name)) {
    const made = packages[service][1];
    const credentials = { accessKeyId: key, secretAccessKey: secret, sessionToken: token };
    clients.set(name, new made({ region, credentials, endpoint, maxAttempts: 1, disableHostPrefix: true }));
  }
  return clients.get(name);
}

/** A parameter as the SDK takes it. */
function sent(value) {
  if (Array.isArray(value)) return value.map(sent);
  if (value === null || typeof value !== "object") return value;
  if ("$blob" in value) return Buffer.from(value.$blob, "base64");
  if ("$time" in value) return new Date(value.$time);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, sent(member)]));
}

/** A value of an answer as the driver takes it. */
function came(value) {
  if (value instanceof Uint8Array) return { $blob: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $time: value.getTime() };
  if (Array.isArray(value)) return value.map(came);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).filter(([name, member]) => name !== "$metadata" && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, came(member)]));
}

/** The members of a command's input; the SDK would leave out any other without a word. */
function members(command) {
  const input = command.schema[4];
  return (typeof input === "function" ? input() : input)[4] ?? [];
}

async function call(question) {
  const command = packages[question.service][0][`${question.operation}Command`];
  if (!command) return { unsupported: `no ${question.operation}` };
  const told = new command(sent(question.params));
  const unknown = Object.keys(question.params).filter((member) => !members(told).includes(member));
  if (unknown.length) return { unsupported: `${question.operation} has no ${unknown}` };
  const answer = await client(question).send(told);
  const status = answer.$metadata.httpStatusCode;
  if (!(question.operation in streams)) return { ok: true, status, output: came(answer) };
  const handle = String(subscriptions.size);
  subscriptions.set(handle, { events: answer[streams[question.operation]][Symbol.asyncIterator](), waiting: null });
  return { ok: true, status, output: { Subscription: handle } };
}

/** Events of a subscription, until there are enough records, it ends, or the time is up. */
async function read(question) {
  const subscription = subscriptions.get(question.read);
  const late = new Promise((resolve) => setTimeout(resolve, question.seconds * 1000, "late").unref());
  const got = [];
  for (let records = 0; ; ) {
    subscription.waiting ??= subscription.events.next();
    const next = await Promise.race([subscription.waiting, late]);
    if (next === "late") return { ok: true, output: { Events: got, Ended: false } };
    subscription.waiting = null;
    if (next.done) return { ok: true, output: { Events: got, Ended: true } };
    const event = next.value.SubscribeToShardEvent ?? next.value.sessionStart ?? next.value.sessionUpdate;
    if (!event) continue;
    got.push(came(event));
    records += (event.Records ?? event.sessionResults ?? []).length;
    if (question.records !== null && records >= question.records) return { ok: true, output: { Events: got, Ended: false } };
  }
}

async function close(question) {
  const subscription = subscriptions.get(question.close);
  subscription.waiting?.catch(() => {});
  subscription.events.return?.().catch(() => {});
  return { ok: true, output: {} };
}

async function answer(question) {
  try {
    if ("read" in question) return await read(question);
    if ("close" in question) return await close(question);
    return await call(question);
  } catch (refusal) {
    const status = refusal.$metadata?.httpStatusCode;
    if (status === undefined && !refusal.$fault) return { broken: `${refusal.name}: ${refusal.message}` };
    return { ok: false, status: status ?? 200, code: refusal.name, message: refusal.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}
process.exit(0);
