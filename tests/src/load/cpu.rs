//! Processor time and memory of processes, as Linux counts them.

use std::{collections::HashMap, fs};

use anyhow::{Context, Result};

/// What `/proc` counts in: USER_HZ, 100 on every Linux architecture.
const TICKS_PER_S: f64 = 100.0;

/// Processor seconds that a process and all below it have used.
///
/// # Errors
/// When the process is gone.
pub fn seconds_of_tree(root: u32) -> Result<f64> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while the list is read.
        if let Ok((parent, _)) = stat(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut sum = stat(root)?.1;
    let mut below = children.remove(&root).unwrap_or_default();
    while let Some(id) = below.pop() {
        sum += stat(id).map_or(0.0, |(_, seconds)| seconds);
        below.extend(children.remove(&id).unwrap_or_default());
    }
    Ok(sum)
}

/// Processor seconds that a process has used.
///
/// # Errors
/// When the process is gone.
pub fn seconds(id: u32) -> Result<f64> {
    Ok(stat(id)?.1)
}

/// Processor seconds that the whole machine has used.
///
/// # Errors
/// When the system does not say.
pub fn seconds_of_machine() -> Result<f64> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("stat")?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq; steal is not ours, guests are in user.
    let [user, nice, system, _, _, irq, softirq, ..] = ticks[..] else { anyhow::bail!("stat") };
    Ok((user + nice + system + irq + softirq) as f64 / TICKS_PER_S)
}

/// A process's parent, and the processor seconds that it has used itself.
fn stat(id: u32) -> Result<(u32, f64)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|f| f.parse::<u64>().ok()).context("stat");
    Ok((u32::try_from(number(1)?)?, (number(11)? + number(12)?) as f64 / TICKS_PER_S))
}

/// Resident memory of a process in MiB, to a tenth.
///
/// # Errors
/// When the process is gone.
pub fn rss_mib(id: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok((kib / 102.4).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let me = std::process::id();
        let before = seconds(me).unwrap();
        let mut sum = 0_u64;
        while seconds_of_tree(me).unwrap() <= before {
            sum = std::hint::black_box((0..100_000).fold(sum, u64::wrapping_add));
        }
        assert!(seconds_of_machine().unwrap() > before);
        assert!(rss_mib(me).unwrap() > 0.5);
    }
}
