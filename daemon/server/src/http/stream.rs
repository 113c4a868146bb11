//! Answers that go on: parts that a task sends one after the other, as the body of an answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// Parts that wait for a slow reader.
const PARTS_WAITING: usize = 4;

/// Where the parts go in. An error breaks the answer off, so that the reader does not take it for whole.
pub(super) type Parts = mpsc::Sender<Result<Bytes, io::Error>>;

/// An answer of this media type, and where its parts go in.
pub(super) fn answer(media_type: &'static str) -> (Parts, Response) {
    let (sender, receiver) = mpsc::channel(PARTS_WAITING);
    (sender, ([(header::CONTENT_TYPE, media_type)], Body::new(Received(receiver))).into_response())
}

/// The receiving end of a channel as a body.
struct Received(mpsc::Receiver<Result<Bytes, io::Error>>);

impl HttpBody for Received {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}
