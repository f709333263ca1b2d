//! `--symbols`: a child process crashes, and the functions at its addresses are shown.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use std::{
    env,
    ffi::OsStr,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::{self, Command},
    ptr,
};

use object::{Object, ObjectSection};
use serde_json::Value;
use tempfile::TempDir;
use ttlog_std::Trace;

/// The variable that states the snapshot directory of the child process.
const DIRECTORY: &str = "TTLOG_TEST_SYMBOLS";

#[inline(never)]
fn writes_to_a_bad_address() {
    let bad = ptr::without_provenance_mut::<u8>(black_box(0x10));
    // SAFETY: this is the fault that the test is about.
    unsafe { bad.write_volatile(1) };
}
const CRASH_LINE: u32 = line!() - 2;

#[inline(never)]
fn calls_it() {
    writes_to_a_bad_address();
    black_box(());
}

/// Crashes with a frame pointer that leads to one frame, whatever the flags of the build: the call was the first
/// instruction of [`calls_it`].
#[cfg(target_arch = "x86_64")]
fn crashes_in_a_call_of_calls_it() {
    let frame = [0, (calls_it as fn() as *const ()).addr() + 1];
    // SAFETY: this is the fault that the test is about.
    unsafe {
        std::arch::asm!(
            "mov rbp, {frame}",
            "mov byte ptr [0x10], 1",
            frame = in(reg) &raw const frame,
        );
    }
}

/// The snapshot of a crash.
struct Crash {
    file: PathBuf,
    _directory: TempDir,
}

impl Crash {
    /// Runs the test with this name again, in a child process in which `run` crashes.
    fn of(test: &str, run: fn()) -> Self {
        if let Some(directory) = env::var_os(DIRECTORY) {
            let builder = Trace::builder().directory(directory);
            let _trace = builder.crash_signals(true).build().unwrap();
            run();
            process::exit(0);
        }
        let directory = tempfile::tempdir().unwrap();
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(DIRECTORY, directory.path())
            .current_dir(directory.path())
            .output()
            .unwrap();
        let entries = fs::read_dir(&directory).unwrap();
        let mut files = entries.map(|entry| entry.unwrap().path());
        let file = files.find(|file| file.extension().is_some_and(|it| it == "bin"));
        Self {
            file: file.unwrap_or_else(|| panic!("{child:?}")),
            _directory: directory,
        }
    }

    /// Runs `dump` with these options on the file. Returns its status, its output and its errors.
    fn dump(&self, options: &[&OsStr]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dump"));
        let output = command.args(options).arg(&self.file).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let status = output.status.code().unwrap();
        (status, text(output.stdout), text(output.stderr))
    }

    fn dump_with_symbols(&self, format: &str, binary: &Path) -> (i32, String, String) {
        let format = format!("--format={format}");
        self.dump(&[format.as_ref(), "--symbols".as_ref(), binary.as_os_str()])
    }
}

/// Returns whether this test is built with line tables.
fn has_lines() -> bool {
    let bytes = fs::read(env::current_exe().unwrap()).unwrap();
    let file = object::read::elf::ElfFile64::<object::Endianness>::parse(&*bytes).unwrap();
    // The standard library has line tables in any case, in few units.
    let lines = file.section_by_name(".debug_line");
    lines.is_some_and(|lines| {
        let data = lines.data().unwrap();
        data.windows(10).any(|bytes| bytes == b"symbols.rs")
    }) || file
        .section_by_name(".debug_line_str")
        .is_some_and(|lines| {
            let data = lines.data().unwrap();
            data.windows(10).any(|bytes| bytes == b"symbols.rs")
        })
}

#[test]
fn the_function_that_crashed_is_shown_in_text() {
    let crash = Crash::of("the_function_that_crashed_is_shown_in_text", calls_it);
    let program = env::current_exe().unwrap();
    let (status, out, err) = crash.dump_with_symbols("text", &program);
    assert_eq!((status, &*err), (0, ""), "{out}");
    let (_, lines) = out.split_once("crash by SIGSEGV").unwrap();
    let (_, lines) = lines.split_once('\n').unwrap();
    assert!(lines.starts_with("    0x"), "{out}");
    // A function of the standard library may be in line.
    let mut named = lines.lines();
    let line = named.find(|line| line.contains(" symbols::writes_to_a_bad_address"));
    let line = line.unwrap_or_else(|| panic!("{out}"));
    if has_lines() {
        let place = format!("dump/tests/symbols.rs:{CRASH_LINE}");
        assert!(line.ends_with(&place), "{line}");
    } else {
        eprintln!("SKIPPED: this test is built without line tables");
    }
    // Without the option there is no such line.
    let (_, out, _) = crash.dump(&["--format=text".as_ref()]);
    assert!(!out.contains("writes_to_a_bad_address"), "{out}");
}

