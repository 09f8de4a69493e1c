//! The content of a cache item: a value, its expiry, and the holder of the lease.

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

/// A cached value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// The value.
    pub value: T,
    /// The time until which it is fresh.
    pub fresh_until: Timestamp,
}

/// An item's value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<T> {
    /// It is fresh.
    Fresh(Kept<T>),
    /// It is fresh until this time, in milliseconds since 1970, but can't be read: another version
    /// wrote it, or it is broken.
    Unreadable(i64),
    /// It is missing or stale.
    None,
}

/// The item's value, if it is fresh.
pub(super) fn read_fresh<T: DeserializeOwned>(item: &Item, now: Timestamp) -> Value<T> {
    match number_in(item, "fresh_until").filter(|until| *until > now.as_millisecond()) {
        None => Value::None,
        Some(until) => {
            let fresh_until = Timestamp::from_millisecond(until).unwrap_or(Timestamp::MAX);
            read(item).map_or(Value::Unreadable(until), |value| Value::Fresh(Kept { value, fresh_until }))
        }
    }
}

/// The item's value, if it is fresh and can be read.
pub(super) fn fresh<T: DeserializeOwned>(item: &Item, now: Timestamp) -> Option<Kept<T>> {
    match read_fresh(item, now) {
        Value::Fresh(kept) => Some(kept),
        Value::Unreadable(_) | Value::None => None,
    }
}

/// The item's value, fresh or stale; `None` if it is missing or can't be read.
pub(super) fn read<T: DeserializeOwned>(item: &Item) -> Option<T> {
    let body = item.get("body")?.as_b().ok()?;
    let read = if item.contains_key("gzip") {
        serde_json::from_reader(GzDecoder::new(body.as_ref()).by_ref())
    } else {
        serde_json::from_slice(body.as_ref())
    };
    read.inspect_err(|error| tracing::warn!(%error, "a cached value is not readable")).ok()
}

/// The holder of a lease, and a part that each renewal changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) owner: String,
    /// The number of renewals; `None` if an older version took the lease.
    pub(super) beat: Option<i64>,
    /// The part of the item that an older version changes with each renewal.
    until: Option<i64>,
}

/// The holder of the lease, unless the lease was ended.
pub(super) fn holder(item: &Item) -> Option<Holder> {
    let owner = item.get("lease_owner")?.as_s().ok()?.clone();
    Some(Holder { owner, beat: number_in(item, "lease_beat"), until: number_in(item, "lease_until") })
}

/// The holder whose lease ended with this value.
pub(super) fn filled_by(item: &Item) -> Option<&str> {
    item.get("filled_by")?.as_s().ok().map(String::as_str)
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

fn number_in(item: &Item, attribute: &str) -> Option<i64> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_value_is_read_back_only_while_it_is_fresh() {
        for text in ["short".to_owned(), "long and repetitive ".repeat(400)] {
            let item = write(&text, at(100)).unwrap();
            assert_eq!(read_fresh(&item, at(99)), Value::Fresh(Kept { value: text, fresh_until: at(100) }));
            assert_eq!(read_fresh::<String>(&item, at(100)), Value::None);
        }
    }

    #[test]
    fn a_value_that_can_not_be_read_is_none() {
        let mut item = write(&"text", at(100)).unwrap();
        assert_eq!(read_fresh::<u64>(&item, at(99)), Value::Unreadable(100_000));
        item.remove("body");
        assert_eq!(read_fresh::<String>(&item, at(99)), Value::Unreadable(100_000));
    }

    #[test]
    fn a_long_body_is_stored_compressed() {
        let item = write(&"long and repetitive ".repeat(400), at(100)).unwrap();
        assert!(item["body"].as_b().unwrap().as_ref().len() < 500);
    }
}
