//! Finds the link in each row of a sheet, as the API reads links.

use anyhow::{Context, bail};
use shared::contract::{ApiError, RequestError};
use shared::platform::{LinkError, Platform, Post, Subject, Target};

use super::sheet::{Row, Sheet};

/// The content of a row.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A post.
    Post(Named),
    /// A link that isn't a link to a post, with the error's code and message.
    Refused(&'static str, String),
    /// No link.
    Nothing,
}

/// A post and its link.
#[derive(Clone, Debug)]
pub struct Named {
    /// Identifies the post: its platform with its id, or with its short link.
    pub key: (Platform, String),
    /// The canonical link.
    pub url: String,
    /// The platform's id of the post; None for a short link.
    pub id: Option<String>,
}

/// Reads the link of each row, from the named column or the likeliest one.
pub fn of(sheet: &Sheet, column: Option<&str>) -> anyhow::Result<Vec<Wanted>> {
    let (main, may_be_elsewhere) = match column {
        Some(name) => (named(sheet, name)?, false),
        None => (likeliest(sheet)?, true),
    };
    let wanted = |row: &Row| match row.cells.get(main).map_or(Wanted::Nothing, |cell| read(cell)) {
        Wanted::Nothing if may_be_elsewhere => {
            let mut others = row.cells.iter().map(|cell| read(cell));
            others.find(|other| matches!(other, Wanted::Post(_))).unwrap_or(Wanted::Nothing)
        }
        wanted => wanted,
    };
    Ok(sheet.rows.iter().map(wanted).collect())
}

/// The column with this name, or with this number.
fn named(sheet: &Sheet, name: &str) -> anyhow::Result<usize> {
    let (names, wanted) = (sheet.names(), name.trim().to_lowercase());
    let by_name = names.iter().position(|name| name.to_lowercase() == wanted);
    let by_number = || wanted.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < names.len());
    by_name
        .or_else(by_number)
        .with_context(|| format!("no column has the name or number {name:?}; the columns are {}", names.join(", ")))
}

/// The column with the most links to posts; the first one if several have as many.
fn likeliest(sheet: &Sheet) -> anyhow::Result<usize> {
    let mut posts = vec![0_usize; sheet.names().len()];
    for row in &sheet.rows {
        for (count, cell) in posts.iter_mut().zip(&row.cells) {
            *count += usize::from(matches!(read(cell), Wanted::Post(_)));
        }
    }
    match posts.iter().enumerate().rev().max_by_key(|(_, count)| **count) {
        Some((place, count)) if *count > 0 => Ok(place),
        _ => bail!("no column has a link to a post; if a column has links, choose it with --column"),
    }
}

fn read(cell: &[u8]) -> Wanted {
    let text = String::from_utf8_lossy(cell);
    match Post::read(&text, None).and_then(Post::of_link) {
        Ok(Target::Subject(post)) => Wanted::Post(Named {
            key: (post.platform, post.key().into_owned()),
            url: post.url().to_owned(),
            id: Some(post.id().to_owned()),
        }),
        Ok(Target::ShortLink(short)) => {
            Wanted::Post(Named { key: (short.platform, short.url.clone()), url: short.url, id: None })
        }
        Err(LinkError::NotALink | LinkError::NameAlone | LinkError::MailAddress) => Wanted::Nothing,
        Err(error) => {
            let error = ApiError::from(RequestError::Link { error, wanted: Post::WANTED });
            Wanted::Refused(error.code.into(), error.message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str, column: Option<&str>) -> Vec<String> {
        let wanted = of(&Sheet::read(text.as_bytes()).unwrap(), column).unwrap();
        let said = |wanted: &Wanted| match wanted {
            Wanted::Post(post) => post.url.clone(),
            Wanted::Refused(code, _) => (*code).to_owned(),
            Wanted::Nothing => String::new(),
        };
        wanted.iter().map(said).collect()
    }

    const VIDEO: &str = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";

    #[test]
    fn links_are_found_in_the_likeliest_column_or_elsewhere_in_a_row() {
        let text = "Name,Post,Note\nA,https://youtu.be/dQw4w9WgXcQ,https://example.com\nB,,see youtu.be/dQw4w9WgXcQ !\n\
                    C,https://example.com/x,\nD,n/a,\n@e,https://www.tiktok.com/@a,\n";
        let found = urls(text, None);
        assert_eq!(found, [VIDEO, VIDEO, "invalid_link", "", "invalid_link"]);
        assert_eq!(urls(text, Some("note")), ["invalid_link", VIDEO, "", "", ""]);
        assert_eq!(urls(text, Some("2")), [VIDEO, "", "invalid_link", "", "invalid_link"]);
    }

    #[test]
    fn a_missing_column_is_refused_with_the_names_of_the_others() {
        let sheet = Sheet::read(b"Name,Post\nA,B\n").unwrap();
        let refused = of(&sheet, Some("Link")).unwrap_err().to_string();
        assert!(refused.contains("\"Link\"; the columns are Name, Post"), "{refused}");
        assert!(of(&sheet, None).unwrap_err().to_string().contains("--column"));
    }
}
