//! The answer card: the numbers of an API answer, and its JSON.

use serde_json::Value;

use crate::openapi::DOCUMENT;

/// The content of an answer's card.
pub struct Card {
    /// The numbers, each with its name.
    pub numbers: Vec<(&'static str, String)>,
    /// The meaning of the views; empty if there are none.
    pub counted: String,
    /// The provider.
    pub provider: String,
    /// The time of the numbers.
    pub at: String,
    /// The whole answer.
    pub json: String,
    /// An error: its message, its code, and the address of its explanation.
    pub error: Option<(String, String, String)>,
}

/// The fields of a post's numbers, with their names.
const OF_POSTS: [(&str, &str); 4] =
    [("views", "Views"), ("likes", "Likes"), ("comments", "Comments"), ("shares", "Shares")];
const OF_CREATORS: [(&str, &str); 3] =
    [("followers", "Followers"), ("following", "Following"), ("posts_count", "Posts")];

impl Card {
    /// The card of an answer's body.
    pub fn of(body: &Value, json: &str) -> Self {
        let data = &body["data"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let names =
            if data["followers"].is_null() && data["post_id"].is_string() { &OF_POSTS[..] } else { &OF_CREATORS };
        let error = (body["ok"] == false).then(|| (text(&body["error"]), text(&body["code"]), text(&body["doc_url"])));
        Self {
            numbers: names.iter().map(|(field, name)| (*name, number(&data[*field]))).collect(),
            counted: kinds()
                .find(|(kind, _)| data["views_kind"] == *kind)
                .map(|(_, meaning)| meaning.to_owned())
                .unwrap_or_default(),
            provider: text(&data["provider"]),
            at: text(&data["fetched_at"]).replace('T', " ").chars().take(16).collect(),
            json: json.to_owned(),
            error,
        }
    }
}

/// A number in groups of three digits, or `null`.
fn number(value: &Value) -> String {
    let Some(number) = value.as_u64() else { return "null".to_owned() };
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The kinds of views and their meanings, from the OpenAPI document.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    let told = DOCUMENT["components"]["schemas"]["ViewsKind"]["description"].as_str().unwrap_or_default();
    told.lines().filter_map(|line| line.strip_prefix("* `")?.split_once("`: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_unknown_ones_are_not_zero() {
        for (value, text) in
            [(0.into(), "0"), (999.into(), "999"), (1_250_000.into(), "1,250,000"), (Value::Null, "null")]
        {
            assert_eq!(number(&value), text);
        }
    }

    #[test]
    fn each_kind_of_views_says_what_it_counts() {
        assert_eq!(kinds().count(), 5);
    }
}
