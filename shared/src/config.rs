//! The configuration: environment variables, read once at the start. The error for an invalid value
//! names the variable.
//!
//! [`variables`] and [`provider_variables`] list all of them, and so do docs/configuration.md and
//! docs/providers.md.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use enum_map::EnumMap;
use secrecy::SecretString;
use strum::IntoEnumIterator;
use url::Url;

use crate::account::Limits;
use crate::contract::{Endpoint, Kind};
use crate::creator::Operation;
use crate::dynamodb::{Tables, Timeouts};
use crate::money::{MicroDollars, ParseAmountError};
use crate::platform::Platform;
use crate::provider::{self, ENTRIES, Key, Times, order, questions};
use crate::short_link;

/// The operator's sentence about adding funds. The function of the pages reads only this variable.
pub const BILLING_CONTACT: &str = "BILLING_CONTACT";

/// The variables that belong to no endpoint and no provider, with their defaults; an empty default
/// means "not set".
const VARIABLES: &[(&str, &str)] = &[
    ("ACCOUNTS_TABLE", "Accounts"),
    ("CACHE_TABLE", "Cache"),
    ("PROVIDER_KEYS_SECRET", ""),
    ("KEYLESS_PROVIDERS", "off"),
    ("PUBLIC_SANDBOX", "on"),
    ("STATUS_SHOWS_PROVIDERS", "off"),
    ("CORS_ORIGINS", ""),
    (BILLING_CONTACT, ""),
    ("METRICS_NAMESPACE", "CreatorTracking"),
    ("SHORT_LINK_BASE_URL", ""),
    ("SHORT_LINK_TIMEOUT_MS", "3000"),
    ("FREE_MISSES_PER_DAY", "500"),
    ("HOLD_SECONDS", "60"),
    ("CACHE_USER_ID_SECONDS", "86400"),
    ("CACHE_NOT_FOUND_SECONDS", "60"),
    ("CACHE_FAILURE_SECONDS", "5"),
    ("CACHE_SHORT_LINK_SECONDS", "86400"),
    ("LEASE_MS", "5000"),
    ("PROVIDERS_DEADLINE_MS", "25000"),
    ("PROVIDER_TIMEOUT_MS", "8000"),
    ("PROVIDER_HEDGE_MS", "4000"),
    ("PROVIDER_FAILURES_TO_REST", "5"),
    ("PROVIDER_REST_SECONDS", "30"),
    ("PROVIDER_BURST_REST_SECONDS", "2"),
    ("PROVIDER_QUOTA_REST_SECONDS", "600"),
    ("SETTLE_WITHIN_MS", "28000"),
    ("FUNCTION_TIMEOUT_SECONDS", "30"),
    ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000"),
    ("DYNAMODB_TIMEOUT_MS", "3000"),
];

/// Every variable and its default, except [`provider_variables`].
#[must_use]
pub fn variables() -> Vec<(String, String)> {
    let fixed = VARIABLES.iter().map(|(name, default)| ((*name).to_owned(), (*default).to_owned()));
    let prices = Endpoint::iter().filter_map(|endpoint| match endpoint.spec().kind {
        Kind::Priced { default_price, .. } => Some((price_variable(endpoint), default_price.to_string())),
        Kind::Free | Kind::Batch(_) => None,
    });
    let lifetimes = Operation::iter().map(|operation| (lifetime_variable(operation), default_lifetime(operation)));
    fixed.chain(prices).chain(lifetimes).collect()
}

/// The variable of a price, for example `PRICE_POST_STATS`.
#[must_use]
pub fn price_variable(endpoint: Endpoint) -> String {
    format!("PRICE_{}", endpoint.name().replace(['/', '-'], "_").to_uppercase())
}

/// The variable of a lifetime in the cache, for example `CACHE_POST_STATS_SECONDS`.
fn lifetime_variable(operation: Operation) -> String {
    let operation: &str = operation.into();
    format!("CACHE_{}_SECONDS", operation.to_uppercase())
}

/// In seconds.
fn default_lifetime(operation: Operation) -> String {
    operation.default_lifetime().as_secs().to_string()
}

