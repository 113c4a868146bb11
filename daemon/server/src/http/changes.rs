//! Server-sent events that name what kind of thing has changed: never which one, and nothing of what it says.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Bytes;
use interoffice_core::store::Ring;

use super::gate::{self, Caller};
use super::stream::Parts;
use crate::bell::{Heard, Listener};
use crate::house::House;

/// How often a quiet stream says that it is there, so that a connection that broke is noticed on both ends, and looks whether its
/// session goes on.
const BEAT: Duration = Duration::from_secs(15);
/// Rings that are close together are told as one.
const BREATH: Duration = Duration::from_millis(100);

/// The kind of thing that a ring is about.
fn kind(ring: &Ring) -> &'static str {
    match ring {
        Ring::Peer(_) => "peers",
        Ring::Link(_) | Ring::Delivered(_) | Ring::Copies(_) | Ring::Removal(_) => "links",
        Ring::Requests => "requests",
        Ring::Mail => "mails",
        Ring::Audit => "office",
    }
}

fn kinds(heard: &Heard) -> BTreeSet<&'static str> {
    match heard {
        Heard::Some(rings) => rings.iter().map(kind).collect(),
        Heard::Everything => ["peers", "links", "requests", "mails", "office"].into(),
    }
}

/// Tells what changes until nobody listens, the session ends or the house stops.
pub(super) async fn tell(house: House, caller: Caller, mut bell: Listener, sender: Parts) {
    if sender.send(Ok(Bytes::from_static(b"retry: 3000\n\n"))).await.is_err() {
        return;
    }
    loop {
        let heard = tokio::select! {
            () = house.stopped() => return,
            () = sender.closed() => return,
            heard = tokio::time::timeout(BEAT, bell.next()) => heard,
        };
        let part = match heard {
            Ok(Some(heard)) => {
                let mut changed = kinds(&heard);
                tokio::time::sleep(BREATH).await;
                while let Ok(Some(more)) = tokio::time::timeout(Duration::ZERO, bell.next()).await {
                    changed.extend(kinds(&more));
                }
                let names: Vec<String> = changed.iter().map(|kind| format!("\"{kind}\"")).collect();
                format!("event: changed\ndata: {{\"changed\":[{}]}}\n\n", names.join(","))
            }
            Ok(None) => return,
            Err(_) => ": here\n\n".to_owned(),
        };
        if !gate::still_there(&house, &caller).await || sender.send(Ok(part.into())).await.is_err() {
            return;
        }
    }
}
