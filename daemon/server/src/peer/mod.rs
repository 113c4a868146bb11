//! The peer door: QUIC to other offices. It greets, pairs, and keeps one session to each paired office; what is said in a session
//! is decided in core, here it is only carried.

mod control_in;
mod control_out;
mod courier;
mod data_command;
mod data_in;
mod data_out;
mod data_write;
mod dial_fault;
mod endpoint;
mod greeting;
mod health;
mod incoming;
mod pairing;
mod reach;
mod receive;
mod registry;
mod restraint;
#[cfg(test)]
mod restraint_tests;
mod session;
mod wire;
mod written;

use std::sync::Arc;
use std::time::Duration;

use interoffice_certs::Invite;
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::reach::Tried;
use interoffice_core::store::{Fault, audit};
use interoffice_protocol::ids::OfficeId;
use quinn::{Endpoint, VarInt};
use tokio::task::JoinHandle;

pub(crate) use endpoint::EndpointFault;
#[cfg(feature = "simulation")]
pub(crate) use {
    endpoint::{configs_over, widen},
    wire::{Broken, Read, Reader, send},
};

use crate::house::{House, Later, PeerHandle, PeerState, PingReport, Priority};
use health::Health;
use registry::{Registry, close};

/// How long a stop waits for the last packets.
const LAST_PACKETS: Duration = Duration::from_millis(500);

/// The door to other offices; clones are the same door.
#[derive(Clone)]
pub(crate) struct PeerDoor(Arc<Inner>);

struct Inner {
    house: House,
    endpoint: Endpoint,
    registry: Registry,
    health: Health,
    /// Held while this office calls itself.
    trying: tokio::sync::Mutex<()>,
}

impl PeerDoor {
    /// Opens the door where the settings say, and makes it known to the house. Must be called inside the runtime.
    pub(crate) fn open(house: &House) -> Result<Self, EndpointFault> {
        let listen = house.config().peer.listen;
        let endpoint = endpoint::bind(house.keys(), listen)?;
        house.set_listening(endpoint.local_addr().unwrap_or(listen));
        let door = Self::over(house, endpoint);
        house.set_peers(Arc::new(door.clone()));
        Ok(door)
    }

    /// The door over an endpoint that is open already; nobody in the house knows it yet.
    pub(crate) fn over(house: &House, endpoint: Endpoint) -> Self {
        let (registry, health) = (Registry::default(), Health::default());
        Self(Arc::new(Inner { house: house.clone(), endpoint, registry, health, trying: tokio::sync::Mutex::default() }))
    }

    /// Starts taking calls and calling; ends when the house stops.
    pub(crate) fn start(&self) -> JoinHandle<()> {
        let door = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = incoming::run(door.clone()) => {}
                () = courier::run_all(door.clone()) => {}
                () = door.house().stopped() => {}
            }
            door.0.registry.close_all();
            door.0.endpoint.close(VarInt::from_u32(close::STOPPING), b"the daemon stops");
            // A peer that does not hear of it finds out by itself.
            let _ = tokio::time::timeout(LAST_PACKETS, door.0.endpoint.wait_idle()).await;
        })
    }

    fn house(&self) -> &House {
        &self.0.house
    }

    fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    fn registry(&self) -> &Registry {
        &self.0.registry
    }

    fn health(&self) -> &Health {
        &self.0.health
    }

    /// Leaves a line in the audit about what `office` did; somebody must look at it.
    fn tell_admin(&self, office: OfficeId, words: &'static str) {
        let house = self.house().clone();
        tokio::spawn(async move {
            let written = house.write(Priority::Chores, move |tx| {
                audit::done(tx, &Actor::Peer(office), "peer.misbehaved", &office.to_string(), words)?;
                Ok(())
            });
            if let Err(fault) = written.await {
                tracing::warn!(%office, %fault, "a misbehaviour could not be written down");
            }
        });
    }
}

impl PeerHandle for PeerDoor {
    fn accept_invite(&self, invite: Invite) -> Later<'_, Result<OfficeId, Fault>> {
        Box::pin(self.pair_with(invite))
    }

    fn ping(&self, office: OfficeId) -> Later<'_, Result<PingReport, Fault>> {
        Box::pin(courier::ping(self, office))
    }

    fn try_own_addresses(&self) -> Later<'_, Result<Vec<Tried>, Fault>> {
        Box::pin(reach::try_own_addresses(self))
    }

    fn states(&self) -> Vec<PeerState> {
        self.0.health.all()
    }
}
