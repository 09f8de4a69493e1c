//! What a cache item holds: a value, how long it is fresh, and whether somebody has the lease.

use std::io::{Read, Write};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::dynamodb::{Item, StorageError, number};

/// Smaller bodies cost the same write compressed or not, and reading them plain is faster.
const WORTH_COMPRESSING: usize = 1024;

/// The value, if it is still fresh.
pub(super) fn read_fresh<T: DeserializeOwned>(item: &Item, now: Timestamp) -> Result<Option<T>, StorageError> {
    if !lies_ahead(item, "fresh_until", now) {
        return Ok(None);
    }
    let malformed = || StorageError::malformed("read cache", "no body");
    let body = item.get("body").and_then(|body| body.as_b().ok()).ok_or_else(malformed)?;
    let read = if item.contains_key("gzip") {
        serde_json::from_reader(GzDecoder::new(body.as_ref()).by_ref())
    } else {
        serde_json::from_slice(body.as_ref())
    };
    read.map(Some).map_err(|error| StorageError::malformed("read cache", error))
}

/// Whether somebody is getting a new value.
pub(super) fn is_leased(item: &Item, now: Timestamp) -> bool {
    lies_ahead(item, "lease_until", now)
}

/// An item with this value, without its key.
pub(super) fn write<T: Serialize>(value: &T, fresh_until: Timestamp) -> Result<Item, StorageError> {
    let malformed = |error: &dyn std::fmt::Display| StorageError::malformed("write cache", error);
    let mut body = serde_json::to_vec(value).map_err(|error| malformed(&error))?;
    let mut item = Item::from([("fresh_until".to_owned(), number(fresh_until.as_millisecond()))]);
    if body.len() > WORTH_COMPRESSING {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&body).map_err(|error| malformed(&error))?;
        body = encoder.finish().map_err(|error| malformed(&error))?;
        item.insert("gzip".to_owned(), AttributeValue::Bool(true));
    }
    item.insert("body".to_owned(), AttributeValue::B(Blob::new(body)));
    Ok(item)
}

fn lies_ahead(item: &Item, attribute: &str, now: Timestamp) -> bool {
    let value = item.get(attribute).and_then(|value| value.as_n().ok());
    let moment = value.and_then(|number| number.parse::<i64>().ok());
    moment.is_some_and(|moment| moment > now.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_value_is_read_back_while_it_is_fresh_and_not_after() {
        for text in ["short".to_owned(), "long and repetitive ".repeat(400)] {
            let item = write(&text, at(100)).unwrap();
            assert_eq!(read_fresh(&item, at(99)).unwrap(), Some(text));
            assert_eq!(read_fresh::<String>(&item, at(100)).unwrap(), None);
        }
    }

    #[test]
    fn a_long_body_is_stored_compressed() {
        let item = write(&"long and repetitive ".repeat(400), at(100)).unwrap();
        assert!(item["body"].as_b().unwrap().as_ref().len() < 500);
    }
}
