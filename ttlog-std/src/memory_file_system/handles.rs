//! The interfaces of the file system in memory: open directories and files.

use std::{
    path::{Path, PathBuf},
    sync::MutexGuard,
    time::SystemTime,
};

use rustix::io::Errno;

use super::{Call, MemoryFileSystem, MemoryState};
use crate::{
    file_system::{
        DirectoryHandle, FileHandle, FileId, FileStatus, FileSystem, ReservedDescriptor,
    },
    process_table::{ProcessName, ProcessTable},
};

impl FileSystem for MemoryFileSystem {
    fn now(&self) -> SystemTime {
        self.lock().now
    }

    fn open_directory(&self, path: &Path) -> Result<Box<dyn DirectoryHandle>, Errno> {
        let id = self.lock().paths.get(path).copied();
        let mut state = self.call(Call::OpenDirectory, id)?;
        let id = id.ok_or(Errno::NOENT)?;
        state.take_descriptor()?;
        let descriptor = Descriptor(self.clone());
        Ok(Box::new(MemoryDirectoryHandle { id, descriptor }))
    }

    fn directory_id(&self, path: &Path) -> Result<FileId, Errno> {
        let id = self.lock().paths.get(path).copied();
        drop(self.call(Call::DirectoryId, id)?);
        id.map(file_id).ok_or(Errno::NOENT)
    }

    fn reserve(&self) -> Result<Box<dyn ReservedDescriptor>, Errno> {
        self.call(Call::Reserve, None)?.take_descriptor()?;
        Ok(Box::new(Descriptor(self.clone())))
    }
}

impl ProcessTable for MemoryFileSystem {
    fn this(&self) -> ProcessName {
        self.lock().this
    }

    fn is_running(&self, name: ProcessName) -> bool {
        let state = self.lock();
        name == state.this || state.running.contains(&name)
    }

    fn boot_time(&self) -> Option<SystemTime> {
        self.lock().boot_time
    }
}

fn file_id(inode: u64) -> FileId {
    FileId { device: 1, inode }
}

/// A descriptor that was taken.
#[derive(Debug)]
struct Descriptor(MemoryFileSystem);

impl ReservedDescriptor for Descriptor {
    fn is_held(&self) -> bool {
        true
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        self.0.lock().descriptors -= 1;
    }
}

#[derive(Debug)]
struct MemoryDirectoryHandle {
    id: u64,
    descriptor: Descriptor,
}

impl MemoryDirectoryHandle {
    fn call(&self, call: Call) -> Result<MutexGuard<'_, MemoryState>, Errno> {
        self.descriptor.0.call(call, Some(self.id))
    }
}

impl MemoryDirectoryHandle {
    fn named(&self, name: &str) {
        if let Some(observer) = self.descriptor.0.observer() {
            (observer.named)(&self.path().unwrap_or_default(), name);
        }
    }
}

impl DirectoryHandle for MemoryDirectoryHandle {
    fn id(&self) -> Result<FileId, Errno> {
        drop(self.call(Call::HandleId)?);
        Ok(file_id(self.id))
    }

    fn path(&self) -> Option<PathBuf> {
        let state = self.descriptor.0.lock();
        let path = state.paths.iter().find(|(_, id)| **id == self.id);
        path.map(|(path, _)| path.clone())
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), Errno> {
        let mut state = self.call(Call::List)?;
        state.has_descriptor()?;
        let names: Vec<_> = state.names(self.id)?.keys().cloned().collect();
        drop(state);
        names.iter().for_each(|name| each(name));
        Ok(())
    }

    fn status(&self, name: &str) -> Result<FileStatus, Errno> {
        let mut state = self.call(Call::Status)?;
        let id = *state.names(self.id)?.get(name).ok_or(Errno::NOENT)?;
        let file = &state.files[&id];
        Ok(FileStatus {
            id: file_id(id),
            is_regular: file.is_regular,
            is_own: file.is_own,
            bytes: file.bytes.len() as u64,
            modified: file.modified,
        })
    }

