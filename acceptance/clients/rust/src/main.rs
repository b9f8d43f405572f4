//! The AWS SDK for Rust as a client of the scenario table: reads questions as JSON lines, answers with what the SDK said.

mod services;
mod shapes;
mod subscription;

use std::collections::HashMap;
use std::io::{BufRead, Write};

use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::{Credentials, Region};
use serde_json::{Value, json};

use shapes::Trouble;
use subscription::Subscription;

#[derive(Clone)]
enum Client {
    CloudWatch(aws_sdk_cloudwatch::Client),
    Kinesis(aws_sdk_kinesis::Client),
    Logs(aws_sdk_cloudwatchlogs::Client),
    Sts(aws_sdk_sts::Client),
}

#[derive(Default)]
struct Agent {
    clients: HashMap<String, Client>,
    subscriptions: HashMap<String, Subscription>,
}

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut agent = Agent::default();
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        let answer = runtime.block_on(agent.answer(&question)).unwrap_or_else(|trouble| match trouble {
            Trouble::Refused(status, code, message) => {
                json!({ "ok": false, "status": status, "code": code, "message": message })
            }
            Trouble::Unsupported(reason) => json!({ "unsupported": reason }),
            Trouble::Unsendable(reason) => json!({ "unsendable": reason }),
            Trouble::Broken(reason) => json!({ "broken": reason }),
        });
        writeln!(std::io::stdout(), "{answer}")?;
    }
    Ok(())
}

impl Agent {
    async fn answer(&mut self, question: &Value) -> Result<Value, Trouble> {
        if let Some(handle) = question["read"].as_str() {
            let open = self
                .subscriptions
                .get_mut(handle)
                .ok_or_else(|| Trouble::Broken(format!("no subscription {handle}")))?;
            return open.read(question).await;
        }
        if let Some(handle) = question["close"].as_str() {
            self.subscriptions.remove(handle);
            return Ok(json!({ "ok": true, "output": {} }));
        }
        self.call(question).await
    }

    async fn call(&mut self, question: &Value) -> Result<Value, Trouble> {
        let (operation, params) = (text(question, "operation"), &question["params"]);
        match self.client(question)? {
            Client::CloudWatch(client) => services::cloudwatch::call(&client, operation, params).await,
            Client::Kinesis(client) if operation == "SubscribeToShard" => {
                Ok(self.opened(Subscription::of_shard(&client, params).await?))
            }
            Client::Logs(client) if operation == "StartLiveTail" => {
                Ok(self.opened(Subscription::of_tail(&client, params).await?))
            }
            Client::Logs(client) => services::logs::call(&client, operation, params).await,
            Client::Kinesis(client) => services::kinesis::call(&client, operation, params).await,
            Client::Sts(client) => services::sts::call(&client, operation, params).await,
        }
    }

    fn opened(&mut self, subscription: Subscription) -> Value {
        let handle = self.subscriptions.len().to_string();
        self.subscriptions.insert(handle.clone(), subscription);
        json!({ "ok": true, "output": { "Subscription": handle } })
    }

    fn client(&mut self, question: &Value) -> Result<Client, Trouble> {
        let name = ["service", "region", "key", "secret", "token", "endpoint"]
            .map(|part| text(question, part))
            .join(" ");
        if let Some(made) = self.clients.get(&name) {
            return Ok(made.clone());
        }
        macro_rules! made {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::Config::builder()
                        .behavior_version_latest()
                        .region(Region::new(text(question, "region").to_owned()))
                        .endpoint_url(text(question, "endpoint"))
                        .credentials_provider(Credentials::new(
                            text(question, "key"),
                            text(question, "secret"),
                            question["token"].as_str().map(str::to_owned),
                            None,
                            "table",
                        ))
                        .retry_config(RetryConfig::disabled())
                        .http_client(aws_smithy_http_client::Builder::new().build_http())
                        .build(),
                )
            };
        }
        let made = match text(question, "service") {
            "cloudwatch" => Client::CloudWatch(made!(aws_sdk_cloudwatch)),
            "kinesis" => Client::Kinesis(made!(aws_sdk_kinesis)),
            "logs" => Client::Logs(made!(aws_sdk_cloudwatchlogs)),
            "sts" => Client::Sts(made!(aws_sdk_sts)),
            other => return Err(Trouble::Unsupported(format!("no client of {other} is built in"))),
        };
        self.clients.insert(name, made.clone());
        Ok(made)
    }
}

fn text<'a>(question: &'a Value, name: &str) -> &'a str {
    question[name].as_str().unwrap_or_default()
}
