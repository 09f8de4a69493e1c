//! The Lambda function's binary.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run_mcp(mcp::handle).await
}