/// Each provider's variables and their defaults: keys, base addresses and orders.
#[must_use]
pub fn provider_variables() -> Vec<(String, String)> {
    let keys = Key::iter().map(|key| (key.variable().to_owned(), String::new()));
    let base_urls = ENTRIES.iter().map(|entry| (entry.base_url_variable(), entry.base_url.to_owned()));
    let orders = questions()
        .map(|(platform, operation)| (order_variable(platform, operation), order(platform, operation).join(",")));
    keys.chain(base_urls).chain(orders).collect()
}

fn order_variable(platform: Platform, operation: Operation) -> String {
    let operation: &str = operation.into();
    format!("PROVIDER_ORDER_{platform}_{operation}").to_uppercase()
}

/// The largest accepted difference between the clocks of two function instances.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The DynamoDB tables.
    pub tables: Tables,
    /// Time for DynamoDB.
    pub dynamodb: Timeouts,
    /// Limits of accounts.
    pub accounts: Limits,
    /// The lifetimes of cached values.
    pub cache: Lifetimes,
    /// The prices of fresh answers; zero for free endpoints.
    pub prices: EnumMap<Endpoint, MicroDollars>,
    /// The active providers, by operation and platform.
    pub providers: provider::Settings,
    /// The secret in AWS Secrets Manager with the providers' keys, if a function reads them there.
    pub provider_keys_secret: Option<String>,
    /// Whether the public test key opens the sandbox.
    pub public_sandbox: bool,
    /// Whether the status names the providers.
    pub status_shows_providers: bool,
    /// The websites whose pages may send messages of MCP; `*` allows all.
    pub cors_origins: Vec<String>,
    /// The operator's sentence about adding funds.
    pub billing_contact: Option<String>,
    /// CloudWatch's namespace of the metrics.
    pub metrics_namespace: String,
    /// The timeouts of providers.
    pub chain: Times,
    /// The settings for resolving short links.
    pub short_links: short_link::Settings,
    /// The money of an older request is released instead of spent, because its caller may have
    /// disconnected.
    pub settle_within: Duration,
}

/// The lifetimes of cached values.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// Answers, by operation.
    pub answers: EnumMap<Operation, Duration>,
    /// Ids of creators.
    pub user_id: Duration,
    /// A proved "not found".
    pub not_found: Duration,
    /// The failure of all providers.
    pub failure: Duration,
    /// The target of a short link.
    pub short_link: Duration,
    /// The lease of a request, which the request renews while it fetches.
    pub lease: Duration,
}

/// An invalid configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    variable: String,
    problem: String,
}

impl Config {
    /// Reads the configuration, taking each variable from `env`.
    ///
    /// # Errors
    /// If a variable is invalid: the first such variable, and the reason.
    pub fn read(env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let reader = Reader { env };
        let config = Self {
            tables: Tables { accounts: reader.table("ACCOUNTS_TABLE")?, cache: reader.table("CACHE_TABLE")? },
            dynamodb: Timeouts {
                attempt: reader.millis("DYNAMODB_ATTEMPT_TIMEOUT_MS")?,
                operation: reader.millis("DYNAMODB_TIMEOUT_MS")?,
            },
            accounts: Limits {
                hold_seconds: reader.between("HOLD_SECONDS", 1_i64, 86_400)?,
                free_failures_per_day: reader.between("FREE_MISSES_PER_DAY", 1, 1_000_000)?,
                patience: reader.millis("DYNAMODB_TIMEOUT_MS")?,
            },
            cache: Lifetimes {
                answers: reader.lifetimes()?,
                user_id: reader.seconds("CACHE_USER_ID_SECONDS")?,
                not_found: reader.seconds("CACHE_NOT_FOUND_SECONDS")?,
                failure: reader.seconds("CACHE_FAILURE_SECONDS")?,
                short_link: reader.seconds("CACHE_SHORT_LINK_SECONDS")?,
                lease: reader.millis("LEASE_MS")?,
            },
            prices: reader.prices()?,
            providers: reader.providers()?,
            provider_keys_secret: reader.set("PROVIDER_KEYS_SECRET"),
            public_sandbox: reader.switch("PUBLIC_SANDBOX")?,
            status_shows_providers: reader.switch("STATUS_SHOWS_PROVIDERS")?,
            cors_origins: origins(&reader.value("CORS_ORIGINS")),
            billing_contact: reader.set(BILLING_CONTACT),
            metrics_namespace: reader.value("METRICS_NAMESPACE"),
            chain: Times {
                deadline: reader.millis("PROVIDERS_DEADLINE_MS")?,
                attempt_timeout: reader.millis("PROVIDER_TIMEOUT_MS")?,
                hedge_after: reader.millis("PROVIDER_HEDGE_MS")?,
                failures_to_rest: reader.between("PROVIDER_FAILURES_TO_REST", 1_u32, 1_000)?,
                rest: reader.seconds("PROVIDER_REST_SECONDS")?,
                burst_rest: reader.seconds("PROVIDER_BURST_REST_SECONDS")?,
                quota_rest: reader.seconds("PROVIDER_QUOTA_REST_SECONDS")?,
            },
            short_links: short_link::Settings {
                base_url: reader.optional_url("SHORT_LINK_BASE_URL")?,
                timeout: reader.millis("SHORT_LINK_TIMEOUT_MS")?,
            },
            settle_within: reader.millis("SETTLE_WITHIN_MS")?,
        };
        config.check(reader.seconds("FUNCTION_TIMEOUT_SECONDS")?)?;
        Ok(config)
    }

