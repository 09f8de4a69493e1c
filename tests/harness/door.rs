//! An address whose server is faulty until a test opens it: it refuses connections, breaks them, or
//! sends bytes that aren't HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpSocket, TcpStream};

/// The fault of connections before the test opens the address.
#[derive(Clone, Copy, Debug)]
pub enum Shut {
    /// The connection is refused: no server listens.
    Refuses,
    /// The connection is reset after the client has sent something.
    Resets,
    /// The connection is closed after these bytes.
    Says(&'static [u8]),
}

/// An address with a faulty server.
pub struct Door {
    address: SocketAddr,
    /// The bound socket, until a server listens on it.
    socket: Mutex<Option<TcpSocket>>,
    to: Arc<OnceLock<String>>,
    shut: Shut,
}

impl Door {
    /// A new address with this fault.
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

    /// The address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Passes all later connections to the server at this address.
    pub fn open(&self, url: &str) {
        let address = url.strip_prefix("http://").expect("a plain address");
        self.to.set(address.to_owned()).expect("it is opened once");
        self.listen();
    }

    fn listen(&self) {
        let Some(socket) = self.socket.lock().expect("no test panics in between").take() else { return };
        let listener = socket.listen(1024).expect("no other process listens");
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
        // A linger time of 0 makes the close send a reset.
        Shut::Resets | Shut::Refuses => stream.set_zero_linger(),
    }
}
