//! What must hold in a world: asked after each step, every fifty steps, at each receipt, and at the end.

use interoffice_oracle::Event;
use interoffice_protocol::ids::LinkId;

use crate::world::World;

/// Something that must hold does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Violation {
    /// Which invariant.
    pub(crate) invariant: &'static str,
    /// Which kind of mistake, by its short name.
    pub(crate) anomaly: &'static str,
    /// What was found.
    pub(crate) what: String,
}

/// What the checks remember of a run.
#[derive(Default)]
pub(crate) struct Checker;

impl Checker {
    /// Takes note of something that happened.
    pub(crate) fn note(&mut self, _event: &Event) {}
}

/// What must hold after each step and costs little.
pub(crate) fn after_step(_world: &mut World) -> Result<(), Violation> {
    Ok(())
}

/// Everything that every user sees in every way, against what each may see.
pub(crate) fn readers(_world: &World) -> Result<(), Violation> {
    Ok(())
}

/// A receipt for a link was signed at `office`, or judged good at the owner's: nothing of what it names is left in any file there.
pub(crate) fn receipt(_world: &World, _office: usize, _link: LinkId) -> Result<(), Violation> {
    Ok(())
}

/// Troubles are over and everything has come to rest.
pub(crate) fn at_rest(_world: &mut World) -> Result<(), Violation> {
    Ok(())
}
