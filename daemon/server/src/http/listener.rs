//! The listener of the http door: TLS over TCP, HTTP/2 and HTTP/1.1, with bounds on what somebody can hold open who says nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::gate::OtherEnd;
use crate::house::House;

/// Connections at once; who comes later waits in the system's queue.
const CONNECTIONS: usize = 1_024;
/// Handshakes at once: each costs a signature, and what waits costs nothing.
const HANDSHAKES: usize = 64;
/// Longest time for a handshake, and for the head of a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest head of a request (bytes).
const HEAD_BYTES: usize = 16 * 1024;
/// Streams of one HTTP/2 connection at once.
const STREAMS: u32 = 64;
/// Pause after the system had no connection to give, such as for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);
/// How long open requests may take when the daemon stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A bound port that nobody is served on yet.
pub(crate) struct WebListener {
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl WebListener {
    /// Listens at `address`.
    ///
    /// # Errors
    /// What the system says, such as that the port is taken.
    pub(crate) async fn bind(address: SocketAddr, config: Arc<ServerConfig>) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, tls: TlsAcceptor::from(config) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves `router` until the house stops.
    pub(crate) async fn serve(self, house: House, router: Router) {
        let (connections, handshakes) = (Arc::new(Semaphore::new(CONNECTIONS)), Arc::new(Semaphore::new(HANDSHAKES)));
        let graceful = Arc::new(GracefulShutdown::new());
        let mut server = Builder::new(TokioExecutor::new());
        server.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEAD_BYTES);
        server.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_header_list_size(HEAD_BYTES as u32);
        server.http2().keep_alive_interval(Some(Duration::from_secs(30))).keep_alive_timeout(PATIENCE);
        let server = Arc::new(server);
        loop {
            let Ok(place) = Arc::clone(&connections).acquire_owned().await else { break };
            let (stream, other_end) = tokio::select! {
                () = house.stopped() => break,
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "the http door could not take a connection");
                        tokio::time::sleep(BREATH).await;
                        continue;
                    }
                },
            };
            let (tls, handshakes) = (self.tls.clone(), Arc::clone(&handshakes));
            let (server, router, watcher) = (Arc::clone(&server), router.clone(), graceful.watcher());
            tokio::spawn(async move {
                let _place: OwnedSemaphorePermit = place;
                let Some(stream) = shake_hands(stream, &tls, &handshakes).await else { return };
                let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(OtherEnd(other_end.ip()));
                    router.clone().oneshot(request)
                });
                let connection = server.serve_connection(TokioIo::new(stream), service);
                // The other end went away, or spoke something else: nobody is left to be told.
                let _ = watcher.watch(connection).await;
            });
        }
        drop(self.listener);
        if let Ok(graceful) = Arc::try_unwrap(graceful).map_err(drop) {
            let _ = tokio::time::timeout(LAST_WORDS, graceful.shutdown()).await;
        }
    }
}

/// TLS on a new connection; `None` when the other end did not manage in time.
async fn shake_hands(stream: TcpStream, tls: &TlsAcceptor, turns: &Semaphore) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    // Small answers are sent at once; that it can't be set changes nothing else.
    let _ = stream.set_nodelay(true);
    let shake = async {
        let _turn = turns.acquire().await.ok()?;
        tls.accept(stream).await.ok()
    };
    tokio::time::timeout(PATIENCE, shake).await.ok().flatten()
}