    /// Whether providers and short links are requested only over https. Plain HTTP is allowed only
    /// if the operator set such an address.
    #[must_use]
    pub fn https_only(&self) -> bool {
        let mut addresses = self.providers.base_urls.values().chain(&self.short_links.base_url);
        addresses.all(|url| url.scheme() == "https")
    }

    /// Checks the times against each other: money must never be released while its request can
    /// still spend it.
    fn check(&self, function_timeout: Duration) -> Result<(), ConfigError> {
        let ordered = [
            ("PROVIDER_HEDGE_MS", self.chain.hedge_after, "PROVIDER_TIMEOUT_MS", self.chain.attempt_timeout),
            ("PROVIDER_TIMEOUT_MS", self.chain.attempt_timeout, "PROVIDERS_DEADLINE_MS", self.chain.deadline),
            ("PROVIDERS_DEADLINE_MS", self.chain.deadline, "SETTLE_WITHIN_MS", self.settle_within),
            ("SETTLE_WITHIN_MS", self.settle_within, "FUNCTION_TIMEOUT_SECONDS", function_timeout),
            ("DYNAMODB_ATTEMPT_TIMEOUT_MS", self.dynamodb.attempt, "DYNAMODB_TIMEOUT_MS", self.dynamodb.operation),
            ("DYNAMODB_ATTEMPT_TIMEOUT_MS", self.dynamodb.attempt, "LEASE_MS", self.cache.lease),
            ("SHORT_LINK_TIMEOUT_MS", self.short_links.timeout, "PROVIDERS_DEADLINE_MS", self.chain.deadline),
        ];
        for (variable, shorter, other, longer) in ordered {
            if shorter > longer {
                return Err(problem(variable, format!("must not be longer than {other}")));
            }
        }
        if self.tables.accounts == self.tables.cache {
            return Err(problem("CACHE_TABLE", "must be another table than ACCOUNTS_TABLE"));
        }
        let life = function_timeout + self.dynamodb.operation + CLOCK_SKEW;
        if self.accounts.hold_seconds.unsigned_abs() <= life.as_secs() {
            return Err(problem(
                "HOLD_SECONDS",
                format!(
                    "must be more than {}: FUNCTION_TIMEOUT_SECONDS + DYNAMODB_TIMEOUT_MS + {} s of clock skew, or money is \
                     given back while its request may still spend it",
                    life.as_secs(),
                    CLOCK_SKEW.as_secs(),
                ),
            ));
        }
        Ok(())
    }
}

/// Parses websites that are separated by commas.
fn origins(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect()
}

/// The providers' keys, from the variables that `env` returns.
///
/// # Errors
/// If a key is invalid; the error names the first such variable.
pub fn provider_keys(env: impl Fn(&str) -> Option<String>) -> Result<HashMap<Key, SecretString>, ConfigError> {
    Reader { env }.keys()
}

struct Reader<E> {
    env: E,
}

impl<E: Fn(&str) -> Option<String>> Reader<E> {
    fn prices(&self) -> Result<EnumMap<Endpoint, MicroDollars>, ConfigError> {
        let mut prices = EnumMap::default();
        for endpoint in Endpoint::iter() {
            // A batch costs the sum of its posts.
            let one = if let Kind::Batch(single) = endpoint.spec().kind { single } else { endpoint };
            if let Kind::Priced { default_price, .. } = one.spec().kind {
                prices[endpoint] = self.price(&price_variable(one), default_price)?;
            }
        }
        Ok(prices)
    }

