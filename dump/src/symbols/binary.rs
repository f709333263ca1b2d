//! A binary with symbols or debug information.

use std::{borrow::Cow, fmt};

use addr2line::{
    Context, demangle_auto,
    gimli::{self, Dwarf, EndianSlice, RunTimeEndian},
};
use object::{Endianness, Object, ObjectSection, SymbolMap, SymbolMapName, read::elf::ElfFile64};
use ttlog_reader::{FileHeader, Module};

use super::Function;

type Bytes<'b> = EndianSlice<'b, RunTimeEndian>;

/// A program or a shared library, or the debug information that was split off it.
pub(crate) struct Binary<'b> {
    build_id: &'b [u8],
    symbols: SymbolMap<SymbolMapName<'b>>,
    /// `None` if it cannot be read.
    debug_information: Option<Context<Bytes<'b>>>,
}

impl fmt::Debug for Binary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { build_id, .. } = self;
        f.debug_struct("Binary")
            .field("build_id", build_id)
            .finish_non_exhaustive()
    }
}

impl<'b> Binary<'b> {
    /// Finds the parts of a binary.
    ///
    /// # Errors
    ///
    /// Returns the problem as a text if this is no ELF file, or if it has no build id.
    pub(crate) fn parse(bytes: &'b [u8]) -> Result<Self, String> {
        let file = ElfFile64::<Endianness>::parse(bytes)
            .map_err(|error| format!("this is no 64-bit ELF file: {error}"))?;
        let build_id = file.build_id().ok().flatten();
        Ok(Self {
            build_id: build_id.ok_or(
                "this has no build id to compare; link it with `-C link-arg=-Wl,--build-id`",
            )?,
            symbols: file.symbol_map(),
            debug_information: debug_information(&file).ok(),
        })
    }

    pub(crate) fn build_id(&self) -> &[u8] {
        self.build_id
    }

    /// Returns whether this is the file of a module.
    pub(crate) fn is_of(&self, module: Module<'_>) -> bool {
        self.build_id == module.build_id
    }

    /// Returns whether this is the file of a module in a header.
    pub(crate) fn is_of_a_module(&self, header: &FileHeader) -> bool {
        header.modules().any(|module| self.is_of(module))
    }

    /// Returns the functions at an address of the file, those that are compiled in line first. Without debug
    /// information, returns the function in the symbol table.
    pub(crate) fn functions(&self, address: u64) -> Vec<Function> {
        let mut functions = self.functions_in_debug_information(address);
        let symbol = self.symbols.containing(address).map(SymbolMapName::name);
        let symbol = symbol.map(|name| demangle_auto(name.into(), None).into_owned());
        let Some(symbol) = symbol else {
            return functions;
        };
        match functions.last_mut() {
            None => functions.push(Function {
                name: Some(symbol),
                file: None,
                line: None,
            }),
            // Line tables have short names, or none.
            Some(outermost) if is_short_for(outermost.name.as_deref(), &symbol) => {
                outermost.name = Some(symbol);
            }
            Some(_) => {}
        }
        functions
    }

    fn functions_in_debug_information(&self, address: u64) -> Vec<Function> {
        let mut functions = Vec::new();
        let frames = self.debug_information.as_ref().map(|context| {
            // Files of split debug information are not looked for.
            context.find_frames(address).skip_all_loads()
        });
        let Some(Ok(mut frames)) = frames else {
            return functions;
        };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame
                .function
                .as_ref()
                .and_then(|name| name.demangle().ok());
            let place = frame.location.as_ref();
            functions.push(Function {
                name: name.map(Cow::into_owned),
                file: place.and_then(|place| place.file).map(str::to_owned),
                line: place.and_then(|place| place.line),
            });
        }
        functions
    }
}

/// Returns whether a name in the debug information is the last part of the name in the symbol table, or missing.
fn is_short_for(name: Option<&str>, symbol: &str) -> bool {
    name.is_none_or(|name| symbol.ends_with(name))
}

fn debug_information<'b>(
    file: &ElfFile64<'b, Endianness>,
) -> Result<Context<Bytes<'b>>, Box<dyn std::error::Error>> {
    let endian = if file.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    let section = |id: gimli::SectionId| -> Result<Bytes<'b>, object::Error> {
        let bytes = match file.section_by_name(id.name()) {
            Some(section) => section.compressed_data()?,
            None => return Ok(Bytes::new(&[], endian)),
        };
        // Compressed sections are rare, and their decoders are large.
        if bytes.format == object::CompressionFormat::None {
            Ok(Bytes::new(bytes.data, endian))
        } else {
            Ok(Bytes::new(&[], endian))
        }
    };
    Ok(Context::from_dwarf(Dwarf::load(section)?)?)
}
