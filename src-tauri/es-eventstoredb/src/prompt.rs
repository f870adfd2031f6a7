//! Requests that leave at once.
//!
//! The client library leaves Nagle's algorithm on: the second packet of each request waits for the first one's acknowledgement,
//! which the other side delays, so that every call takes 40 ms however near the server is. It neither offers the option nor its
//! sockets. The kernel gives a process a second descriptor of its own sockets, on which the option can be set for both. Where
//! that is not possible (another system, a sandbox) calls are slower, and nothing else.

/// Sets the option on all connections of this process to one of these ports. Returns how many there are.
#[cfg(target_os = "linux")]
pub(crate) fn send_at_once(ports: &[u16]) -> usize {
    use rustix::net::sockopt::set_tcp_nodelay;

    let connections = own_connections(ports);
    connections.iter().filter(|connection| set_tcp_nodelay(connection, true).is_ok()).count()
}

/// Elsewhere nothing is done.
#[cfg(not(target_os = "linux"))]
pub(crate) fn send_at_once(_ports: &[u16]) -> usize {
    0
}

/// Descriptors of the connections of this process to one of these ports.
#[cfg(target_os = "linux")]
fn own_connections(ports: &[u16]) -> Vec<std::os::fd::OwnedFd> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    let (Ok(own), Ok(listed)) = (pidfd_open(getpid(), PidfdFlags::empty()), std::fs::read_dir("/proc/self/fd")) else {
        return Vec::new();
    };
    let sockets = listed.flatten().filter(|entry| {
        let target = std::fs::read_link(entry.path());
        target.is_ok_and(|target| target.as_os_str().as_encoded_bytes().starts_with(b"socket:"))
    });
    let numbers = sockets.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that was closed meanwhile is not there any more, or is another one, which is then looked at itself.
    let second = numbers.filter_map(|number| pidfd_getfd(&own, number, PidfdGetfdFlags::empty()).ok());
    second.filter(|socket| peer_port(socket).is_some_and(|port| ports.contains(&port))).collect()
}

#[cfg(target_os = "linux")]
fn peer_port(socket: &std::os::fd::OwnedFd) -> Option<u16> {
    let peer = rustix::net::getpeername(socket).ok()??;
    std::net::SocketAddr::try_from(peer).ok().map(|peer| peer.port())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_option_is_set_on_connections_to_the_server_and_on_no_others() {
        let [server, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let to =
            |listener: &TcpListener| TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
        let (ours, another) = (to(&server), to(&other));
        assert!(!ours.nodelay().expect("the option"), "off by default");
        let port = server.local_addr().expect("an address").port();
        assert_eq!(send_at_once(&[port]), 1, "one connection goes there");
        assert!(ours.nodelay().expect("the option"), "set through the second descriptor");
        assert!(!another.nodelay().expect("the option"), "another connection is left alone");
    }
}