    fn lifetimes(&self) -> Result<EnumMap<Operation, Duration>, ConfigError> {
        let mut lifetimes = EnumMap::default();
        for operation in Operation::iter() {
            let variable = lifetime_variable(operation);
            let value = self.set(&variable).unwrap_or_else(|| default_lifetime(operation));
            lifetimes[operation] = seconds(&variable, &value)?;
        }
        Ok(lifetimes)
    }

    fn providers(&self) -> Result<provider::Settings, ConfigError> {
        let base_urls = ENTRIES.iter().map(|entry| {
            let variable = entry.base_url_variable();
            let value = self.set(&variable).unwrap_or_else(|| entry.base_url.to_owned());
            Ok((entry.name, web_url(&variable, &value)?))
        });
        let orders =
            questions().map(|(platform, operation)| Ok(((platform, operation), self.order(platform, operation)?)));
        Ok(provider::Settings {
            keys: self.keys()?,
            keyless: self.switch("KEYLESS_PROVIDERS")?,
            base_urls: base_urls.collect::<Result<_, _>>()?,
            orders: orders.collect::<Result<_, _>>()?,
        })
    }

    /// Parses names of providers that are separated by commas.
    fn order(&self, platform: Platform, operation: Operation) -> Result<Vec<&'static str>, ConfigError> {
        let known = order(platform, operation);
        let variable = order_variable(platform, operation);
        let Some(value) = self.set(&variable) else { return Ok(known.to_vec()) };
        let mut names = Vec::new();
        for name in value.split(',').map(str::trim) {
            match known.iter().find(|known| **known == name) {
                Some(name) if names.contains(name) => return Err(problem(&variable, format!("{name} occurs twice"))),
                Some(name) => names.push(*name),
                None => {
                    return Err(problem(
                        &variable,
                        format!("the name {name:?} is unknown; known names are {}", known.join(", ")),
                    ));
                }
            }
        }
        Ok(names)
    }

    /// The variable's value. A blank value counts as missing, because templates can't leave a
    /// variable out.
    fn set(&self, variable: &str) -> Option<String> {
        (self.env)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The variable's value, or its default.
    fn value(&self, variable: &str) -> String {
        if let Some(value) = self.set(variable) {
            return value;
        }
        let listed = VARIABLES.iter().find(|(name, _)| *name == variable);
        let (_, default) = listed.unwrap_or_else(|| unreachable!("{variable} is not in VARIABLES"));
        (*default).to_owned()
    }

    fn table(&self, variable: &str) -> Result<String, ConfigError> {
        let value = self.value(variable);
        // DynamoDB's rule for names of tables.
        let is_name = (3..=255).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if is_name { Ok(value) } else { Err(problem(variable, "must be a DynamoDB table's name")) }
    }

    fn between<T: FromStr + PartialOrd + Display>(&self, variable: &str, least: T, most: T) -> Result<T, ConfigError> {
        between(variable, &self.value(variable), least, most)
    }

    /// A time of up to ten minutes; no part of a request may take longer.
    fn millis(&self, variable: &str) -> Result<Duration, ConfigError> {
        self.between(variable, 1, 600_000).map(Duration::from_millis)
    }

    fn seconds(&self, variable: &str) -> Result<Duration, ConfigError> {
        seconds(variable, &self.value(variable))
    }

    fn price(&self, variable: &str, default: MicroDollars) -> Result<MicroDollars, ConfigError> {
        let Some(value) = self.set(variable) else { return Ok(default) };
        value.parse().map_err(|error: ParseAmountError| problem(variable, format!("{value:?}: {error}")))
    }

    fn switch(&self, variable: &str) -> Result<bool, ConfigError> {
        match self.value(variable).as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(problem(variable, format!("must be on or off, not {other:?}"))),
        }
    }

    fn keys(&self) -> Result<HashMap<Key, SecretString>, ConfigError> {
        let set = Key::iter().filter_map(|key| Some((key, self.set(key.variable())?)));
        set.map(|(key, value)| {
            // The key is sent in a header.
            if value.bytes().all(|byte| byte.is_ascii_graphic()) {
                Ok((key, SecretString::from(value)))
            } else {
                Err(problem(key.variable(), "must have only letters, digits and symbols, without spaces"))
            }
        })
        .collect()
    }

    fn optional_url(&self, variable: &str) -> Result<Option<Url>, ConfigError> {
        self.set(variable).map(|value| web_url(variable, &value)).transpose()
    }
}

