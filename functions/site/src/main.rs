//! The Lambda function's binary, for what everybody may read.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run_site().await
}