#[test]
fn the_function_that_crashed_is_shown_in_json() {
    let crash = Crash::of("the_function_that_crashed_is_shown_in_json", calls_it);
    let program = env::current_exe().unwrap();
    let name = program.file_name().unwrap().to_str().unwrap();
    for format in ["json", "ndjson"] {
        let (status, out, err) = crash.dump_with_symbols(format, &program);
        assert_eq!((status, &*err), (0, ""), "{out}");
        let event: Value = if format == "json" {
            let mut document: Value = serde_json::from_str(&out).unwrap();
            document["events"].as_array_mut().unwrap().pop().unwrap()
        } else {
            serde_json::from_str(out.lines().last().unwrap()).unwrap()
        };
        assert_eq!(event["fields"]["signal"], "SIGSEGV");
        let symbol = &event["symbols"][0];
        assert_eq!(symbol["module"], name);
        let functions = symbol["functions"].as_array().unwrap();
        let function = functions.last().unwrap();
        assert_eq!(function["name"], "symbols::writes_to_a_bad_address");
        let address = symbol["address"].as_str().unwrap();
        let address = u64::from_str_radix(address.strip_prefix("0x").unwrap(), 16).unwrap();
        assert_eq!(event["fields"]["instruction"], address);
        check_keys("A symbol", symbol);
        check_keys("A function", function);
    }
}

/// Checks that an object has the keys in a table of SCHEMA.md.
fn check_keys(heading: &str, object: &Value) {
    let schema = include_str!("../SCHEMA.md");
    let mut sections = schema.split("\n## ");
    let section = sections.find(|it| it.starts_with(heading)).unwrap();
    let keys = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut keys: Vec<_> = keys.map(|row| row.split('`').next().unwrap()).collect();
    keys.sort_unstable();
    let object = object.as_object().unwrap();
    assert!(object.keys().eq(keys), "{object:?}");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_return_address_shows_the_function_that_called() {
    let test = "a_return_address_shows_the_function_that_called";
    let crash = Crash::of(test, crashes_in_a_call_of_calls_it);
    let program = env::current_exe().unwrap();
    let (_, out, _) = crash.dump_with_symbols("text", &program);
    let line = out.lines().last().unwrap();
    assert!(line.contains(" symbols::calls_it"), "{out}");
}

#[test]
fn an_address_in_a_library_names_the_library() {
    let crash = Crash::of("an_address_in_a_library_names_the_library", || {
        process::abort()
    });
    let program = env::current_exe().unwrap();
    let (_, out, _) = crash.dump_with_symbols("text", &program);
    let mut lines = out
        .lines()
        .skip_while(|line| !line.contains("crash by SIGABRT"));
    let line = lines.nth(1).unwrap();
    assert!(
        line.contains(" libc.so") && line.ends_with(": no binary given"),
        "{out}"
    );
}

#[test]
fn a_binary_of_another_build_is_refused() {
    let crash = Crash::of("a_binary_of_another_build_is_refused", calls_it);
    let other = Path::new(env!("CARGO_BIN_EXE_dump"));
    let (status, out, err) = crash.dump_with_symbols("text", other);
    assert_eq!((status, &*out), (2, ""), "{err}");
    let start = format!("dump: {}: its build id ", other.display());
    assert!(err.starts_with(&start), "{err}");
    assert!(
        err.contains(" is not that of a module in the snapshots: "),
        "{err}"
    );
    // One that is right does not make up for it.
    let (right, symbols) = (env::current_exe().unwrap(), OsStr::new("--symbols"));
    let options = [symbols, right.as_os_str(), symbols, other.as_os_str()];
    let (status, out, err) = crash.dump(&options);
    assert_eq!((status, &*out), (2, ""), "{err}");
}

#[test]
fn a_file_that_is_no_binary_is_refused() {
    let crash = Crash::of("a_file_that_is_no_binary_is_refused", calls_it);
    for (path, problem) in [
        (&*crash.file, "this is no 64-bit ELF file"),
        (Path::new("/nonexistent"), "No such file"),
    ] {
        let (status, out, err) = crash.dump_with_symbols("json", path);
        assert_eq!((status, &*out), (2, ""), "{err}");
        assert!(err.contains(problem), "{err}");
    }
}

#[test]
fn a_snapshot_that_states_no_build_id_has_no_symbols() {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ttlog-core/tests/golden/v2-stored.bin"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_dump"))
        .args(["--symbols", env!("CARGO_BIN_EXE_dump"), golden])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("the snapshots state no build id"), "{err}");
}
