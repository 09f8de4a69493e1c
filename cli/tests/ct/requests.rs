//! Operators look up a past request by its id.

use serde_json::json;
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use crate::harness::*;

#[tokio::test]
async fn a_request_id_explains_a_charge() {
    let upstream = MockServer::start().await;
    Mock::given(any()).respond_with(tikwm_post()).mount(&upstream).await;
    let folder = TempDir::new().unwrap();
    let server = Server::start_with(folder.path(), &[], &[("TIKWM_BASE_URL", &upstream.uri())]).await;
    let (_, fresh) = server.post_stats(server.live_key()).await;
    let (_, cached) = server.post_stats(server.live_key()).await;
    let [fresh, cached] = [&fresh, &cached].map(|body| body["meta"]["request_id"].as_str().unwrap());

    let text = print(folder.path(), &["requests", "show", fresh]).await;
    for part in ["account   0000000000\n", "endpoint  post/stats on TikTok\n", "provider  tikwm\n", "charged   0.001\n"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let rows = rows(folder.path(), &["requests", "show", fresh]).await;
    assert_eq!((&rows[0]["request_id"], &rows[0]["charged"]), (&json!(fresh), &json!(0.001)));
    for id in [cached, "nobodys", "no id"] {
        let complaint = complaint(folder.path(), &["requests", "show", id]).await;
        assert!(complaint.contains("cached answers and refused requests are free"), "{complaint}");
    }
    assert!(server.stop().await);
}
