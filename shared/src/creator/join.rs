//! Joins answers of several providers about one subject, if each of them lacks something.

use jiff::SignedDuration;

use super::{Answer, Fetched};

/// Counts that were fetched further apart than this are never joined.
const ONE_MOMENT: SignedDuration = SignedDuration::from_mins(1);

/// Joins answers. The essential fields are from the provider that is named; each other field is
/// from the first provider that has it. The answers are in the order of the providers. `None` if
/// there are no answers.
#[must_use]
pub fn join<A: Answer>(mut answers: Vec<Fetched<A>>) -> Option<Fetched<A>> {
    if answers.iter().any(|fetched| fetched.value.refutes_zeros()) {
        for fetched in &mut answers {
            fetched.value.forget_zeros();
        }
    }
    let weights = answers.iter().map(|fetched| fetched.value.weight());
    // If several are equal, the first is used.
    let (main, _) = weights.enumerate().max_by_key(|(place, weight)| (*weight, std::cmp::Reverse(*place)))?;
    let Fetched { value, provider, fetched_at, .. } = answers.get(main)?;
    let mut newest = *fetched_at;
    let mut joined =
        Fetched { value: value.essence(), provider: provider.clone(), fetched_at: newest, completed_by: Vec::new() };
    for (place, other) in answers.into_iter().enumerate() {
        let (first, last) = (joined.fetched_at.min(other.fetched_at), newest.max(other.fetched_at));
        if last.duration_since(first) > ONE_MOMENT {
            continue;
        }
        if joined.value.fill(other.value) && place != main {
            joined.completed_by.push(other.provider);
            (joined.fetched_at, newest) = (first, last);
        }
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::creator::{Details, PostStats, Precision, Profile};
    use jiff::Timestamp;

    fn told(provider: &str, second: i64, stats: PostStats) -> Fetched<PostStats> {
        Fetched::new(stats, provider, Timestamp::from_second(second).unwrap())
    }

    fn counts(views: Option<u64>, likes: Option<u64>, shares: Option<u64>) -> PostStats {
        PostStats { views, likes, shares, ..PostStats::default() }
    }

    #[test]
    fn each_count_is_from_the_first_provider_that_has_it_and_the_views_name_the_provider() {
        let rounded = PostStats { precision: Precision::Rounded, ..counts(None, Some(5), None) };
        let second = counts(Some(90), Some(7), None);
        let third = counts(Some(80), None, Some(3));
        let joined = join(vec![told("a", 0, rounded), told("b", 9, second), told("c", 8, third)]).unwrap();
        let expected = PostStats { precision: Precision::Rounded, ..counts(Some(90), Some(5), Some(3)) };
        assert_eq!((joined.value, &*joined.provider), (expected, "b"));
        assert_eq!(joined.completed_by, ["a", "c"]);
        assert_eq!(joined.fetched_at, Timestamp::UNIX_EPOCH, "when the oldest of them was told");
    }

    #[test]
    fn counts_from_times_more_than_a_minute_apart_are_not_mixed() {
        let answers =
            |apart| vec![told("a", 0, counts(None, Some(5), None)), told("b", apart, counts(Some(9), None, None))];
        assert_eq!(join(answers(60)).unwrap().value, counts(Some(9), Some(5), None));
        let joined = join(answers(61)).unwrap();
        assert_eq!((joined.value, joined.completed_by), (counts(Some(9), None, None), vec![]));
    }

    #[test]
    fn counts_of_two_others_are_not_mixed_even_if_each_is_within_a_minute_of_the_first() {
        let main = told("b", 60, counts(Some(9), None, None));
        let answers =
            vec![told("a", 0, counts(None, Some(5), None)), main, told("c", 120, counts(None, None, Some(3)))];
        let joined = join(answers).unwrap();
        assert_eq!((joined.value, joined.completed_by), (counts(Some(9), Some(5), None), vec!["a".to_owned()]));
    }

    #[test]
    fn the_provider_that_has_the_saves_is_named_too() {
        let details = Details { saves: Some(4), ..Details::default() };
        let saved = PostStats { details, ..counts(None, Some(6), None) };
        let main = told("c", 0, counts(Some(9), Some(7), None));
        let joined = join(vec![told("a", 0, counts(None, Some(5), None)), told("b", 0, saved), main]).unwrap();
        assert_eq!((joined.value.likes, joined.value.details.saves), (Some(5), Some(4)));
        assert_eq!(joined.completed_by, ["a", "b"]);
    }

    #[test]
    fn profiles_with_different_ids_are_of_two_accounts_and_are_not_joined() {
        let profile = |id: Option<&str>, followers, bio: Option<&str>| {
            let (id, bio) = (id.map(str::to_owned), bio.map(str::to_owned));
            let value = Profile { username: "a".to_owned(), id, followers, bio, ..Profile::default() };
            Fetched::new(value, "x", Timestamp::UNIX_EPOCH)
        };
        let joined =
            |id| join(vec![profile(id, None, Some("words")), profile(Some("2"), Some(3), None)]).unwrap().value;
        assert_eq!((joined(Some("1")).followers, joined(Some("1")).bio), (Some(3), None));
        assert_eq!(joined(Some("2")).bio.as_deref(), Some("words"));
        assert_eq!(joined(None).bio.as_deref(), Some("words"));
    }

    #[test]
    fn only_zeros_are_a_failure_if_another_provider_has_more() {
        let zeros = || told("a", 0, counts(Some(0), Some(0), Some(0)));
        let joined = join(vec![zeros(), told("b", 0, counts(Some(9), Some(7), None))]).unwrap();
        assert_eq!((joined.value, &*joined.provider), (counts(Some(9), Some(7), None), "b"));
        assert_eq!(joined.completed_by, Vec::<String>::new());
        let joined = join(vec![zeros(), told("b", 0, counts(None, Some(7), None))]).unwrap();
        assert_eq!((joined.value, &*joined.provider), (counts(None, Some(7), None), "b"));
        // A refuted zero doesn't count.
        let unseen = told("a", 0, counts(None, Some(0), Some(0)));
        let joined = join(vec![unseen, told("b", 0, counts(Some(9), Some(7), None))]).unwrap();
        assert_eq!((joined.value, joined.completed_by), (counts(Some(9), Some(7), None), vec![]));
        let joined = join(vec![zeros(), told("b", 0, counts(Some(0), None, None))]).unwrap();
        assert_eq!((joined.value, &*joined.provider), (counts(Some(0), Some(0), Some(0)), "a"));
    }

    #[test]
    fn a_zero_is_used_only_if_no_provider_has_another_count() {
        let zero = || told("a", 0, counts(Some(0), None, None));
        assert_eq!(join(vec![zero(), told("b", 0, counts(Some(4), None, None))]).unwrap().value.views, Some(4));
        assert_eq!(join(vec![zero()]).unwrap().value.views, Some(0));
        let liked = join(vec![zero(), told("b", 0, counts(None, Some(2), None))]).unwrap();
        assert_eq!((liked.value.views, liked.value.likes), (None, Some(2)), "nobody likes what nobody has seen");
    }

    #[test]
    fn a_provider_that_adds_nothing_is_not_named_and_no_answers_give_none() {
        let joined = join(vec![told("a", 0, counts(None, Some(5), None)), told("b", 0, counts(None, Some(6), None))]);
        let joined = joined.unwrap();
        assert_eq!((joined.value.likes, &*joined.provider, joined.completed_by), (Some(5), "a", vec![]));
        assert_eq!(join::<PostStats>(vec![]), None);
    }

    #[test]
    fn a_profile_can_have_the_followers_of_one_provider_and_the_bio_of_another() {
        let now = Timestamp::UNIX_EPOCH;
        let one = Profile { username: "a".to_owned(), bio: Some("words".to_owned()), ..Profile::default() };
        let other = Profile { username: "A".to_owned(), followers: Some(3), ..Profile::default() };
        let joined = join(vec![Fetched::new(one, "one", now), Fetched::new(other, "other", now)]).unwrap();
        assert_eq!((joined.value.followers, joined.value.bio.as_deref()), (Some(3), Some("words")));
        assert_eq!((&*joined.provider, joined.completed_by), ("other", vec!["one".to_owned()]));
    }
}
