#[tokio::main]
async fn main() {
    let config = LINE;
    match aws_sdk_kinesis::Client::new(&config).list_streams().send().await {
        Ok(answer) => println!("{:?}", answer.stream_names()),
        Err(error) => {
            eprintln!("{error:?}");
            std::process::exit(1);
        }
    }
}
