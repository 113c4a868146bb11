//! Tests of the whole crate: golden bytes, a second codec, the laws of links, and every fault a peer can cause.

mod chains;
mod codec;
mod differential;
mod digests;
mod golden;
mod links;
mod messages;
mod misbehaviour;
mod rules;
mod samples;
mod statements;
mod strategies;
