//! What stands between the SDK and the embedded engine: it counts, and does what networks and DynamoDB do at their worst.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use ct::engine::{Protocol, TARGET};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

/// One call of the SDK.
pub struct Call {
    /// Like `UpdateItem`.
    pub operation: String,
    /// Its JSON.
    pub body: Value,
}

impl Call {
    /// Whether its update expression has this text in it.
    #[must_use]
    pub fn updates(&self, text: &str) -> bool {
        self.body["UpdateExpression"].as_str().is_some_and(|expression| expression.contains(text))
    }
}

/// What becomes of a call.
pub enum Fate {
    /// The engine answers it.
    Pass,
    /// The engine does it, and the answer is lost.
    LoseAnswer,
    /// The connection breaks before the engine sees it.
    Break,
    /// Another answer comes instead: a status and an exception's name.
    Refuse(u16, &'static str),
    /// It waits for others before the engine sees it.
    Meet(Arc<Barrier>),
    /// It waits for others to come, and for what they do then.
    MeetTwice(Arc<Barrier>),
    /// A transaction is cancelled because it met another.
    CancelTransaction,
    /// The connection breaks, but the engine sees it later, when the others have come.
    ArriveLate(Arc<Barrier>),
}

type Script = Box<dyn FnMut(&Call) -> Fate + Send>;

/// The stand-in.
pub struct StandIn {
    endpoint: String,
    state: Arc<Mutex<State>>,
}

struct State {
    script: Script,
    calls: Vec<String>,
}

impl StandIn {
    /// Passes everything on to this engine.
    pub async fn start(engine: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State { script: Box::new(|_| Fate::Pass), calls: Vec::new() }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, engine) = (Arc::clone(&shared), engine.clone());
                let service = service_fn(move |request| answer(Arc::clone(&state), engine.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { endpoint, state }
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// From now on, this decides on each call.
    pub fn script(&self, script: impl FnMut(&Call) -> Fate + Send + 'static) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).script = Box::new(script);
    }

    /// The calls since the last time this was asked.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).calls)
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    engine: Protocol,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Lost> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Lost)?.to_bytes();
    let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default().to_owned();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let call = Call { operation: operation.clone(), body: serde_json::from_slice(&body).unwrap_or_default() };
    let fate = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.calls.push(operation);
        (state.script)(&call)
    };
    match fate {
        Fate::Break => return Err(Lost),
        Fate::Refuse(status, exception) => return Ok(refusal(status, exception, &Value::Null)),
        Fate::Meet(ref barrier) => {
            barrier.wait().await;
        }
        Fate::MeetTwice(ref barrier) => {
            barrier.wait().await;
            barrier.wait().await;
        }
        Fate::CancelTransaction => {
            let reasons = serde_json::json!([{"Code": "None"}, {"Code": "TransactionConflict"}]);
            return Ok(refusal(400, "TransactionCanceledException", &reasons));
        }
        Fate::ArriveLate(ref barrier) => {
            let barrier = Arc::clone(barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                engine.answer(target, body).await;
                barrier.wait().await;
            });
            return Err(Lost);
        }
        Fate::Pass | Fate::LoseAnswer => {}
    }
    let answer = engine.answer(target, body).await.map(Full::new);
    if matches!(fate, Fate::LoseAnswer) { Err(Lost) } else { Ok(answer) }
}

fn refusal(status: u16, exception: &str, reasons: &Value) -> Response<Full<Bytes>> {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{exception}");
    let body =
        serde_json::json!({ "__type": kind, "message": "as scripted", "CancellationReasons": reasons }).to_string();
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

/// Closes the connection without an answer.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("lost")
    }
}

impl std::error::Error for Lost {}
