//! The subjects of the check: a post or a creator for each platform and operation.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use shared::creator::Operation;
use shared::platform::{Creator, LinkError, Platform, Post, Subject, Target};
use shared::provider::order;
use strum::IntoEnumIterator;

const BUILT_IN: &str = include_str!("subjects.txt");

/// The question for a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    PostStats(Post),
    Profile(Creator),
    ChannelVideos(Creator),
}

/// At most one question for each platform and operation.
#[derive(Debug)]
pub struct Subjects(HashMap<(Platform, Operation), Question>);

/// A line that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    line: usize,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("write a platform, an operation and a link, separated by spaces")]
    Form,
    #[error("{0:?} isn't a platform; write {known}", known = names(Platform::iter().map(|platform| platform.to_string())))]
    Platform(String),
    #[error("{0:?} isn't an operation; write {known}", known = names(Operation::iter().map(|one| <&str>::from(one).to_owned())))]
    Operation(String),
    #[error("no provider has {operation} for {platform}")]
    NobodyGives { platform: Platform, operation: &'static str },
    #[error("{platform} {operation} occurs twice")]
    Twice { platform: Platform, operation: &'static str },
    #[error("the link: {0}")]
    Link(#[from] LinkError),
    #[error("this is a short link; write its target")]
    ShortLink,
}

fn names(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

impl Subjects {
    /// The built-in subjects; the subjects of a file replace them.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut subjects = parse(BUILT_IN).context("the built-in subjects")?;
        if let Some(file) = file {
            let shown = || format!("--subjects: {}", file.display());
            let text = std::fs::read_to_string(file).with_context(shown)?;
            subjects.extend(parse(&text).with_context(shown)?);
        }
        Ok(Self(subjects))
    }

    /// The question for this platform and operation.
    pub fn get(&self, platform: Platform, operation: Operation) -> Option<&Question> {
        self.0.get(&(platform, operation))
    }
}

impl Question {
    /// The canonical link of the subject.
    pub fn url(&self) -> &str {
        match self {
            Self::PostStats(post) => &post.url,
            Self::Profile(creator) | Self::ChannelVideos(creator) => &creator.url,
        }
    }
}

fn parse(text: &str) -> Result<HashMap<(Platform, Operation), Question>, BadLine> {
    let mut subjects = HashMap::new();
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate();
    for (place, text) in lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let bad = |problem| BadLine { line: place + 1, problem };
        let (platform, operation, question) = parse_line(text).map_err(bad)?;
        if subjects.insert((platform, operation), question).is_some() {
            return Err(bad(Problem::Twice { platform, operation: operation.into() }));
        }
    }
    Ok(subjects)
}

fn parse_line(text: &str) -> Result<(Platform, Operation, Question), Problem> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [platform, operation, link] = words[..] else { return Err(Problem::Form) };
    let platform: Platform = platform.parse().map_err(|_| Problem::Platform(platform.to_owned()))?;
    let named = |one: &Operation| <&str>::from(*one) == operation;
    let operation = Operation::iter().find(named).ok_or_else(|| Problem::Operation(operation.to_owned()))?;
    if order(platform, operation).is_empty() {
        return Err(Problem::NobodyGives { platform, operation: operation.into() });
    }
    let question = match operation {
        Operation::PostStats => Question::PostStats(subject(link, platform)?),
        Operation::Profile => Question::Profile(subject(link, platform)?),
        Operation::ChannelVideos => Question::ChannelVideos(subject(link, platform)?),
    };
    Ok((platform, operation, question))
}

fn subject<S: Subject>(link: &str, platform: Platform) -> Result<S, Problem> {
    match S::of_link(S::read(link, Some(platform))?)? {
        Target::Subject(subject) => Ok(subject),
        Target::ShortLink(_) => Err(Problem::ShortLink),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_operation_of_every_provider_has_a_subject() {
        let subjects = Subjects::read(None).unwrap();
        for (platform, operation) in
            Platform::iter().flat_map(|platform| Operation::iter().map(move |operation| (platform, operation)))
        {
            let is_given = !order(platform, operation).is_empty();
            assert_eq!(subjects.get(platform, operation).is_some(), is_given, "{platform} {operation:?}");
        }
    }

    #[rstest]
    #[case("tiktok post_stats", "line 1: write a platform, an operation and a link")]
    #[case("# a comment\n\ntiktok post_stats https://a b", "line 3: write a platform")]
    #[case("myspace profile https://x.com/a", "\"myspace\" isn't a platform; write tiktok, instagram")]
    #[case("tiktok likes https://x.com/a", "\"likes\" isn't an operation; write post_stats, profile, channel_videos")]
    #[case("linkedin profile https://www.linkedin.com/in/a", "no provider has profile for linkedin")]
    #[case("tiktok profile https://www.tiktok.com/@a\ntiktok profile @b", "line 2: tiktok profile occurs twice")]
    #[case("tiktok post_stats https://vm.tiktok.com/ZMabcdefg/", "this is a short link")]
    #[case("tiktok post_stats https://www.tiktok.com/@some.one", "the link: ")]
    #[case("tiktok profile https://www.youtube.com/@a", "this is a YouTube link, but")]
    fn an_invalid_line_is_refused_with_its_number(#[case] text: &str, #[case] says: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
