//! The Lambda function's binary.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run("post-stats-batch", |app, _, request| post_stats_batch::handle(app, request)).await
}
