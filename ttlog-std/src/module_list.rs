//! The program and its shared libraries, as each snapshot's header states them.

use std::{env, path::Path};

use once_cell::race::OnceRef;
use ttlog_core::Module;

use crate::os;

/// Maximum length of the list in a header.
const LIST_MAX_BYTES: usize = 2 << 10;

/// Maximum length of a module in the list. Names are at most 255 bytes long on Linux.
const MODULE_MAX_BYTES: usize = 512;

/// Returns the modules that were loaded at the first call, as they stand in a header.
///
/// A child process after `fork` has them at the same addresses, and must not wait for the linker's lock, which a
/// thread of the parent may have held. So it gets what its parent has listed.
pub(crate) fn at_first_start() -> &'static [u8] {
    static LISTED: OnceRef<'static, Vec<u8>> = OnceRef::new();
    LISTED.get_or_init(|| Box::leak(Box::new(list())))
}

/// Returns the modules that are loaded now, as they stand in a header. The program is the first. Leaves out
/// those for which there is no room.
fn list() -> Vec<u8> {
    let program = env::current_exe().ok();
    let mut list = Vec::new();
    for module in os::modules::list() {
        let path = String::from_utf8_lossy(&module.path);
        let path = match &program {
            Some(program) if path.is_empty() => program,
            _ => Path::new(&*path),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let module = Module {
            name: &name,
            build_id: &module.build_id,
            bias: module.bias,
            start: module.start,
            bytes: module.bytes,
        };
        let mut room = [0; MODULE_MAX_BYTES];
        let length = module.write_to(&mut room).unwrap_or(MODULE_MAX_BYTES);
        if length < MODULE_MAX_BYTES && list.len() + length <= LIST_MAX_BYTES {
            list.extend_from_slice(&room[..length]);
        }
    }
    list
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod tests {
    use ttlog_core::Modules;

    use super::*;

    #[test]
    fn the_program_is_named_after_its_file() {
        let list = list();
        let name = env::current_exe().unwrap();
        let name = name.file_name().unwrap().to_str().unwrap();
        let program = Modules(&list).iter().next().unwrap();
        assert_eq!(program.name, name);
        assert!(list.len() <= LIST_MAX_BYTES);
    }
}
