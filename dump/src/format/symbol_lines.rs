//! The lines of text that describe an address.

use core::fmt::{self, Display, Write};

use ttlog_reader::escaped;

use crate::symbols::{Function, Symbol};

/// Number of characters of an address on most machines.
const ADDRESS_WIDTH: usize = 14;

/// Appends a line for each function at the address, or one that states why there is none.
pub(super) fn push_symbol(out: &mut String, symbol: &Symbol) {
    let address = symbol.address.to_string();
    let mut push = |first: &str, text: &dyn Display| {
        // Writing to a String does not fail.
        let _ = writeln!(out, "    {first:ADDRESS_WIDTH$} {}", escaped(text));
    };
    if symbol.functions.is_empty() {
        push(&address, &fmt::from_fn(|f| write_unknown(f, symbol)));
    }
    for (number, function) in symbol.functions.iter().enumerate() {
        let first = if number == 0 { &*address } else { "" };
        push(first, &fmt::from_fn(|f| write_function(f, function)));
    }
}

fn write_unknown(f: &mut fmt::Formatter<'_>, symbol: &Symbol) -> fmt::Result {
    let (Some(module), Some(address)) = (&symbol.module, symbol.file_address) else {
        return f.write_str("in no module that the snapshot lists");
    };
    let problem = if symbol.has_binary {
        "no symbol"
    } else {
        "no binary given"
    };
    write!(f, "{module} {address}: {problem}")
}

fn write_function(f: &mut fmt::Formatter<'_>, function: &Function) -> fmt::Result {
    f.write_str(function.name.as_deref().unwrap_or("(unknown function)"))?;
    if let Some(file) = &function.file {
        write!(f, " at {file}")?;
        if let Some(line) = function.line {
            write!(f, ":{line}")?;
        }
    }
    Ok(())
}
