//! A stand-in between the SDK and the engine. It counts calls, and simulates the faults of networks
//! and DynamoDB.

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
    /// The number of the request that the present task works on.
    pub static SENDER: usize;
}

/// A call of the SDK.
pub struct Call {
    /// The operation, like `UpdateItem`.
    pub operation: String,
    /// The JSON body.
    pub body: Value,
    /// The number of the request that makes the call, if the task has one.
    pub sender: Option<usize>,
}

impl Call {
    /// Whether the call stores an outcome in the cache.
    #[must_use]
    pub fn fills(&self) -> bool {
        self.operation == "PutItem" && self.body["Item"].get("filled_by").is_some()
    }

    /// Whether the call reads or writes the shared health, which happens beside requests.
    #[must_use]
    pub fn is_of_health(&self) -> bool {
        self.body["Key"]["pk"]["S"].as_str().is_some_and(|key| key.starts_with("health#"))
    }

    /// Whether the call's update expression contains this string.
    #[must_use]
    pub fn updates(&self, text: &str) -> bool {
        self.body["UpdateExpression"].as_str().is_some_and(|expression| expression.contains(text))
    }
}

/// The result of a call: the engine's answer, or a fault.
pub enum Fate {
    /// The engine answers the call.
    Pass,
    /// The engine applies the call, but the answer is lost.
    LoseAnswer,
    /// The connection breaks before the engine sees the call.
    Break,
    /// The stand-in returns an error: a status and an exception's name.
    Refuse(u16, &'static str),
    /// A batch read returns all its keys as unprocessed.
    LeaveOut,
    /// The engine never sees the call, and the caller gets no answer.
    Silence,
    /// The call waits for other calls before the engine sees it.
    Meet(Arc<Barrier>),
    /// The call waits until other calls have arrived and finished.
    MeetTwice(Arc<Barrier>),
    /// A transaction is cancelled because of a conflict with another one.
    CancelTransaction,
    /// The connection breaks, but the engine sees the call later, when the others have arrived.
    ArriveLate(Arc<Barrier>),
    /// The call and its answer are delayed by these times, even if the caller no longer waits.
    Slow(Duration, Duration),
}

type Script = Box<dyn FnMut(&Call) -> Fate + Send>;
type Watch = Box<dyn FnMut(&Call, &Response<Bytes>) + Send>;

/// The stand-in for DynamoDB.
#[derive(Clone)]
pub struct StandIn {
    endpoint: String,
    engine: Store,
    state: Arc<Mutex<State>>,
    /// Held while the engine works, so that `watch` sees answers in the engine's order.
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
    /// Starts a stand-in that passes all calls to this engine, from a port and from
    /// [`Self::http_client`].
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

    /// The SDK's HTTP client without a network, for tests in virtual time.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        store::http_client(self.clone())
    }

    /// The stand-in's address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Decides the fate of each later call.
    pub fn script(&self, script: impl FnMut(&Call) -> Fate + Send + 'static) {
        self.state().script = Box::new(script);
    }

    /// Sees each later call that the engine answers, with the answer, in the engine's order.
    pub fn watch(&self, watch: impl FnMut(&Call, &Response<Bytes>) + Send + 'static) {
        self.state().watch = Box::new(watch);
    }

    /// The operations of the calls since the last time.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Asks the engine directly: the script doesn't see the call, and it isn't counted.
    pub async fn ask(&self, operation: &str, body: &Value) -> Value {
        let answer = self.engine.answer(format!("DynamoDB_20120810.{operation}"), body.to_string().into()).await;
        serde_json::from_slice(answer.body()).expect("JSON")
    }

    /// Stops all calls before the engine until the guard is dropped.
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

/// Answers a call from the port.
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
