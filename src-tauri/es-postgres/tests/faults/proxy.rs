//! A way to the server that can be cut at a chosen request.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Where the connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server gets the request; its answer is lost.
    BehindTheRequest,
    /// The same, and nobody gets through any more.
    BehindTheRequestForGood,
    /// The server never gets the request.
    BeforeTheRequest,
}

#[derive(Default)]
struct State {
    armed: Option<(Cut, String)>,
    cut: bool,
    closed: bool,
}

/// The way.
pub struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Opens a way to a port of this machine.
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.lock().closed {
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", to)).await.expect("the server");
                connect(client, server, &shared);
            }
        });
        Self { port, state }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the connection at the next request that holds a text.
    pub fn arm(&self, cut: Cut, text: &str) {
        self.state.lock().armed = Some((cut, text.to_owned()));
    }

    pub fn has_cut(&self) -> bool {
        self.state.lock().cut
    }

    /// Lets everybody through again.
    pub fn let_through(&self) {
        self.state.lock().closed = false;
    }
}

fn connect(client: TcpStream, server: TcpStream, state: &Arc<Mutex<State>>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let over = CancellationToken::new();
    tokio::spawn(requests(from_client, to_server, Arc::clone(state), over.clone()));
    tokio::spawn(answers(from_server, to_client, over));
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<Mutex<State>>, over: CancellationToken) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let cut = {
            let mut state = state.lock();
            let holds = |text: &str| buffer[..count].windows(text.len()).any(|part| part == text.as_bytes());
            let cut = state.armed.take_if(|(_, text)| holds(text)).map(|(cut, _)| cut);
            state.cut |= cut.is_some();
            state.closed |= cut == Some(Cut::BehindTheRequestForGood);
            cut
        };
        match cut {
            None => {}
            Some(Cut::BeforeTheRequest) => break,
            Some(_) => {
                // First the answer's way, so that nothing of it comes through.
                over.cancel();
                to.write_all(&buffer[..count]).await.expect("the server takes it");
                // The server carries it out before it notices that nobody is there any more.
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                break;
            }
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    over.cancel();
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, over: CancellationToken) {
    let copied = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            // The server may be faster than this task is told: what it answers behind a cut does not come through.
            if over.is_cancelled() || to.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = copied => {}
        () = over.cancelled() => {}
    }
}
