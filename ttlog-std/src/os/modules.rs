//! The program and its shared libraries in memory, as the dynamic linker knows them.

use std::{
    ffi::{CStr, c_int, c_void},
    mem,
};

use crate::loaded_module::LoadedModule;

/// Maximum number of modules to return.
const MODULES_MAX: usize = 32;

/// The type of a note that contains a build id.
const NT_GNU_BUILD_ID: u32 = 3;

/// Returns the modules, the program first. Takes the lock of the dynamic linker, so a signal handler must not
/// call this.
pub(crate) fn list() -> Vec<LoadedModule> {
    let mut modules: Vec<LoadedModule> = Vec::new();
    // SAFETY: `add` gets the pointer that it expects, which is valid during the call.
    unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut modules).cast()) };
    modules
}

/// Adds a module to the list. Returns a number other than 0 if there is no room for more.
extern "C" fn add(info: *mut libc::dl_phdr_info, _bytes: usize, modules: *mut c_void) -> c_int {
    // SAFETY: the linker passes a valid description, and `list` passes a pointer to its list, which nothing else
    // uses meanwhile.
    let (info, modules) = unsafe { (&*info, &mut *modules.cast::<Vec<LoadedModule>>()) };
    if modules.len() == MODULES_MAX {
        return 1;
    }
    // SAFETY: the description has a name and program headers that stay while the linker calls this.
    modules.push(unsafe { module(info) });
    0
}

/// Describes a module.
///
/// # Safety
///
/// The description is valid, and the module is loaded.
unsafe fn module(info: &libc::dl_phdr_info) -> LoadedModule {
    let name = if info.dlpi_name.is_null() {
        &[]
    } else {
        // SAFETY: the name of a valid description ends with a zero.
        unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes()
    };
    let headers = if info.dlpi_phdr.is_null() {
        &[]
    } else {
        // SAFETY: a valid description has this number of headers.
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) }
    };
    let bias = info.dlpi_addr;
    let loaded = || {
        headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD)
    };
    let start = loaded().map(|header| header.p_vaddr).min().unwrap_or(0);
    let end = loaded().map(|header| header.p_vaddr.saturating_add(header.p_memsz));
    let notes = headers.iter().filter(|note| {
        note.p_type == libc::PT_NOTE
            // Notes need not be loaded.
            && loaded().any(|header| {
                header.p_flags & libc::PF_R != 0
                    && header.p_vaddr <= note.p_vaddr
                    && note.p_vaddr.saturating_add(note.p_memsz)
                        <= header.p_vaddr.saturating_add(header.p_filesz)
            })
    });
    let build_id = notes.into_iter().find_map(|note| {
        let address = bias.wrapping_add(note.p_vaddr) as usize;
        // SAFETY: the notes are within a part of the file that is loaded and readable, and they never change.
        let notes = unsafe {
            let from = std::ptr::with_exposed_provenance::<u8>(address);
            std::slice::from_raw_parts(from, note.p_memsz as usize)
        };
        build_id(notes, note.p_align as usize)
    });
    LoadedModule {
        path: name.to_vec(),
        build_id: build_id.unwrap_or_default().to_vec(),
        bias,
        start: bias.wrapping_add(start),
        bytes: end.max().unwrap_or(0).saturating_sub(start),
    }
}

/// Returns the build id in a list of notes, which are aligned to `align` bytes.
fn build_id(mut notes: &[u8], align: usize) -> Option<&[u8]> {
    let align = align.max(size_of::<u32>());
    loop {
        let (numbers, rest) = notes.split_first_chunk::<12>()?;
        let number = |at: usize| {
            let bytes = numbers.get(at..)?.first_chunk()?;
            Some(u32::from_ne_bytes(*bytes))
        };
        let (name_bytes, id_bytes) = (number(0)? as usize, number(4)? as usize);
        let name = rest.get(..name_bytes)?;
        // Both are counted from the start of the note.
        let id_start = (12 + name_bytes).checked_next_multiple_of(align)?;
        let id_end = id_start.checked_add(id_bytes)?;
        let id = notes.get(id_start..id_end)?;
        if number(8)? == NT_GNU_BUILD_ID && name == b"GNU\0" {
            return Some(id);
        }
        notes = mem::take(&mut notes).get(id_end.checked_next_multiple_of(align)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &[u8], kind: u32, content: &[u8]) -> Vec<u8> {
        let mut note = Vec::new();
        for number in [name.len() as u32, content.len() as u32, kind] {
            note.extend(number.to_ne_bytes());
        }
        for part in [name, content] {
            note.extend(part);
            note.resize(note.len().next_multiple_of(4), 0);
        }
        note
    }

    #[test]
    fn the_build_id_is_found_behind_other_notes() {
        let notes = [
            note(b"GNU\0", 1, &[7; 16]),
            note(b"stapsdt\0", 3, &[8; 5]),
            note(b"GNU\0", NT_GNU_BUILD_ID, &[9; 20]),
        ]
        .concat();
        assert_eq!(build_id(&notes, 4), Some(&[9; 20][..]));
        // Damaged notes end the list.
        for length in 0..notes.len() {
            assert_eq!(build_id(&notes[..length], 4), None);
        }
        assert_eq!(build_id(&[0xff; 64], 4), None);
    }

    #[test]
    fn the_program_is_the_first_module_and_contains_its_functions() {
        let modules = list();
        let program = &modules[0];
        let address = (list as fn() -> Vec<LoadedModule> as *const ()).addr() as u64;
        assert!((program.start..program.start + program.bytes).contains(&address));
        let libc = (libc::getpid as unsafe extern "C" fn() -> i32 as *const ()).addr() as u64;
        let of_libc = modules
            .iter()
            .find(|module| (module.start..module.start + module.bytes).contains(&libc));
        assert!(of_libc.is_some_and(|module| module.bias <= libc));
    }
}
