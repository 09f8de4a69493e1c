//! The posts to ask for, and their results.

use std::collections::HashMap;

use shared::money::MicroDollars;
use shared::platform::Platform;

use super::links::{self, Wanted};
use super::row_result::RowResult;
use super::sheet::Sheet;

/// A sheet, and what is known of its rows.
pub struct Work {
    pub sheet: Sheet,
    pub told: Vec<RowResult>,
    /// The posts that are to be asked for, each once.
    pub posts: Vec<Post>,
    /// The charges so far.
    pub charged: MicroDollars,
}

/// A post that is to be asked for.
pub struct Post {
    pub url: String,
    /// The rows that are about it.
    rows: Vec<usize>,
}

/// How many rows there are of a kind.
#[derive(Default)]
pub struct Count {
    pub rows: usize,
    pub answered: usize,
    pub failed: usize,
    pub no_link: usize,
}

impl Work {
    /// The work on this sheet, of whose rows this was known before.
    pub fn new(sheet: Sheet, column: Option<&str>, before: Vec<Option<RowResult>>) -> anyhow::Result<Self> {
        let wanted = links::of(&sheet, column)?;
        let mut work = Self { sheet, told: Vec::new(), posts: Vec::new(), charged: MicroDollars::ZERO };
        let mut places: HashMap<(Platform, String), usize> = HashMap::new();
        for (row, (wanted, before)) in wanted.into_iter().zip(before).enumerate() {
            let told = match wanted {
                Wanted::Nothing => RowResult::no_link(),
                Wanted::Refused(code, message) => RowResult::refused(code, &message),
                Wanted::Post(post) => {
                    // A link that was changed since is another post's.
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

    /// Whether there is nothing to ask for.
    pub fn is_done(&self) -> bool {
        self.posts.is_empty()
    }

    /// Writes the result of a post after its rows' own cells.
    pub fn set(&mut self, post: usize, told: &RowResult) {
        for row in &self.posts[post].rows {
            self.told[*row] = told.clone();
        }
    }

    /// How many rows there are of each kind.
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
