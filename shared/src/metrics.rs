//! Metrics in CloudWatch's embedded metric format: CloudWatch creates metrics from lines of the
//! log.
//!
//! Each request writes a record by endpoint and in total. Each attempt at a provider writes another
//! one, by provider and in total.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use metrique_writer::format::Format;
use metrique_writer::unit::{AsCount, AsMilliseconds, AsNone};
use metrique_writer::{Entry, EntryWriter};
use metrique_writer_format_emf::Emf;

use crate::money::MicroDollars;
use crate::provider::Attempt;

/// The destination of metrics.
pub struct Metrics(Option<Mutex<Records>>);

struct Records {
    requests: Emf,
    attempts: Emf,
    output: Box<dyn Write + Send>,
}

/// The metrics of a request.
pub struct RequestMetrics<'a> {
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// Whether the caller requested this error from the sandbox.
    pub is_provoked: bool,
    /// Whether all providers failed.
    pub is_upstream_failure: bool,
    /// Whether the answer came from the cache.
    pub is_cached: bool,
    /// The charge for its answer.
    pub charge: MicroDollars,
    /// The time from its arrival to its answer.
    pub duration: Duration,
}

impl Metrics {
    /// No metrics: for a local server, the log is enough.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Metrics of this namespace as lines of `output`.
    #[must_use]
    pub fn to(namespace: &str, output: impl Write + Send + 'static) -> Self {
        let by = |dimension: &str| Emf::builder(namespace.to_owned(), vec![vec![dimension.to_owned()], vec![]]).build();
        let records = Records { requests: by("Endpoint"), attempts: by("Provider"), output: Box::new(output) };
        Self(Some(Mutex::new(records)))
    }

    /// Counts a request and its attempts. A line that can't be written is lost, because no answer
    /// waits for metrics.
    pub fn count(&self, request: &RequestMetrics<'_>, attempts: &[Attempt]) {
        let Some(Ok(mut records)) = self.0.as_ref().map(Mutex::lock) else { return };
        let Records { requests, attempts: by_provider, output } = &mut *records;
        let _ = requests.format(request, output);
        for attempt in attempts.iter().filter(|attempt| attempt.was_asked()) {
            let _ = by_provider.format(attempt, output);
        }
        let _ = output.flush();
    }
}

impl Entry for RequestMetrics<'_> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let count = |counts: bool| AsCount::from(u64::from(counts));
        writer.timestamp(SystemTime::now());
        writer.value("Endpoint", self.endpoint);
        writer.value("Requests", &count(true));
        writer.value("ClientErrors", &count((400..500).contains(&self.status)));
        writer.value("ServerErrors", &count(self.status >= 500 && !self.is_provoked));
        // The gateway counts them as its own 5xx; the alarm subtracts them.
        writer.value("ProvokedErrors", &count(self.status >= 500 && self.is_provoked));
        writer.value("UpstreamFailed", &count(self.is_upstream_failure && !self.is_provoked));
        writer.value("CacheHits", &count(self.is_cached));
        writer.value("Charge", &AsNone::from(self.charge.to_string().parse::<f64>().unwrap_or_default()));
        writer.value("Duration", &AsMilliseconds::from(self.duration));
    }
}

impl Entry for Attempt {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        let count = |counts: bool| AsCount::from(u64::from(counts));
        writer.timestamp(SystemTime::now());
        writer.value("Provider", self.provider);
        writer.value("Attempts", &count(true));
        writer.value("Answers", &count(self.failure.is_none()));
        writer.value("OperatorMustAct", &count(self.must_act()));
        writer.value("AttemptDuration", &AsMilliseconds::from(self.duration));
    }
}
