//! The one file that names the codec: bincode 2, standard configuration, always with a limit, every byte used.
//!
//! Without a limit a frame of nine bytes can make a decoder allocate until the process aborts; a decoder that accepts
//! trailing bytes gives one message many forms. Both are ruled out here. Types that travel are not recursive and have no
//! zero-sized elements.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::enc::EncoderImpl;
use bincode::enc::write::SizeWriter;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

use crate::limits::{CONTROL_FRAME_BYTES, DATA_FRAME_BYTES};

/// Bytes that are not the encoding of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The input ends too early, has an impossible value, or claims more than the limit.
    #[error("the bytes do not decode: {0}")]
    Invalid(String),
    /// The input goes on after the value.
    #[error("{0} bytes follow the value")]
    Trailing(usize),
}

type Config<const LIMIT: usize> = Configuration<LittleEndian, Varint, Limit<LIMIT>>;

fn config<const LIMIT: usize>() -> Config<LIMIT> {
    config::standard().with_limit::<LIMIT>()
}

/// The encoding of `value`.
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    // Encoding into memory fails only for types that refuse themselves, and none of ours does.
    bincode::encode_to_vec(value, config::standard()).unwrap_or_default()
}

/// Appends the encoding of `value` to `bytes`.
pub fn append<T: Encode>(value: &T, bytes: &mut Vec<u8>) {
    // Writing into memory can't fail either.
    let _ = bincode::encode_into_std_write(value, bytes, config::standard());
}

/// Whether the encoding of `value` finds room in so many bytes.
#[cfg(test)]
pub(crate) fn fits_into<T: Encode>(value: &T, room: usize) -> bool {
    bincode::encode_into_slice(value, &mut vec![0; room], config::standard()).is_ok()
}

/// How long the encoding of `value` is (bytes).
pub fn encoded_len<T: Encode>(value: &T) -> usize {
    let mut encoder = EncoderImpl::new(SizeWriter::default(), config::standard());
    // Counting fails as little as encoding into memory does.
    value.encode(&mut encoder).map_or(0, |()| encoder.into_writer().bytes_written)
}

/// The value in the body of a control frame, at most [`CONTROL_FRAME_BYTES`].
pub fn decode_control<T: Decode<()>>(bytes: &[u8]) -> Result<T, Malformed> {
    exactly::<T, CONTROL_FRAME_BYTES>(bytes)
}

/// The value in the body of a data frame, at most [`DATA_FRAME_BYTES`]; records kept in our own store are decoded with this too.
pub fn decode_data<T: Decode<()>>(bytes: &[u8]) -> Result<T, Malformed> {
    exactly::<T, DATA_FRAME_BYTES>(bytes)
}

/// The value at the beginning of the body of a control frame, whatever follows it: for statements whose body is not known here.
pub fn decode_head<T: Decode<()>>(bytes: &[u8]) -> Result<T, Malformed> {
    let (value, _) = bincode::decode_from_slice::<T, _>(bytes, config::<CONTROL_FRAME_BYTES>()).map_err(invalid)?;
    Ok(value)
}

fn exactly<T: Decode<()>, const LIMIT: usize>(bytes: &[u8]) -> Result<T, Malformed> {
    if bytes.len() > LIMIT {
        return Err(Malformed::Invalid(format!("{} bytes where at most {LIMIT} may stand", bytes.len())));
    }
    let (value, used) = bincode::decode_from_slice::<T, _>(bytes, config::<LIMIT>()).map_err(invalid)?;
    if used == bytes.len() { Ok(value) } else { Err(Malformed::Trailing(bytes.len() - used)) }
}

fn invalid(error: DecodeError) -> Malformed {
    Malformed::Invalid(error.to_string())
}
