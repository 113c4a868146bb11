//! Honest offices at work while somebody else attacks: what they get done, what fails, and how long each piece of work took.
#![allow(clippy::disallowed_methods, reason = "how long work took is measured with the clock")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use interoffice_certs::OfficeKeys;
use interoffice_protocol::ids::{Nonce, OfficeId};
use interoffice_protocol::messages::{Message, Ping};

use crate::caller::Call;

/// Pause between two calls of one office.
const PAUSE: Duration = Duration::from_millis(50);

/// What was done, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// How long each call took: handshake, greetings, a question and its answer.
    pub times: Vec<Duration>,
    /// Why calls failed.
    pub failures: Vec<String>,
}

/// An office that calls another one again and again. It ends with [`Calls::end`].
pub struct Calls {
    over: Arc<AtomicBool>,
    running: JoinHandle<Served>,
}

impl Calls {
    /// Calls the office `to` at `address` with the keys of an office that it is paired with.
    pub fn start(keys: Arc<OfficeKeys>, address: SocketAddr, to: OfficeId) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let flag = over.clone();
        let running = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(call_on(&keys, address, to, &flag))
        });
        Self { over, running }
    }

    /// Ends the calls.
    pub fn end(self) -> Served {
        self.over.store(true, Ordering::Relaxed);
        self.running.join().expect("whoever calls goes on calling")
    }
}

async fn call_on(keys: &OfficeKeys, address: SocketAddr, to: OfficeId, over: &AtomicBool) -> Served {
    let mut served = Served::default();
    while !over.load(Ordering::Relaxed) {
        let started = Instant::now();
        match one_call(keys, address, to).await {
            Ok(()) => served.times.push(started.elapsed()),
            Err(why) => served.failures.push(why),
        }
        tokio::time::sleep(PAUSE).await;
    }
    served
}

async fn one_call(keys: &OfficeKeys, address: SocketAddr, to: OfficeId) -> Result<(), String> {
    let mut call = Call::try_greeted(keys, address, to).await?;
    call.send(Ping { nonce: Nonce([1; 16]), answer: false }).await;
    loop {
        match call.next().await {
            Some(Message::Ping(Ping { answer: true, .. })) => break,
            Some(_) => {}
            None => return Err(format!("closed before the answer: {:?}", call.connection.close_reason())),
        }
    }
    call.connection.close(0u32.into(), b"done");
    Ok(())
}
