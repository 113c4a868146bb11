//! What must hold once troubles are over and everything has come to rest.

use super::{Violation, kept};
use crate::world::World;

/// See the module.
pub(crate) fn at_rest(world: &mut World) -> Result<(), Violation> {
    for office in 0..world.offices.len() {
        kept::office(world, office)?;
    }
    Ok(())
}
