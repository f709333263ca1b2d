//! Gives a complete file its name, without ever replacing a file.

use rustix::io::Errno;

use crate::{
    file_names::SnapshotNames,
    file_system::{DirectoryHandle, FileId},
};

/// Maximum number of names to try if names are in use: `…-reason.bin`, `…-reason-2.bin` and so on.
pub(crate) const NAMES_MAX: u32 = 10_000;

/// Calls `take` with each name in turn, until one is free. Returns that name and the result.
pub(crate) fn first_free<T>(
    names: &SnapshotNames,
    mut take: impl FnMut(&str) -> Result<T, Errno>,
) -> Result<(String, T), Errno> {
    for number in 1..=NAMES_MAX {
        let name = names.numbered(number);
        match take(&name) {
            Err(Errno::EXIST) => {}
            taken => return taken.map(|taken| (name, taken)),
        }
    }
    Err(Errno::EXIST)
}

/// Renames the file `temporary`, whose identity is `id`. Fails with [`Errno::EXIST`] if the name is in
/// use.
///
/// A file system or a sandbox may refuse any of the calls, with any error. So there are three ways:
///
/// 1. A rename that does not replace a file.
/// 2. A second name, which does not replace a file either. Then the first name is removed.
/// 3. An empty file under the name, which this process creates. Then a rename that replaces it.
///
/// A call that reports an error may have done its work all the same, on a network for example. So the
/// name counts as given if it leads to the file.
pub(crate) fn give_name(
    directory: &dyn DirectoryHandle,
    temporary: &str,
    name: &str,
    id: Option<FileId>,
) -> Result<(), Errno> {
    match directory.rename_new(temporary, name) {
        Ok(()) => return Ok(()),
        Err(Errno::EXIST) => return Err(Errno::EXIST),
        Err(_) if leads_to(directory, name, id) => return Ok(()),
        Err(_) => {}
    }
    match directory.link(temporary, name) {
        Err(Errno::EXIST) if !leads_to(directory, name, id) => return Err(Errno::EXIST),
        Err(_) if !leads_to(directory, name, id) => {}
        _ => {
            // If this fails, the file has two names until a later process removes the first.
            let _ = directory.unlink(temporary);
            return Ok(());
        }
    }
    let placeholder = directory.create(name)?.id().ok();
    match directory.rename(temporary, name) {
        Ok(()) => Ok(()),
        Err(_) if leads_to(directory, name, id) => Ok(()),
        Err(error) => {
            if leads_to(directory, name, placeholder) {
                // If this fails, an empty file stays.
                let _ = directory.unlink(name);
            }
            Err(error)
        }
    }
}

fn leads_to(directory: &dyn DirectoryHandle, name: &str, id: Option<FileId>) -> bool {
    id.is_some() && directory.status(name).ok().map(|status| status.id) == id
}
