//! Checks the providers' keys, and whether each platform has a provider.

use std::collections::BTreeSet;
use std::path::PathBuf;

use shared::creator::Operation;
use shared::platform::Platform;
use shared::provider::{ENTRIES, Entry, order};
use strum::IntoEnumIterator;

use super::report::{Check, Report};
use crate::database::Options as Place;
use crate::providers::advice::to_turn_on;
use crate::providers::setup::Setup;

/// Reads the keys of the settings file or of the stack's secret into `setup`.
pub async fn keys(settings: Option<PathBuf>, place: &Place, setup: &mut Setup, report: &mut Report) {
    let whose = match (&settings, &place.stack) {
        (Some(file), _) => file.display().to_string(),
        (None, Some(stack)) => format!("the secret of the stack {stack}"),
        (None, None) => {
            return report.fine(Check::Secret, "the keys are from the environment");
        }
    };
    let to_do = if settings.is_some() {
        "write the file as docs/providers.md says, and give its path to --settings"
    } else {
        "put the keys into the secret as docs/operating.md, Set the keys, says; you need \
         cloudformation:DescribeStacks and secretsmanager:GetSecretValue"
    };
    match Box::pin(setup.read_keys(settings, place)).await {
        Ok(()) => report.fine(Check::Secret, format!("{whose} can be read")),
        Err(error) => report.wrong(Check::Secret, format!("{error:#}"), to_do),
    }
}

/// Checks whether each platform has a provider that is on.
pub fn on(setup: &Setup, report: &mut Report) {
    let mut on = Vec::new();
    for platform in Platform::iter() {
        let offered: Vec<&Entry> = offered(platform).collect();
        let names: BTreeSet<&str> = offered
            .iter()
            .filter(|entry| setup.is_on(entry) && is_asked(setup, platform, entry))
            .map(|entry| entry.name)
            .collect();
        if names.is_empty() {
            let ways: BTreeSet<String> = offered.iter().map(|entry| to_turn_on(entry)).collect();
            let ways: Vec<String> = ways.into_iter().collect();
            report.wrong(Check::Providers, format!("no provider is configured for {platform}"), ways.join(", or "));
        } else {
            on.push(format!("{platform} {}", names.len()));
        }
    }
    if !on.is_empty() {
        report.fine(Check::Providers, format!("on: {}", on.join(", ")));
    }
}

/// The providers that support this platform.
fn offered(platform: Platform) -> impl Iterator<Item = &'static Entry> {
    ENTRIES
        .iter()
        .filter(move |entry| Operation::iter().any(|operation| order(platform, operation).contains(&entry.name)))
}

/// Whether a provider is in an order of this platform: operators can take providers out.
fn is_asked(setup: &Setup, platform: Platform, entry: &Entry) -> bool {
    let orders = &setup.config.providers.orders;
    let mut of_platform = Operation::iter().filter_map(|operation| orders.get(&(platform, operation)));
    of_platform.any(|names| names.contains(&entry.name))
}
