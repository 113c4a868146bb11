//! The clocks of one office's machine: a crystal that counts since it was switched on, and a wall clock that anybody may set.

/// When every world begins (milliseconds since 1970, UTC).
pub(crate) const BEGIN_MS: i64 = 1_900_000_000_000;

/// See the module. True time is counted in milliseconds since the world began.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    crystal_ppm: i64,
    booted_true_ms: i64,
    wall_from_true_ms: i64,
    wall_ms: i64,
    permille: i64,
}

impl Clock {
    /// Clocks of a machine whose crystal is `crystal_ppm` millionths too fast and whose wall clock is off.
    pub(crate) fn new(crystal_ppm: i64, wall_off_ms: i64) -> Self {
        Self { crystal_ppm, booted_true_ms: 0, wall_from_true_ms: 0, wall_ms: BEGIN_MS + wall_off_ms, permille: 1_000 }
    }

    /// What the machine counted since it was switched on (milliseconds).
    pub(crate) fn boot_ms(&self, true_ms: i64) -> i64 {
        self.counted(true_ms - self.booted_true_ms)
    }

    fn counted(&self, passed_ms: i64) -> i64 {
        passed_ms + passed_ms * self.crystal_ppm / 1_000_000
    }

    /// The wall clock (milliseconds since 1970, UTC).
    pub(crate) fn wall_ms(&self, true_ms: i64) -> i64 {
        self.wall_ms + self.counted(true_ms - self.wall_from_true_ms) * self.permille / 1_000
    }

    /// Whether the wall clock goes as the crystal does.
    pub(crate) fn is_even(&self) -> bool {
        self.permille == 1_000
    }

    /// Sets the wall clock forth or back by `by_ms`.
    pub(crate) fn jump(&mut self, true_ms: i64, by_ms: i64) {
        self.wall_ms = self.wall_ms(true_ms) + by_ms;
        self.wall_from_true_ms = true_ms;
    }

    /// Lets the wall clock go at another speed from now on.
    pub(crate) fn set_rate(&mut self, true_ms: i64, permille: i64) {
        self.jump(true_ms, 0);
        self.permille = permille;
    }

    /// The machine is switched on again.
    pub(crate) fn boot(&mut self, true_ms: i64) {
        self.booted_true_ms = true_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_jumps_and_freezes_and_the_crystal_does_not_care() {
        let mut clock = Clock::new(100, 5_000);
        assert_eq!((clock.wall_ms(0), clock.boot_ms(1_000_000)), (BEGIN_MS + 5_000, 1_000_100));
        clock.jump(1_000_000, -2_000_000);
        assert_eq!(clock.wall_ms(1_000_000), BEGIN_MS + 5_000 + 1_000_100 - 2_000_000);
        clock.set_rate(1_000_000, 0);
        assert_eq!(clock.wall_ms(1_000_000), clock.wall_ms(9_000_000));
        assert!(!clock.is_even());
        clock.boot(9_000_000);
        assert_eq!(clock.boot_ms(9_000_000), 0);
    }
}
