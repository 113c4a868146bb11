//! The hostile office: it has its keys and signs well, and says what is not so.

use crate::step::Step;
use crate::world::{Did, World};

impl World {
    /// The hostile office says something false.
    pub(crate) fn lie_step(&mut self, _step: Step) -> Did {
        Ok(false)
    }
}
