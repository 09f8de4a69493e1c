//! The Lambda function's binary.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run("requests", |app, _, request| requests::handle(app, request)).await
}