fn between<T: FromStr + PartialOrd + Display>(
    variable: &str,
    value: &str,
    least: T,
    most: T,
) -> Result<T, ConfigError> {
    let number = value.parse().ok().filter(|number| (&least..=&most).contains(&number));
    number.ok_or_else(|| problem(variable, format!("must be a number from {least} to {most}, not {value:?}")))
}

/// Up to thirty days.
fn seconds(variable: &str, value: &str) -> Result<Duration, ConfigError> {
    between(variable, value, 1, 2_592_000).map(Duration::from_secs)
}

fn web_url(variable: &str, value: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
    // The error doesn't repeat the address, because it may contain a key.
    url.ok_or_else(|| problem(variable, "must be an http or https address without a query"))
}

fn problem(variable: &str, problem: impl Into<String>) -> ConfigError {
    ConfigError { variable: variable.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        Config::read(|name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = read(&[]).unwrap();
        assert_eq!(config.prices[Endpoint::PostStats], MicroDollars(1000));
        assert!(config.providers.keys.is_empty() && !config.providers.keyless);
    }

    #[test]
    fn a_blank_variable_is_not_set() {
        assert!(read(&[("RAPIDAPI_KEY", " "), ("PRICE_POST_STATS", "")]).is_ok());
    }

    #[rstest]
    #[case("PRICE_POST_STATS", "-1")]
    #[case("PRICE_POST_STATS", "free")]
    #[case("RAPIDAPI_KEY", "two words")]
    #[case("KEYLESS_PROVIDERS", "yes")]
    #[case("TIKWM_BASE_URL", "tikwm.com")]
    #[case("TIKTOK_API23_BASE_URL", "ftp://example.com")]
    #[case("SHORT_LINK_BASE_URL", "localhost")]
    #[case("FRESH_LINKEDIN_PROFILE_DATA_BASE_URL", "there")]
    #[case("PROVIDER_ORDER_TIKTOK_POST_STATS", "tikwm,tiktok-api24")]
    #[case("PROVIDER_ORDER_TIKTOK_POST_STATS", "hikerapi")]
    #[case("PROVIDER_ORDER_TWITTER_POST_STATS", "x-api,x-api")]
    #[case("PROVIDER_ORDER_LINKEDIN_POST_STATS", ",")]
    #[case("X_BEARER_TOKEN", "a b")]
    #[case("ACCOUNTS_TABLE", "a b")]
    #[case("PROVIDER_TIMEOUT_MS", "0")]
    #[case("PROVIDER_TIMEOUT_MS", "8s")]
    #[case("PROVIDER_HEDGE_MS", "9000")]
    #[case("PROVIDERS_DEADLINE_MS", "29000")]
    #[case("SETTLE_WITHIN_MS", "31000")]
    #[case("DYNAMODB_ATTEMPT_TIMEOUT_MS", "4000")]
    #[case("HOLD_SECONDS", "38")]
    #[case("FREE_MISSES_PER_DAY", "-5")]
    #[case("FREE_MISSES_PER_DAY", "0")]
    #[case("CACHE_POST_STATS_SECONDS", "9999999999")]
    fn an_invalid_value_is_refused_with_the_name_of_the_variable(#[case] variable: &str, #[case] value: &str) {
        let error = read(&[(variable, value)]).unwrap_err();
        assert!(error.to_string().starts_with(variable), "{error}");
    }

    #[test]
    fn an_order_names_the_providers_to_ask() {
        let config = read(&[("PROVIDER_ORDER_FACEBOOK_POST_STATS", " scrapecreators , facebook-scraper3")]).unwrap();
        let order = &config.providers.orders[&(Platform::Facebook, Operation::PostStats)];
        assert_eq!(order, &["scrapecreators", "facebook-scraper3"]);
    }

    #[test]
    fn the_debug_form_hides_the_keys() {
        let config = read(&[("RAPIDAPI_KEY", "s3cret-value")]).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
