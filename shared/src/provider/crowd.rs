//! Simultaneous requests to providers for the posts of one batch: as many to one provider at a time
//! as its entry allows. If a provider can answer several posts in one request, they are sent in
//! groups.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{join_all, pending};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::{Instant, timeout_at};

use super::chain::Guarded;
use super::entry::Entry;
use super::{Failure, Provider};
use crate::creator::{PostStats, Unchecked};
use crate::platform::Post;

/// A group is sent if no other post was added for the first time, which is longer than a write to
/// DynamoDB takes; and at the latest after the second time.
const GATHERING: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

type Answer = Result<Unchecked<PostStats>, Failure>;

/// A post that waits for its group's answer.
struct Waiting {
    post: Post,
    answer: oneshot::Sender<Answer>,
}

/// Limits the number of simultaneous requests to providers for one batch.
pub struct Crowd {
    gates: HashMap<&'static str, Semaphore>,
    gathered: HashMap<&'static str, Gathered>,
}

/// A provider that answers posts in groups.
struct Gathered(UnboundedSender<Waiting>);

impl Crowd {
    /// Runs `work`, which asks these providers in a crowd.
    pub(super) async fn run<F: Future>(providers: &[Guarded], work: impl FnOnce(Self) -> F) -> F::Output {
        let (mut gathered, mut groups) = (HashMap::new(), Vec::new());
        for guarded in providers.iter().filter(|guarded| guarded.entry().posts_at_once > 1) {
            let (sender, waiting) = unbounded_channel();
            gathered.insert(guarded.name(), Gathered(sender));
            groups.push(answer_groups(guarded, waiting));
        }
        let gates = providers.iter().map(|guarded| (guarded.name(), Semaphore::new(guarded.entry().at_once)));
        let work = work(Self { gates: gates.collect(), gathered });
        let serve = async {
            join_all(groups).await;
            pending::<Infallible>().await
        };
        tokio::select! {
            biased;
            output = work => output,
            never = serve => match never {},
        }
    }

    /// Waits for this provider's turn; `None` for groups, each of which is one request.
    pub(super) async fn turn(&self, provider: &str) -> Option<SemaphorePermit<'_>> {
        if self.gathered.contains_key(provider) {
            return None;
        }
        self.gates.get(provider)?.acquire().await.ok()
    }

    /// The replacement of this provider that collects groups, if the provider answers groups.
    pub(super) fn gathered(&self, provider: &str) -> Option<&dyn Provider> {
        let gathered: &dyn Provider = self.gathered.get(provider)?;
        Some(gathered)
    }
}

#[async_trait]
impl Provider for Gathered {
    async fn post_stats(&self, post: &Post) -> Answer {
        let (answer, answered) = oneshot::channel();
        let gone = || Failure::transient("its group ended without an answer");
        self.0.send(Waiting { post: post.clone(), answer }).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Answers a provider's posts in groups, until there are no more.
async fn answer_groups(guarded: &Guarded, waiting: UnboundedReceiver<Waiting>) {
    let Entry { at_once, posts_at_once, .. } = guarded.entry();
    let groups = stream::unfold(waiting, |mut waiting| async {
        Some((next_group(&mut waiting, *posts_at_once).await?, waiting))
    });
    groups.for_each_concurrent(*at_once, |group| answer(guarded.provider(), group)).await;
}

/// The posts of the next group; `None` if there are no more.
async fn next_group(waiting: &mut UnboundedReceiver<Waiting>, most: usize) -> Option<Vec<Waiting>> {
    let mut group = vec![waiting.recv().await?];
    let latest = Instant::now() + GATHERING.1;
    while group.len() < most {
        match timeout_at(latest.min(Instant::now() + GATHERING.0), waiting.recv()).await {
            Ok(Some(next)) => group.push(next),
            Ok(None) | Err(_) => break,
        }
    }
    Some(group)
}

async fn answer(provider: &dyn Provider, group: Vec<Waiting>) {
    let (posts, waiting): (Vec<Post>, Vec<_>) = group.into_iter().map(|one| (one.post, one.answer)).unzip();
    let answers = provider.posts_stats(&posts).await;
    for (answer, waiting) in answers.into_iter().zip(waiting) {
        // The send fails if another provider answered meanwhile and nobody waits any more.
        let _ = waiting.send(answer);
    }
}
