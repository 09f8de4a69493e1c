//! The Lambda function's binary.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    shared::lambda::run("median-views", |app, _, request| median_views::handle(app, request)).await
}
