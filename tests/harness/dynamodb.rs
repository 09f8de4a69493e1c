//! Stands between the SDK and the engine: it counts, and plays the worst that networks and DynamoDB
//! do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use ct::engine::TARGET;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, OwnedMutexGuard};
use tokio::time::sleep;

use super::store::{self, Store};

tokio::task_local! {
    /// The number of the request that a test's task works on.
    pub static SENDER: usize;
}

/// One call of the SDK.
pub struct Call {
    /// Like `UpdateItem`.
    pub operation: String,
    /// Its JSON.
    pub body: Value,
    /// The request that it is part of, where it comes from a task with one.
    pub sender: Option<usize>,
}

impl Call {
    /// Whether it stores an outcome for those who wait for it.
    #[must_use]
    pub fn fills(&self) -> bool {
        self.operation == "PutItem" && self.body["Item"].get("filled_by").is_some()
    }

    /// Whether it is about the shared health, which is read and written beside requests.
    #[must_use]
    pub fn is_of_health(&self) -> bool {
        self.body["Key"]["pk"]["S"].as_str().is_some_and(|key| key.starts_with("health#"))
    }

    /// Whether its update expression has this text in it.
    #[must_use]
    pub fn updates(&self, text: &str) -> bool {
        self.body["UpdateExpression"].as_str().is_some_and(|expression| expression.contains(text))
    }
}

/// The fate of a call.
pub enum Fate {
    /// The engine answers it.
    Pass,
    /// The engine does it, and the answer is lost.
    LoseAnswer,
    /// The connection breaks before the engine sees it.
    Break,
    /// Another answer comes instead: a status and an exception's name.
    Refuse(u16, &'static str),
    /// All keys of a read of many come back unread.
    LeaveOut,
    /// The engine never sees it, and nobody answers.
    Silence,
    /// It waits for others before the engine sees it.
    Meet(Arc<Barrier>),
    /// It waits for others to come, and for what they do then.
    MeetTwice(Arc<Barrier>),
    /// A transaction is cancelled because it met another.
    CancelTransaction,
    /// The connection breaks, but the engine sees it later, when the others have come.
    ArriveLate(Arc<Barrier>),
    /// It is on its way for so long, and its answer too, whether anybody still waits or not.
    Slow(Duration, Duration),
}

type Script = Box<dyn FnMut(&Call) -> Fate + Send>;
type Watch = Box<dyn FnMut(&Call, &Response<Bytes>) + Send>;

/// The stand-in.
#[derive(Clone)]
pub struct StandIn {
    endpoint: String,
    engine: Store,
    state: Arc<Mutex<State>>,
    /// The engine's answers are watched in the order in which it gives them.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandIn")
    }
}

struct State {
    script: Script,
    watch: Watch,
    calls: Vec<String>,
}

impl StandIn {
    /// Passes everything on to this engine, from a port and from [`Self::http_client`].
    pub async fn start(engine: Store) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State { script: Box::new(|_| Fate::Pass), watch: Box::new(|_, _| ()), calls: Vec::new() };
        let stand_in = Self { endpoint, engine, state: Arc::new(Mutex::new(state)), turn: Arc::default() };
        let shared = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stand_in = shared.clone();
                let service = service_fn(move |request| received(stand_in.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        stand_in
    }

    /// The HTTP client for the SDK, without a port: for virtual time, in which a network can't
    /// work.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        store::http_client(self.clone())
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// From now on, this decides on each call.
    pub fn script(&self, script: impl FnMut(&Call) -> Fate + Send + 'static) {
        self.state().script = Box::new(script);
    }

    /// From now on, this sees each call that the engine answered, and the answer, in the engine's
    /// order.
    pub fn watch(&self, watch: impl FnMut(&Call, &Response<Bytes>) + Send + 'static) {
        self.state().watch = Box::new(watch);
    }

    /// The calls since the last time this was asked.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// The engine's answer, without the script and uncounted.
    pub async fn ask(&self, operation: &str, body: &Value) -> Value {
        let answer = self.engine.answer(format!("DynamoDB_20120810.{operation}"), body.to_string().into()).await;
        serde_json::from_slice(answer.body()).expect("JSON")
    }

    /// Nothing reaches the engine as long as this is kept.
    pub async fn still(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, target: String, body: Bytes) -> Result<Response<Bytes>, Lost> {
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let sender = SENDER.try_get().ok();
        let call = Call { operation, body: serde_json::from_slice(&body).unwrap_or_default(), sender };
        let fate = {
            let mut state = self.state();
            state.calls.push(call.operation.clone());
            (state.script)(&call)
        };
        let keys = call.body["RequestItems"].clone();
        let performed = self.clone().perform(call, target, body);
        match fate {
            Fate::Pass => tokio::spawn(performed).await.map_err(|_| Lost),
            Fate::LoseAnswer => {
                let _ = tokio::spawn(performed).await;
                Err(Lost)
            }
            Fate::Break => Err(Lost),
            Fate::Refuse(status, exception) => Ok(refusal(status, exception, &Value::Null)),
            Fate::LeaveOut => {
                let body = serde_json::json!({ "Responses": {}, "UnprocessedKeys": keys });
                Ok(json(200, body.to_string()))
            }
            Fate::Silence => std::future::pending().await,
            Fate::Meet(barrier) => {
                barrier.wait().await;
                Ok(performed.await)
            }
            Fate::MeetTwice(barrier) => {
                barrier.wait().await;
                barrier.wait().await;
                Ok(performed.await)
            }
            Fate::CancelTransaction => {
                let reasons = serde_json::json!([{"Code": "None"}, {"Code": "TransactionConflict"}]);
                Ok(refusal(400, "TransactionCanceledException", &reasons))
            }
            Fate::ArriveLate(barrier) => {
                tokio::spawn(async move {
                    barrier.wait().await;
                    performed.await;
                    barrier.wait().await;
                });
                Err(Lost)
            }
            Fate::Slow(there, back) => {
                let arrived = tokio::spawn(async move {
                    sleep(there).await;
                    performed.await
                });
                let answer = arrived.await.map_err(|_| Lost)?;
                sleep(back).await;
                Ok(answer)
            }
        }
    }

    async fn perform(self, call: Call, target: String, body: Bytes) -> Response<Bytes> {
        let _turn = self.turn.lock().await;
        let answer = self.engine.answer(target, body).await;
        (self.state().watch)(&call, &answer);
        answer
    }
}

/// Answers a call that came over the port.
async fn received(stand_in: StandIn, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Lost> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Lost)?.to_bytes();
    let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default().to_owned();
    stand_in.answer(target, body).await.map(|answer| answer.map(Full::new))
}

impl HttpConnector for StandIn {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let stand_in = self.clone();
        HttpConnectorFuture::new(async move {
            let (target, body) = store::opened(&request);
            store::closed(stand_in.answer(target, body).await.map_err(|lost| ConnectorError::io(lost.into()))?)
        })
    }
}

fn refusal(status: u16, exception: &str, reasons: &Value) -> Response<Bytes> {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{exception}");
    let body =
        serde_json::json!({ "__type": kind, "message": "as scripted", "CancellationReasons": reasons }).to_string();
    json(status, body)
}

fn json(status: u16, body: String) -> Response<Bytes> {
    let mut response = Response::new(body.into());
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
