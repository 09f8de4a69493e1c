//! The endpoints about the caller's own keys. A live key manages all of them, and a test key only
//! test keys. A key with limits manages none: admission refuses it.

use lambda_http::Request;

use super::own::own;
use super::{App, body, of_another_function};
use crate::account::{Account, ApiKey, KeyError, Made, Mode};
use crate::contract::{
    ApiError, Endpoint, ErrorCode, KeyCreated, KeyData, KeyDeleted, KeyList, KeyRotated, Reply, grace_of, key_of,
};

/// Answers a request to one of these endpoints.
pub async fn keys(app: &App, endpoint: Endpoint, request: &Request) -> Reply {
    match endpoint {
        Endpoint::Keys => own(app, endpoint, request, async |key, account| list(app, key, account).await).await,
        Endpoint::CreateKey => {
            own(app, endpoint, request, async |key, account| create(app, request, key, &account).await).await
        }
        Endpoint::DeleteKey => own(app, endpoint, request, async |key, _| delete(app, request, key).await).await,
        Endpoint::RotateKey => own(app, endpoint, request, async |key, _| rotate(app, request, key).await).await,
        other => of_another_function(app, other, request).await,
    }
}

async fn list(app: &App, key: &ApiKey, account: Account) -> Result<KeyList, ApiError> {
    if key.is_public() {
        return Ok(KeyList { keys: Vec::new() });
    }
    let keys = app.accounts.keys(key.account(), account).await?.into_iter();
    let modes = modes_of(key);
    let is_managed = |data: &str| modes.iter().any(|mode| data == <&str>::from(*mode));
    Ok(KeyList { keys: keys.filter(|view| is_managed(&view.key.mode)).map(KeyData::from).collect() })
}

async fn create(app: &App, request: &Request, key: &ApiKey, account: &Account) -> Result<KeyCreated, ApiError> {
    let record = account.keys.get(&key.id());
    let rate_limit = record.map(|record| record.rate_limit).ok_or_else(publicly_known)?;
    let wish = key_of(body(request), key.mode(), rate_limit, app.clock.now())?;
    if !modes_of(key).contains(&wish.mode) {
        let problem = "a test key can create only test keys; use a live key, or leave `mode` out";
        return Err(ApiError::new(ErrorCode::KeyNotAllowed, problem));
    }
    Ok(match app.accounts.create_key(key.account(), &wish).await? {
        Made::Now(key, view) => {
            KeyCreated { created: true, secret: Some(key.reveal().to_owned()), key: KeyData::from(*view) }
        }
        Made::Before(view) => KeyCreated { created: false, secret: None, key: KeyData::from(*view) },
    })
}

async fn delete(app: &App, request: &Request, key: &ApiKey) -> Result<KeyDeleted, ApiError> {
    let id = id_in(request, Endpoint::DeleteKey, key)?;
    app.accounts.delete_key(key.account(), &id, modes_of(key)).await?;
    Ok(KeyDeleted { id, deleted: true })
}

async fn rotate(app: &App, request: &Request, key: &ApiKey) -> Result<KeyRotated, ApiError> {
    let id = id_in(request, Endpoint::RotateKey, key)?;
    let grace = grace_of(body(request))?;
    let rotated = app.accounts.rotate_key(key.account(), &id, modes_of(key), grace).await?;
    Ok(KeyRotated {
        secret: rotated.key.reveal().to_owned(),
        key: KeyData::from(rotated.new),
        old: KeyData::from(rotated.old),
    })
}

/// The modes of the keys that this key can manage.
fn modes_of(key: &ApiKey) -> &'static [Mode] {
    match key.mode() {
        Mode::Live => &[Mode::Live, Mode::Test],
        Mode::Test => &[Mode::Test],
    }
}

/// The id in the path, if it can be one.
fn id_in(request: &Request, endpoint: Endpoint, key: &ApiKey) -> Result<String, ApiError> {
    if key.is_public() {
        return Err(publicly_known());
    }
    let path = request.uri().path();
    let id = endpoint.parameter(path.strip_suffix('/').unwrap_or(path)).unwrap_or_default();
    let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { Ok(id.to_ascii_lowercase()) } else { Err(KeyError::NoKey.into()) }
}

fn publicly_known() -> ApiError {
    ApiError::new(ErrorCode::KeyNotAllowed, "the public test key belongs to no account; use your own key")
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NoKey => {
                let problem = "your key manages no active key with this id; GET /v1/keys lists the keys";
                Self::new(ErrorCode::NotFound, problem)
            }
            KeyError::NameTaken => ErrorCode::NameTaken.into(),
            KeyError::TooManyKeys => ErrorCode::TooManyKeys.into(),
            KeyError::LastKey => ErrorCode::LastKey.into(),
            KeyError::AlreadyRotated { successor } => {
                let problem = format!("its successor {successor} is in use; rotate the successor");
                Self::new(ErrorCode::AlreadyRotated, problem)
            }
            KeyError::Storage(error) => error.into(),
        }
    }
}
