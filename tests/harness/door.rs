//! An address whose server is faulty at first: it refuses connections, breaks them, or sends bytes
//! that aren't HTTP, until its door is opened.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpSocket, TcpStream};

/// The fate of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Shut {
    /// It is refused: no server listens.
    Refuses,
    /// It is reset when something was sent.
    Resets,
    /// It is closed after these bytes.
    Says(&'static [u8]),
}

/// The address.
pub struct Door {
    address: SocketAddr,
    /// The socket while no server listens.
    socket: Mutex<Option<TcpSocket>>,
    to: Arc<OnceLock<String>>,
    shut: Shut,
}

impl Door {
    /// A shut one.
    #[must_use]
    pub fn new(shut: Shut) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let address = socket.local_addr().expect("an address");
        let door = Self { address, socket: Mutex::new(Some(socket)), to: Arc::default(), shut };
        if !matches!(shut, Shut::Refuses) {
            door.listen();
        }
        door
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it leads to the server at this address.
    pub fn open(&self, url: &str) {
        let address = url.strip_prefix("http://").expect("a plain address");
        self.to.set(address.to_owned()).expect("it is opened once");
        self.listen();
    }

    fn listen(&self) {
        let Some(socket) = self.socket.lock().expect("no test panics in between").take() else { return };
        let listener = socket.listen(1024).expect("nobody else listens");
        let (to, shut) = (Arc::clone(&self.to), self.shut);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, to.get().cloned(), shut));
            }
        });
    }
}

async fn answer(mut stream: TcpStream, to: Option<String>, shut: Shut) -> std::io::Result<()> {
    if let Some(to) = to {
        copy_bidirectional(&mut stream, &mut TcpStream::connect(to).await?).await?;
        return Ok(());
    }
    let _ = stream.read(&mut [0; 4096]).await;
    match shut {
        Shut::Says(bytes) => stream.write_all(bytes).await,
        // Closing with nothing to wait for sends a reset.
        Shut::Resets | Shut::Refuses => stream.set_zero_linger(),
    }
}
