//! Everything that every viewer sees in every way, against what each may see.

use super::Violation;
use crate::world::World;

/// See the module.
pub(crate) fn readers(_world: &World) -> Result<(), Violation> {
    Ok(())
}
