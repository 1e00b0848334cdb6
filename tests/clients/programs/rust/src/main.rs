//! Prints the ARN that STS gives for the profile in AWS_PROFILE, by the SDK for Rust.

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let settings = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    match aws_sdk_sts::Client::new(&settings).get_caller_identity().send().await {
        Ok(identity) => println!("{}", identity.arn().unwrap_or_default()),
        Err(error) => {
            eprintln!("{:?}", error);
            std::process::exit(1);
        }
    }
}
