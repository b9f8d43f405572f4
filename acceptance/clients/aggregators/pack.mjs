// Packs user records with aws-kinesis-agg for Node: a JSON list of { partitionKey, explicitHashKey, data (base64) } in, a list of the same
// form out, each of which is an aggregate. The library is looked up in $ACCEPTANCE_AGGREGATORS.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

// A package is looked up from the file that asks; it is installed outside the checkout.
const require = createRequire(`${process.env.ACCEPTANCE_AGGREGATORS}/package.json`);
const { RecordAggregator } = require("aws-kinesis-agg");

const RECORDS_EACH = 500;

const asked = JSON.parse(readFileSync(0, "utf8"));
const packed = [];
const aggregator = new RecordAggregator();
const build = () => {
  const { partitionKey, data } = aggregator.build();
  packed.push({ partitionKey, data: data.toString("base64") });
};
for (const { partitionKey, explicitHashKey, data } of asked) {
  aggregator.addUserRecord({ partitionKey, explicitHashKey, data: Buffer.from(data, "base64") });
  if (aggregator.length() === RECORDS_EACH) build();
}
if (aggregator.length() > 0) build();
process.stdout.write(JSON.stringify(packed));
