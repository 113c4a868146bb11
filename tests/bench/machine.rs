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
