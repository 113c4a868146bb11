//! Bytes on the wire: the codec and the frame header. What the frames mean is in `messages` and `statement`.

pub mod codec;
pub mod frame;
