//! The posts to ask for, and their results.

use std::collections::HashMap;

use shared::money::MicroDollars;
use shared::platform::Platform;

use super::links::{self, Wanted};
use super::row_result::RowResult;
use super::sheet::Sheet;

/// A sheet with the results so far.
pub struct Work {
    pub sheet: Sheet,
    pub told: Vec<RowResult>,
    /// The posts to ask for, each once.
    pub posts: Vec<Post>,
    /// The charges so far.
    pub charged: MicroDollars,
}

/// A post to ask for.
pub struct Post {
    pub url: String,
    /// The rows with this post.
    rows: Vec<usize>,
}

/// The number of rows with each kind of result.
#[derive(Default)]
pub struct Count {
    pub rows: usize,
    pub answered: usize,
    pub failed: usize,
    pub no_link: usize,
}

impl Work {
    /// Finds the posts to ask for; `before` has the earlier results of the rows.
    pub fn new(sheet: Sheet, column: Option<&str>, before: Vec<Option<RowResult>>) -> anyhow::Result<Self> {
        let wanted = links::of(&sheet, column)?;
        let mut work = Self { sheet, told: Vec::new(), posts: Vec::new(), charged: MicroDollars::ZERO };
        let mut places: HashMap<(Platform, String), usize> = HashMap::new();
        for (row, (wanted, before)) in wanted.into_iter().zip(before).enumerate() {
            let told = match wanted {
                Wanted::Nothing => RowResult::no_link(),
                Wanted::Refused(code, message) => RowResult::refused(code, &message),
                Wanted::Post(post) => {
                    // If the row's link has changed since, the earlier result belongs to another
                    // post.
                    let is_same = |told: &RowResult| post.id.as_ref().is_none_or(|id| told.post_id() == id);
                    before.filter(|told| told.is_ok() && is_same(told)).unwrap_or_else(|| {
                        let place = *places.entry(post.key).or_insert_with(|| {
                            work.posts.push(Post { url: post.url, rows: Vec::new() });
                            work.posts.len() - 1
                        });
                        work.posts[place].rows.push(row);
                        RowResult::not_asked()
                    })
                }
            };
            work.told.push(told);
        }
        Ok(work)
    }

    pub fn is_done(&self) -> bool {
        self.posts.is_empty()
    }

    /// Stores the result of a post for all its rows.
    pub fn set(&mut self, post: usize, told: &RowResult) {
        for row in &self.posts[post].rows {
            self.told[*row] = told.clone();
        }
    }

    /// Counts the rows with each kind of result.
    pub fn count(&self) -> Count {
        let mut count = Count { rows: self.told.len(), ..Count::default() };
        for told in &self.told {
            let kind = match told {
                told if told.is_ok() => &mut count.answered,
                told if told.is_no_link() => &mut count.no_link,
                _ => &mut count.failed,
            };
            *kind += 1;
        }
        count
    }
}
