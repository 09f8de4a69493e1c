//! The query string of a request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use http::Uri;
use url::form_urlencoded;

use super::error::{ApiError, ErrorCode};

/// The parameters of a query. Parameters that an endpoint doesn't take are ignored.
#[derive(Debug)]
pub struct Query<'a>(BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>);

impl<'a> Query<'a> {
    /// The parameters of this URL.
    #[must_use]
    pub fn of(uri: &'a Uri) -> Self {
        let mut parameters: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            parameters.entry(name).or_default().push(value);
        }
        Self(parameters)
    }

    /// The value of this parameter, without blanks around it; None if it is missing or blank.
    ///
    /// # Errors
    /// If the query has it twice.
    pub fn non_blank(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.get(name).map_or(&[][..], Vec::as_slice) {
            [] => Ok(None),
            [text] => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            _ => Err(invalid(&format!("`{name}` was sent more than once; send it once"))),
        }
    }

    /// The whole number with this name, in this range.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn number(&self, name: &str, range: RangeInclusive<usize>) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.non_blank(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            invalid(&format!("`{name}` must be a whole number from {} to {}", range.start(), range.end()))
        })
    }
}

fn invalid(problem: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, problem)
}
