//! What a reader must know of the machine to make something of the numbers.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

/// Cores, processor, kernel, memory, load and the disk under `folder`; refuses a disk that is only memory.
pub(crate) fn facts(folder: &Path) -> Result<Value> {
    fs::create_dir_all(folder)?;
    let disk = disk_of(&folder.canonicalize()?);
    if ["tmpfs", "ramfs", "overlay-ram"].contains(&disk.as_str()) {
        bail!("{} is on {disk}, where fsync costs nothing: choose a real disk with --dir", folder.display());
    }
    Ok(json!({
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "processor": field("/proc/cpuinfo", "model name"),
        "memory": field("/proc/meminfo", "MemTotal"),
        "kernel": first_line("/proc/sys/kernel/osrelease"),
        "load": first_line("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
        "disk": disk,
        "folder": folder.display().to_string(),
    }))
}

/// Processor time so far (ticks of the kernel): of the whole machine, and of this benchmark with the daemons it has waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticks {
    machine: u64,
    ours: u64,
}

impl Ticks {
    /// What was used until now; `daemons` are the processes that still run.
    pub(crate) fn until_now(daemons: &[u32]) -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let numbers = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
        let columns: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        // user, nice, system, idle, iowait, irq, softirq: neither idling nor waiting for a disk is use.
        let machine = [0, 1, 2, 5, 6].iter().filter_map(|column| columns.get(*column)).sum();
        let ours = daemons.iter().map(|pid| of_process(&pid.to_string(), 2)).sum::<u64>() + of_process("self", 4);
        Self { machine, ours }
    }

    /// How many cores all other programs together kept busy since `earlier`, which was `seconds` ago.
    pub(crate) fn others_since(self, earlier: Self, seconds: f64) -> f64 {
        let machine = self.machine.saturating_sub(earlier.machine);
        let ours = self.ours.saturating_sub(earlier.ours);
        // The kernel counts in hundredths of a second towards programs.
        (machine.saturating_sub(ours) as f64 / 100.0 / seconds * 100.0).round() / 100.0
    }
}

/// The first `columns` of a process's times: user and system, then those of children that ended.
fn of_process(pid: &str, columns: usize) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks; the times are the 12th to 15th column behind it.
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    behind_name.split_whitespace().skip(11).take(columns).filter_map(|number| number.parse::<u64>().ok()).sum()
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':').map(|(_, value)| value.trim().to_owned()));
    value.unwrap_or_default()
}

/// The kind of file system under `folder`: that of the longest mount point above it.
fn disk_of(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let above = mounts.lines().filter_map(|line| {
        let mut parts = line.split(' ').skip(1);
        let (point, kind) = (parts.next()?, parts.next()?);
        folder.starts_with(point).then(|| (point.len(), kind.to_owned()))
    });
    above.max_by_key(|(len, _)| *len).map_or_else(|| "unknown".to_owned(), |(_, kind)| kind)
}
