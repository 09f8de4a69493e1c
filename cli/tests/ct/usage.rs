//! `ct usage` adds up to the spent money.

use serde_json::{Value, json};
use shared::contract::Endpoint;
use tempfile::TempDir;

use crate::harness::*;

#[tokio::test]
async fn usage_by_day_endpoint_and_customer_adds_up_to_the_spent_money() {
    let folder = TempDir::new().unwrap();
    let [one, other] =
        [Customer::open(folder.path(), "Some One", "10").await, Customer::open(folder.path(), "Other", "10").await];
    one.use_up(folder.path(), Endpoint::PostStats, 3).await;
    one.use_up(folder.path(), Endpoint::Email, 1).await;
    other.use_up(folder.path(), Endpoint::Profile, 1).await;
    for by in ["day", "endpoint", "customer"] {
        let rows = rows(folder.path(), &["usage", "--by", by]).await;
        let (sums, rows) = rows.split_last().unwrap();
        let fresh = |rows: &[Value]| rows.iter().map(|row| row["fresh"].as_i64().unwrap()).sum::<i64>();
        assert_eq!((fresh(rows), &sums["total"]["fresh"]), (5, &json!(5)), "{by}");
        assert_eq!(
            (&sums["total"]["charged"], &sums["charged_before"], &sums["spent"]),
            (&json!("0.005"), &json!("0"), &json!("0.005"))
        );
        let text = print(folder.path(), &["usage", "--by", by]).await;
        assert!(widest(&text) <= 80 && text.contains("charged 0.005 in 31 days, 0 before; spent 0.005"), "{text}");
    }
    let by_customer = rows(folder.path(), &["usage", "--by", "customer"]).await;
    let charged: Vec<_> = by_customer.iter().filter(|row| row["account"].is_string()).collect();
    assert_eq!((&charged[0]["name"], &charged[0]["charged"]), (&json!("Some One"), &json!("0.004")));
    let of_one = rows(folder.path(), &["usage", one.id(), "--by", "endpoint"]).await;
    let of_one: Vec<_> = of_one.iter().map(|row| (&row["endpoint"], &row["charged"])).collect();
    assert_eq!(of_one[..2], [(&json!("post/stats"), &json!("0.003")), (&json!("email"), &json!("0.001"))]);

    let text = print(folder.path(), &["usage", one.id(), "--by", "endpoint"]).await;
    let bars: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
    assert!(bars[2] > bars[3] && bars[3] > 0, "the bar for 3 is longer than the bar for 1: {text}");
    let mut narrow = ct(folder.path());
    let narrow = narrow.env("COLUMNS", "60").args(["usage", "--by", "customer"]).output().await.unwrap();
    assert!(widest(&String::from_utf8(narrow.stdout).unwrap()) <= 60);
}
