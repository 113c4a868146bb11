//! What the system knows of a process: the memory and the processor time that it took.

use std::fs;

/// A line of `/proc/PID/status` in kilobytes, such as `VmRSS` for memory now or `VmHWM` for the most so far.
#[track_caller]
pub fn memory_kb(process: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    found.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_else(|| panic!("no {line} in:\n{status}"))
}

/// Starts the peak of resident memory (`VmHWM`) anew.
#[track_caller]
pub fn forget_peak(process: u32) {
    fs::write(format!("/proc/{process}/clear_refs"), "5").expect("a process of one's own");
}

/// Processor time of a process so far (hundredths of a second).
#[track_caller]
pub fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    // The name in parentheses may hold blanks; user and system time are the 12th and 13th column behind it.
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    behind_name.split_whitespace().skip(11).take(2).filter_map(|number| number.parse::<u64>().ok()).sum()
}
