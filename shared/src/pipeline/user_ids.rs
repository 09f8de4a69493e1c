//! Providers remember creators' ids in the cache for a day. A failure here only costs one more
//! request.

use std::time::Duration;

use async_trait::async_trait;

use crate::cache::{Cache, CacheKey};
use crate::platform::{Creator, IdKind, Subject};
use crate::provider::UserIds;

pub(super) struct CachedUserIds {
    pub(super) cache: Cache,
    pub(super) lifetime: Duration,
}

#[async_trait]
impl UserIds for CachedUserIds {
    async fn recall(&self, creator: &Creator, kind: IdKind) -> Option<String> {
        match self.cache.look(&key(creator, kind)).await {
            Ok(kept) => kept.map(|kept| kept.value),
            Err(error) => {
                tracing::warn!(%error, "a creator's id was not looked up");
                None
            }
        }
    }

    async fn remember(&self, creator: &Creator, kind: IdKind, id: &str) {
        if let Err(error) = self.cache.put(&key(creator, kind), &id, self.lifetime).await {
            tracing::warn!(%error, "a creator's id was not remembered");
        }
    }
}

fn key(creator: &Creator, kind: IdKind) -> CacheKey {
    CacheKey::new(&["user_id", kind.into(), creator.platform.into(), &creator.key()])
}
