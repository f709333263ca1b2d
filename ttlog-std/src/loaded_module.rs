//! A program or a shared library, as the dynamic linker states it.

/// A program or a shared library in memory.
#[derive(Debug)]
pub(crate) struct LoadedModule {
    /// The path of the file. The dynamic linker states none for the program.
    pub(crate) path: Vec<u8>,
    pub(crate) build_id: Vec<u8>,
    pub(crate) bias: u64,
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}
