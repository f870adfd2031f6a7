//! The port, and connections that can be frozen and cut.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak, mpsc as blocking};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tonic::transport::server::Connected;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 256;

/// A loopback port that stays this server's own, whether or not it listens.
pub(super) struct Network {
    runtime: Handle,
    address: SocketAddr,
    /// Bound, but never listening: nobody else gets the port while the server refuses connections.
    _reserved: TcpSocket,
    listening: Mutex<Option<Listening>>,
    accepted: mpsc::UnboundedSender<io::Result<Connection>>,
    connections: Arc<Mutex<Vec<Weak<Wire>>>>,
    frozen: watch::Receiver<bool>,
}

struct Listening {
    /// Dropped to end the listening.
    _until: oneshot::Sender<()>,
    /// Disconnected as soon as the port is closed.
    closed: blocking::Receiver<()>,
}

/// The listener, and a sign of life that is dropped after it.
struct Port {
    listener: TcpListener,
    _open: blocking::Sender<()>,
}

impl Port {
    /// Hands on connections until told to stop, and then those which the kernel has already promised to clients:
    /// to close the port would cut them.
    async fn serve(self, mut stop: oneshot::Receiver<()>, hand_on: impl Fn(TcpStream)) -> io::Result<()> {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => hand_on(accepted?.0),
                _ = &mut stop => break,
            }
        }
        // Asked of the kernel itself; the runtime may not have heard of them yet.
        let listener = self.listener.into_std()?;
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true)?;
            hand_on(TcpStream::from_std(stream)?);
        }
        Ok(())
    }
}

impl Network {
    /// Reserves a free port. Connections that are accepted come out of the receiver.
    pub fn reserve(
        runtime: Handle,
        frozen: watch::Receiver<bool>,
    ) -> io::Result<(Self, mpsc::UnboundedReceiver<io::Result<Connection>>)> {
        let reserved = bound((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = reserved.local_addr()?;
        let (accepted, connections) = mpsc::unbounded_channel();
        let network = Self {
            runtime,
            address,
            _reserved: reserved,
            listening: Mutex::new(None),
            accepted,
            connections: Arc::default(),
            frozen,
        };
        Ok((network, connections))
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections from now on.
    pub fn open(&self) -> io::Result<()> {
        let mut listening = self.listening.lock().unwrap();
        if listening.is_some() {
            return Ok(());
        }
        let _context = self.runtime.enter();
        let listener = bound(self.address)?.listen(BACKLOG)?;
        let (until, stop) = oneshot::channel();
        let (open, closed) = blocking::channel();
        let port = Port { listener, _open: open };
        let (accepted, connections, frozen) = (self.accepted.clone(), self.connections.clone(), self.frozen.clone());
        self.runtime.spawn(port.serve(stop, move |stream| {
            if let Ok(connection) = Connection::new(stream, frozen.clone()) {
                let mut connections = connections.lock().unwrap();
                connections.retain(|wire| wire.strong_count() > 0);
                connections.push(Arc::downgrade(&connection.wire));
                // The receiver ends with the server.
                let _ = accepted.send(Ok(connection));
            }
        }));
        *listening = Some(Listening { _until: until, closed });
        Ok(())
    }

    /// Refuses connections from now on; those that exist go on.
    pub fn close(&self) {
        if let Some(Listening { _until: until, closed }) = self.listening.lock().unwrap().take() {
            drop(until);
            // Nothing is ever sent: this waits for the port to be closed.
            let _ = closed.recv();
        }
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        for wire in self.connections.lock().unwrap().drain(..).filter_map(|wire| wire.upgrade()) {
            wire.cut();
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// A second hold on a connection, to cut it.
#[derive(Debug)]
pub(super) struct Wire(std::net::TcpStream);

impl Wire {
    /// Ends the connection in both directions.
    pub fn cut(&self) {
        // It may have ended already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// What a request knows of its connection.
#[derive(Debug, Clone)]
pub(super) struct ConnectionInfo {
    /// To cut it.
    pub wire: Arc<Wire>,
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that says and hears nothing while the server is frozen.
pub(super) struct Connection {
    stream: TcpStream,
    wire: Arc<Wire>,
    frozen: watch::Receiver<bool>,
    reading: Option<Waiting>,
    writing: Option<Waiting>,
}

impl Connection {
    fn new(stream: TcpStream, frozen: watch::Receiver<bool>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let stream = stream.into_std()?;
        let wire = Arc::new(Wire(stream.try_clone()?));
        Ok(Self { stream: TcpStream::from_std(stream)?, wire, frozen, reading: None, writing: None })
    }
}

/// Ready unless the server is frozen; wakes when it thaws.
fn poll_thawed(frozen: &watch::Receiver<bool>, waiting: &mut Option<Waiting>, context: &mut Context<'_>) -> Poll<()> {
    loop {
        if let Some(wait) = waiting {
            std::task::ready!(wait.as_mut().poll(context));
            *waiting = None;
        }
        if !*frozen.borrow() {
            return Poll::Ready(());
        }
        let mut frozen = frozen.clone();
        *waiting = Some(Box::pin(async move {
            // An error means that the server is gone.
            let _ = frozen.wait_for(|frozen| !frozen).await;
        }));
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        std::task::ready!(poll_thawed(&this.frozen, &mut this.reading, context));
        Pin::new(&mut this.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        std::task::ready!(poll_thawed(&this.frozen, &mut this.writing, context));
        Pin::new(&mut this.stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        std::task::ready!(poll_thawed(&this.frozen, &mut this.writing, context));
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        ConnectionInfo { wire: self.wire.clone() }
    }
}
