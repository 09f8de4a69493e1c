//! The content of `/` and `/billing`.

use system_tests::{Stack, http_client};

use super::{get, get_as};

#[tokio::test]
async fn the_first_page_shows_the_sandboxs_answer_without_scripts() {
    let stack = Stack::start().await;
    let customer = stack.customer("0", 60).await;
    for path in ["/", "/?url=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ", "/?url=look:+https://vm.tiktok.com/ZM1234567/"] {
        let page = get(&stack, path).await;
        let link = page.all("value").remove(0);
        let answer = stack.post_stats(&customer.test, &link).await;
        for field in ["views", "likes", "comments"] {
            let number = answer.body["data"][field].to_string();
            let shown = page.text.replace(',', "");
            assert!(shown.contains(&format!("<dd>{number}</dd>")), "{path}: {field} {number}");
        }
        assert!(page.text.contains("These numbers are made up"));
    }
    let creator = get(&stack, "/?url=https://www.tiktok.com/@charlidamelio").await;
    assert!(creator.text.contains("<dt>Followers</dt>"));
}

#[tokio::test]
async fn a_refused_link_is_explained_with_a_link_to_its_error_code() {
    let stack = Stack::start().await;
    let page = get(&stack, "/?url=https://www.tiktok.com/tag/dance").await;
    assert!(page.text.contains("this is a TikTok hashtag page"), "{}", page.text);
    assert!(page.all("href").contains(&"/docs/errors#invalid_link".to_owned()));
    let reserved = get(&stack, "/?url=https://youtu.be/sandbox0402").await;
    assert!(reserved.all("href").contains(&"/docs/errors#insufficient_balance".to_owned()));
}

#[tokio::test]
async fn text_from_callers_is_never_interpreted_as_html() {
    let stack = Stack::start().await;
    let page = get(&stack, "/?url=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert_eq!(page.text.matches("<script").count(), 1);
    for host in ["\"><script>", "a.example/<b>", "a b", ""] {
        let page = get_as(&stack, "/docs", &[("host", host), ("accept", "text/html")]).await;
        // hyper refuses some of these hosts before our code.
        assert!(page.status == 400 || page.text.contains("https://creatortracking.com/v1/post/stats"), "{host}");
        assert!(!page.text.contains("<b>"));
    }
}

#[tokio::test]
async fn examples_have_the_address_of_the_server_that_shows_them() {
    let stack = Stack::start().await;
    let page = get(&stack, "/docs/authentication").await;
    assert!(page.text.contains(&format!("curl -X POST {}/v1/post/stats", stack.base)));
    let behind_a_proxy = [("host", "api.example.com"), ("x-forwarded-proto", "https, http"), ("accept", "text/html")];
    let page = get_as(&stack, "/docs/authentication", &behind_a_proxy).await;
    assert!(page.text.contains("curl -X POST https://api.example.com/v1/post/stats"));
}

#[tokio::test]
async fn the_billing_page_shows_the_operators_words_as_text() {
    let stack = Stack::with(&[("BILLING_CONTACT", "Write to <b>billing@example.com</b>")]).await;
    let page = get(&stack, "/billing").await;
    assert!(page.text.contains("Write to &#60;b&#62;billing@example.com&#60;/b&#62;"), "{}", page.text);
    let without = get(&Stack::start().await, "/billing").await;
    assert!(without.text.contains("Ask the operator who gave you your key"));
}

#[tokio::test]
async fn the_first_page_makes_the_same_promises_as_the_readme() {
    let plain = |text: &str| text.replace(['"', '`', '“', '”', '*'], "").replace('\n', " ");
    let list = include_str!("../../README.md").split("It guarantees:").nth(1).unwrap().split("\n![").next().unwrap();
    let promised: Vec<_> = list.split("\n* ").skip(1).map(plain).collect();
    let page = get(&Stack::start().await, "/").await;
    let shown = page.text.split("<li><h3>").skip(1).map(|rest| plain(rest.split("</h3>").next().unwrap()));
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown.len(), promised.len());
    for (shown, promise) in shown.iter().zip(&promised) {
        assert!(promise.starts_with(shown.as_str()), "{shown}: {promise}");
    }
}

/// A form that is sent without a script would put the key into the address.
#[tokio::test]
async fn no_form_without_a_script_has_a_field_for_a_key() {
    let stack = Stack::start().await;
    for path in ["/", "/billing", "/docs/post-stats"] {
        let page = get(&stack, path).await;
        assert!(!page.all("name").iter().any(|name| name.contains("key")), "{path}");
        assert!(page.text.matches("<input").count() <= 1, "{path}");
    }
}

#[tokio::test]
async fn security_txt_has_a_contact_and_a_future_expiry() {
    let stack = Stack::start().await;
    let text = get(&stack, "/.well-known/security.txt").await.text;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!(field("Expires:"), "2027-02-21T00:00:00Z");
    let contact = http_client().get(field("Contact:")).header("accept", "text/html").send().await.unwrap();
    assert_eq!(contact.status().as_u16(), 200);
}
