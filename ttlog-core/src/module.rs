//! The modules of a process: the program and its shared libraries, each at an address of its own.
//!
//! A position-independent program is loaded at another address in each run. So an address in a snapshot has a
//! meaning only together with the load bias of its module. The build id identifies the file of the module.

use serde::{Deserialize, Serialize};

use crate::packer::{Pack, Packer, pack_into};

/// A program or a shared library in the memory of a process.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Module, Modules};
///
/// let program = Module {
///     name: "shop",
///     build_id: &[0xb1, 0x7d],
///     bias: 0x5500_0000,
///     start: 0x5500_0000,
///     bytes: 0x2_0000,
/// };
/// let mut room = [0; 64];
/// let length = program.write_to(&mut room).expect("room for a module");
/// let modules = Modules(&room[..length]);
/// assert!(modules.iter().eq([program]));
/// assert!(program.contains(0x5500_1234));
/// assert_eq!(program.file_address(0x5500_1234), 0x1234);
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Module<'a> {
    /// The name of the file, without its directory.
    pub name: &'a str,
    /// The build id in the file's notes (`NT_GNU_BUILD_ID`); empty if there is none.
    pub build_id: &'a [u8],
    /// The load bias: an address in memory is the address in the file, plus this.
    pub bias: u64,
    /// The first address in memory.
    pub start: u64,
    /// Number of bytes from the first address to the last.
    pub bytes: u64,
}

impl Module<'_> {
    /// Returns whether an address in memory belongs to the module.
    #[must_use]
    pub fn contains(&self, address: u64) -> bool {
        address
            .checked_sub(self.start)
            .is_some_and(|offset| offset < self.bytes)
    }

    /// Returns the address in the file for an address in memory. Symbol tables and debug information use it.
    #[must_use]
    pub fn file_address(&self, address: u64) -> u64 {
        address.wrapping_sub(self.bias)
    }

    /// Writes the module as it stands in a snapshot. Returns the number of bytes, or `None` if `room` is too
    /// short.
    #[must_use]
    pub fn write_to(&self, room: &mut [u8]) -> Option<usize> {
        let room_bytes = room.len();
        Some(pack_into(self, room)).filter(|length| *length <= room_bytes)
    }
}

impl Pack for Module<'_> {
    fn pack(&self, packer: &mut Packer<'_>) {
        packer
            .put_bytes(self.name.as_bytes())
            .put_bytes(self.build_id)
            .put_integers(&[self.bias, self.start, self.bytes]);
    }
}

/// The modules of a process as they stand in a snapshot: one after the other, the program first.
///
/// # Examples
///
/// ```
/// use ttlog_core::Modules;
///
/// assert_eq!(Modules::default().iter().count(), 0); // a board, or an older recorder
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Modules<'a>(pub &'a [u8]);

impl<'a> Modules<'a> {
    /// Reads the modules behind the other fields of a header. They may be missing.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn of_header(rest: &'a [u8]) -> Option<Self> {
        if rest.is_empty() {
            return Some(Self::default());
        }
        let (bytes, _later_fields) = postcard::take_from_bytes(rest).ok()?;
        Some(Self(bytes))
    }

    /// Returns the modules in order. Ends at bytes that are no module.
    pub fn iter(&self) -> impl Iterator<Item = Module<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (module, left) = postcard::take_from_bytes(rest).ok()?;
            rest = left;
            Some(module)
        })
    }
}

impl Pack for Modules<'_> {
    fn pack(&self, packer: &mut Packer<'_>) {
        if !self.0.is_empty() {
            packer.put_bytes(self.0);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::packer::tests::{assert_postcard, integers};

    #[test]
    fn a_module_is_what_postcard_writes() {
        for integer in integers() {
            let module = Module {
                name: "libc.so.6",
                build_id: &[0xab; 20],
                bias: integer,
                start: integer,
                bytes: integer,
            };
            assert_postcard(&module, &module);
        }
    }

    #[test]
    fn a_module_that_does_not_fit_is_not_written() {
        let module = Module {
            name: "shop",
            ..Module::default()
        };
        let mut room = [0; 9];
        assert_eq!(module.write_to(&mut room), Some(9));
        assert_eq!(module.write_to(&mut room[..8]), None);
    }

    #[test]
    fn bytes_that_are_no_module_end_the_list() {
        let module = Module {
            name: "shop",
            ..Module::default()
        };
        let mut bytes = [0xff; 40];
        let length = module.write_to(&mut bytes).unwrap();
        assert!(Modules(&bytes).iter().eq([module]));
        assert!(Modules(&bytes[..length - 1]).iter().next().is_none());
    }

    #[test]
    fn an_address_at_the_edge_belongs_to_the_module_that_begins_there() {
        let module = |start, bytes| Module {
            start,
            bytes,
            ..Module::default()
        };
        assert!(module(10, 5).contains(10) && module(10, 5).contains(14));
        assert!(!module(10, 5).contains(9) && !module(10, 5).contains(15));
        assert!(module(u64::MAX - 1, u64::MAX).contains(u64::MAX));
        assert!(!module(0, 0).contains(0));
    }
}
