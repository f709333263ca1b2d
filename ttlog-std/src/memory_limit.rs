//! The limits of the process's memory.

use std::fs;

use rustix::process::{Resource, getrlimit};

/// Memory that is left to the program.
const RESERVE_BYTES: u64 = 1 << 20;

/// Returns the number of bytes that the process may still map. Returns `None` if it has no limit, or if the system
/// does not state how much is in use.
pub(crate) fn left_bytes() -> Option<u64> {
    let limit = |resource| getrlimit(resource).current;
    let (space, data) = (limit(Resource::As), limit(Resource::Data));
    if space.is_none() && data.is_none() {
        return None;
    }
    let [space_used, data_used] = used_bytes()?;
    let left = |max: Option<u64>, used| max.map(|max| max.saturating_sub(used));
    left(space, space_used)
        .into_iter()
        .chain(left(data, data_used))
        .min()
}

/// Returns whether the limits of the process leave room for `bytes`, and a reserve for the program. The process would
/// not survive an allocation that fails later.
pub(crate) fn has_room_for(bytes: usize) -> bool {
    left_bytes().is_none_or(|left| left >= bytes as u64 + RESERVE_BYTES)
}

/// Returns the size of the address space, and of the data and stacks in it.
fn used_bytes() -> Option<[u64; 2]> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages = |place| {
        statm
            .split_ascii_whitespace()
            .nth(place)?
            .parse::<u64>()
            .ok()
    };
    let page_bytes = rustix::param::page_size() as u64;
    Some([pages(0)? * page_bytes, pages(5)? * page_bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_space_is_larger_than_its_data() {
        let [space, data] = used_bytes().unwrap();
        assert!(space > data && data > 4096, "{space} {data}");
    }
}
