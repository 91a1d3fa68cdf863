//! The server: a socket on the loopback, until it is told to stop.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::{Site, router};

/// How often the server looks whether the archive should be closed.
const IDLE_CHECK: Duration = Duration::from_secs(5);

/// How often forgotten uploads are looked for, in idle checks; the first time at once.
const SWEEP_EACH: u32 = 60;

/// Open connections get so long to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Other machines could reach the address.
    #[error(
        "{0} can be reached from other machines; that takes accounts and TLS, which this version does not have"
    )]
    NotLoopback(IpAddr),
    /// The address cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The system refuses threads or sockets.
    #[error("the server cannot run")]
    Io(#[from] std::io::Error),
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    address: SocketAddr,
    site: Site,
}

impl Server {
    /// Takes an address. Port 0 takes any that is free.
    ///
    /// # Errors
    /// When others could reach the address, or it is taken.
    pub fn bind(site: Site, address: SocketAddr) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address.ip()));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .map_err(|source| ServeError::Listen { address, source })?;
        let address = listener.local_addr()?;
        Ok(Self {
            runtime,
            listener,
            address,
            site,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it serves.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// Answers until `stop` returns, which runs on a thread of its own.
    ///
    /// # Errors
    /// When the system takes the socket away.
    pub fn run(self, stop: impl FnOnce() + Send + 'static) -> Result<(), ServeError> {
        let Self {
            runtime,
            listener,
            site,
            ..
        } = self;
        let app = router(site.clone());
        let result = runtime.block_on(async move {
            tokio::spawn({
                let site = site.clone();
                async move {
                    for check in (0..SWEEP_EACH).cycle() {
                        if check == 0 {
                            // The next one tries again.
                            let _ = site
                                .blocking(|site| {
                                    site.sweep();
                                    Ok(())
                                })
                                .await;
                        }
                        tokio::time::sleep(IDLE_CHECK).await;
                        site.shut_when_idle();
                    }
                }
            });
            let (tell, told) = tokio::sync::oneshot::channel::<()>();
            std::thread::spawn(move || {
                stop();
                // Nobody listens any more when the server has ended by itself.
                let _ = tell.send(());
            });
            let (ending, ended) = tokio::sync::oneshot::channel::<()>();
            let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
                let _ = told.await;
                let _ = ending.send(());
            });
            tokio::select! {
                result = serving => result,
                () = async {
                    let _ = ended.await;
                    // Event streams never end by themselves.
                    tokio::time::sleep(FAREWELL).await;
                } => Ok(()),
            }
        });
        runtime.shutdown_timeout(FAREWELL);
        Ok(result?)
    }
}
