//! The Lambda function's binary.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run("usage", |app, _, request| usage::handle(app, request)).await
}
