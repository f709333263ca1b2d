//! The functions at the addresses that an event states, from the binaries that `--symbols` names.

mod binary;
mod stated;

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use ttlog_reader::{EventRef, FileHeader, Snapshots};

use self::{
    binary::Binary,
    stated::{StatedAddress, stated_addresses},
};
use crate::{
    address::{Address, hex},
    status::Failure,
};

/// The content of a binary.
pub(crate) struct BinaryFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Reads the binaries.
///
/// # Errors
///
/// Returns [`Failure::Options`] if a file cannot be read.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<BinaryFile>, Failure> {
    let read = |path: &PathBuf| match fs::read(path) {
        Ok(bytes) => Ok(BinaryFile {
            path: path.clone(),
            bytes,
        }),
        Err(error) => Err(refused(path, error)),
    };
    paths.iter().map(read).collect()
}

fn refused(path: &Path, problem: impl Display) -> Failure {
    Failure::Options(format!("{}: {problem}", path.display()))
}

/// The binaries of modules.
#[derive(Debug)]
pub(crate) struct Symbols<'s> {
    binaries: Vec<Binary<'s>>,
    snapshots: &'s Snapshots,
}

/// An address, and what is known about it.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Symbol {
    pub(crate) address: Address,
    /// The name of the module; `None` if the file lists none for the address.
    pub(crate) module: Option<String>,
    /// The address in the file of the module.
    pub(crate) file_address: Option<Address>,
    /// The functions, those that are compiled in line first.
    pub(crate) functions: Vec<Function>,
    /// `true` if a binary of the module was given.
    #[serde(skip)]
    pub(crate) has_binary: bool,
}

/// A function, and the place in it.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Function {
    pub(crate) name: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
}

impl<'s> Symbols<'s> {
    /// Finds the symbols and the debug information of the binaries.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Options`] if a file is no binary, or if its build id is not that of a module in
    /// the snapshots: its symbols would be wrong.
    pub(crate) fn open(files: &'s [BinaryFile], snapshots: &'s Snapshots) -> Result<Self, Failure> {
        let mut binaries = Vec::new();
        for BinaryFile { path, bytes } in files {
            let binary = Binary::parse(bytes).map_err(|problem| refused(path, problem))?;
            let mut headers = snapshots.files().iter().map(|file| &file.header);
            if !headers.any(|header| binary.is_of_a_module(header)) {
                return Err(refused(path, mismatch(&binary, snapshots)));
            }
            binaries.push(binary);
        }
        Ok(Self {
            binaries,
            snapshots,
        })
    }

    /// Returns a symbol for each address that an event states.
    pub(crate) fn of(&self, event: &EventRef<'_>) -> Vec<Symbol> {
        let file = self.snapshots.files().get(event.file_number());
        let stated = stated_addresses(event).into_iter();
        file.map_or_else(Vec::new, |file| {
            stated
                .map(|stated| self.symbol(&file.header, stated))
                .collect()
        })
    }

    fn symbol(&self, header: &FileHeader, stated: StatedAddress) -> Symbol {
        let address = stated.address();
        let module = header.modules().find(|module| module.contains(address));
        let binary = module.and_then(|module| {
            let mut binaries = self.binaries.iter();
            binaries.find(|binary| binary.is_of(module))
        });
        let functions = module.zip(binary).map(|(module, binary)| {
            let looked_up = module.file_address(stated.instruction());
            binary.functions(looked_up)
        });
        Symbol {
            address: Address(address),
            module: module.map(|module| module.name.to_owned()),
            file_address: module.map(|module| Address(module.file_address(address))),
            has_binary: functions.is_some(),
            functions: functions.unwrap_or_default(),
        }
    }
}

/// Returns the reason to refuse a binary.
fn mismatch(binary: &Binary<'_>, snapshots: &Snapshots) -> String {
    const SHOWN_MAX: usize = 8;
    let headers = snapshots.files().iter().map(|file| &file.header);
    let mut stated: Vec<_> = headers
        .flat_map(FileHeader::modules)
        .filter(|module| !module.build_id.is_empty())
        .map(|module| format!("{} ({})", hex(module.build_id), module.name))
        .collect();
    stated.dedup();
    if stated.is_empty() {
        return "the snapshots state no build id to compare it with; link the program with \
                `-C link-arg=-Wl,--build-id`"
            .to_owned();
    }
    stated.truncate(SHOWN_MAX);
    format!(
        "its build id {} is not that of a module in the snapshots: {}. Give the binary that ran",
        hex(binary.build_id()),
        stated.join(", ")
    )
}
