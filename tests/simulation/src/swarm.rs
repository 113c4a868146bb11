//! The configuration of a run, drawn from its seed: how many offices and users, how their clocks go, and how often what goes wrong.
//! Each class of trouble is entirely off in some runs, so that none hides another.

use crate::random::Random;

/// Most offices of a run.
pub(crate) const OFFICES_MAX: usize = 6;
/// Most users of an office, besides its administrator.
pub(crate) const USERS_MAX: usize = 3;

/// How often each class of trouble happens, in steps of a thousand; 0 is never.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    pub(crate) cut: u32,
    pub(crate) double: u32,
    pub(crate) lose: u32,
    pub(crate) replay: u32,
    pub(crate) corrupt: u32,
    pub(crate) clog: u32,
    pub(crate) part: u32,
    pub(crate) crash: u32,
    pub(crate) down: u32,
    pub(crate) clock: u32,
    pub(crate) files: u32,
    pub(crate) folder: u32,
    pub(crate) disk: u32,
    pub(crate) block: u32,
    pub(crate) rights: u32,
    pub(crate) lies: u32,
    /// Of a hundred things that people do, so many happen inside their office.
    pub(crate) inside: u32,
}

/// What a run is like.
#[derive(Clone, Debug)]
pub(crate) struct Swarm {
    /// Its seed.
    pub(crate) seed: u64,
    /// Offices.
    pub(crate) offices: usize,
    /// Users of each office who may share, besides an administrator.
    pub(crate) users: usize,
    /// Whether databases are files, so that what was not written is lost with the machine.
    pub(crate) on_disk: bool,
    /// Which office lies, if one does.
    pub(crate) hostile: Option<usize>,
    /// How fast each office's crystal goes (millionths too fast).
    pub(crate) crystal_ppm: Vec<i64>,
    /// How far each wall clock is off (milliseconds).
    pub(crate) wall_off_ms: Vec<i64>,
    /// Mean of the short gaps between steps (milliseconds).
    pub(crate) short_gap_ms: u32,
    /// Of how many thousand steps one waits long.
    pub(crate) long_permille: u32,
    /// Mean of the long gaps (milliseconds).
    pub(crate) long_gap_ms: u32,
    /// Trouble.
    pub(crate) rates: Rates,
}

const HOUR_MS: u32 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS as i64;

impl Swarm {
    /// What the run of `seed` is like.
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let offices = 2 + random.weighed(&[50, 28, 12, 6, 4]);
        let hostile = (offices > 2 && random.chance(15)).then(|| random.below(offices));
        let on_disk = random.chance(6);
        let clocks = random.chance(40);
        let off = |random: &mut Random| match random.below(4) {
            _ if !clocks => 0,
            0 => 0,
            1 => random.below(120_000) as i64 - 60_000,
            2 => (random.below(48) as i64 - 24) * i64::from(HOUR_MS),
            _ => (random.below(21) as i64 - 10) * YEAR_MS,
        };
        Self {
            seed,
            offices,
            users: 1 + random.below(USERS_MAX),
            on_disk,
            hostile,
            crystal_ppm: (0..offices).map(|_| if clocks { random.below(401) as i64 - 200 } else { 0 }).collect(),
            wall_off_ms: (0..offices).map(|_| off(&mut random)).collect(),
            short_gap_ms: 5 + random.below(400) as u32,
            long_permille: 4 + random.below(14) as u32,
            long_gap_ms: HOUR_MS * (4 + random.below(14) as u32),
            rates: Rates::of(&mut random, hostile.is_some(), on_disk),
        }
    }
}

impl Rates {
    fn of(random: &mut Random, hostile: bool, on_disk: bool) -> Self {
        // Some runs are calm: nothing goes wrong, everything only takes its time.
        if random.chance(8) {
            return Self::default();
        }
        let mut rate = |most: usize, percent: u32| if random.chance(percent) { 1 + random.below(most) as u32 } else { 0 };
        Self {
            cut: rate(30, 75),
            double: rate(20, 60),
            lose: rate(12, 50),
            replay: rate(12, 60),
            corrupt: rate(8, 50),
            clog: rate(20, 60),
            part: rate(12, 55),
            crash: rate(15, 70),
            down: rate(8, 45),
            clock: rate(10, 45),
            files: rate(8, 40),
            folder: if on_disk { rate(16, 60) } else { 0 },
            disk: if on_disk { rate(12, 50) } else { 0 },
            block: rate(10, 45),
            rights: rate(12, 65),
            lies: if hostile { rate(25, 100) } else { 0 },
            inside: rate(24, 75),
        }
    }
}

impl Swarm {
    /// What a list of steps depends on, in one line.
    pub(crate) fn line(&self) -> String {
        let numbers = |list: &[i64]| list.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let hostile = self.hostile.map_or_else(|| "none".to_owned(), |office| office.to_string());
        format!(
            "seed={} offices={} users={} on_disk={} hostile={hostile} crystals={} walls={}",
            self.seed,
            self.offices,
            self.users,
            u8::from(self.on_disk),
            numbers(&self.crystal_ppm),
            numbers(&self.wall_off_ms)
        )
    }

    /// The swarm of a line that [`Swarm::line`] wrote.
    pub(crate) fn from_line(line: &str) -> Result<Self, String> {
        let word = |name: &str| {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| format!("{name}= is missing in: {line}"))
        };
        let number = |name: &str| word(name)?.parse::<u64>().map_err(|error| format!("{name}: {error}"));
        let list = |name: &str| {
            let parsed: Result<Vec<i64>, _> = word(name)?.split(',').map(str::parse).collect();
            parsed.map_err(|error| format!("{name}: {error}"))
        };
        let mut swarm = Self::of(number("seed")?);
        swarm.offices = (number("offices")? as usize).clamp(2, OFFICES_MAX);
        swarm.users = (number("users")? as usize).clamp(1, USERS_MAX);
        swarm.on_disk = number("on_disk")? == 1;
        swarm.hostile = word("hostile")?.parse().ok();
        (swarm.crystal_ppm, swarm.wall_off_ms) = (list("crystals")?, list("walls")?);
        swarm.crystal_ppm.resize(swarm.offices, 0);
        swarm.wall_off_ms.resize(swarm.offices, 0);
        Ok(swarm)
    }
}