    fn read_head(&self, name: &str, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut state = self.call(Call::ReadHead)?;
        state.has_descriptor()?;
        let id = *state.names(self.id)?.get(name).ok_or(Errno::NOENT)?;
        let file = &state.files[&id];
        assert!(file.is_regular && file.is_own, "{name} is foreign");
        let length = file.bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&file.bytes[..length]);
        drop(state);
        Ok(length)
    }

    fn create(&self, name: &str) -> Result<Box<dyn FileHandle>, Errno> {
        let mut state = self.call(Call::Create)?;
        state.has_descriptor()?;
        let id = state.create(self.id, name)?;
        state.take_descriptor()?;
        if let Some(file) = state.files.get_mut(&id) {
            file.references += 1;
        }
        let descriptor = Descriptor(self.descriptor.0.clone());
        Ok(Box::new(MemoryFileHandle { id, descriptor }))
    }

    fn rename_new(&self, from: &str, to: &str) -> Result<(), Errno> {
        let mut state = self.call(Call::RenameNew)?;
        let names = state.names_to_change(self.id)?;
        if names.contains_key(to) {
            return Err(Errno::EXIST);
        }
        let id = names.remove(from).ok_or(Errno::NOENT)?;
        names.insert(to.to_owned(), id);
        drop(state);
        self.named(to);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        let mut state = self.call(Call::Rename)?;
        let names = state.names_to_change(self.id)?;
        let id = names.remove(from).ok_or(Errno::NOENT)?;
        if let Some(replaced) = names.insert(to.to_owned(), id) {
            assert!(state.files[&replaced].bytes.is_empty(), "{to} is replaced");
            state.release(replaced);
        }
        drop(state);
        self.named(to);
        Ok(())
    }

    fn link(&self, from: &str, to: &str) -> Result<(), Errno> {
        let mut state = self.call(Call::Link)?;
        let names = state.names_to_change(self.id)?;
        if names.contains_key(to) {
            return Err(Errno::EXIST);
        }
        let id = *names.get(from).ok_or(Errno::NOENT)?;
        names.insert(to.to_owned(), id);
        if let Some(file) = state.files.get_mut(&id) {
            file.references += 1;
        }
        drop(state);
        self.named(to);
        Ok(())
    }

    fn unlink(&self, name: &str) -> Result<(), Errno> {
        let mut state = self.call(Call::Unlink)?;
        let observer = state.observer;
        if let Some(observer) = observer
            && state.names_to_change(self.id)?.contains_key(name)
        {
            drop(state);
            (observer.removes)(&self.path().unwrap_or_default(), name);
            state = self.descriptor.0.lock();
        }
        let names = state.names_to_change(self.id)?;
        let id = names.remove(name).ok_or(Errno::NOENT)?;
        state.release(id);
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryFileHandle {
    id: u64,
    descriptor: Descriptor,
}

impl MemoryFileHandle {
    fn call(&self, call: Call) -> Result<MutexGuard<'_, MemoryState>, Errno> {
        let directory = self.descriptor.0.lock().files[&self.id].directory;
        self.descriptor.0.call(call, Some(directory))
    }
}

impl FileHandle for MemoryFileHandle {
    fn id(&self) -> Result<FileId, Errno> {
        drop(self.call(Call::FileId)?);
        Ok(file_id(self.id))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut state = self.call(Call::Write)?;
        let file = &state.files[&self.id];
        let free = state.free_bytes(file.directory);
        let limit = state.file_max_bytes.saturating_sub(file.bytes.len() as u64);
        let length = (bytes.len() as u64).min(free).min(limit) as usize;
        if length == 0 {
            return Err(if free == 0 { Errno::NOSPC } else { Errno::FBIG });
        }
        let now = state.now;
        if let Some(file) = state.files.get_mut(&self.id) {
            file.bytes.extend_from_slice(&bytes[..length]);
            file.modified = now;
        }
        Ok(length)
    }

    fn sync(&mut self) -> Result<(), Errno> {
        let mut state = self.call(Call::Sync)?;
        if let Some(file) = state.files.get_mut(&self.id) {
            file.synced_bytes = file.bytes.len();
        }
        Ok(())
    }

    fn set_mode(&mut self, mode: u32) -> Result<(), Errno> {
        let mut state = self.call(Call::SetMode)?;
        if let Some(file) = state.files.get_mut(&self.id) {
            file.mode = mode;
        }
        Ok(())
    }
}

impl Drop for MemoryFileHandle {
    fn drop(&mut self) {
        self.descriptor.0.lock().release(self.id);
    }
}
