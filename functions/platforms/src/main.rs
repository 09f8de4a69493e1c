//! The Lambda function's binary.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run("platforms", |app, _, request| platforms::handle(app, request)).await
}
