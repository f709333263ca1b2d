//! The names of the process, which each snapshot's header states.

use std::{env, ffi::OsString, path::Path};

use crate::module_list;

/// Maximum length of a name in bytes.
const NAME_MAX_BYTES: usize = 100;

/// Names of the service, the machine, the build and the target, and the modules.
#[derive(Clone, Debug)]
pub(crate) struct ProcessInfo {
    pub(crate) service: String,
    pub(crate) host: String,
    pub(crate) build_id: String,
    /// The target, `x86_64-linux` for example.
    pub(crate) target: String,
    /// The modules that were loaded at the first start of a recorder, as they stand in a header.
    pub(crate) modules: &'static [u8],
}

impl ProcessInfo {
    /// Returns the names of this process. Default service: `$OTEL_SERVICE_NAME`, or the program's file
    /// name if that is not set.
    pub(crate) fn new(service: Option<String>, build_id: Option<String>) -> Self {
        let service = service.or_else(otel_service).or_else(program);
        let system = rustix::system::uname();
        Self {
            service: bounded(service.unwrap_or_default()),
            host: bounded(system.nodename().to_string_lossy().into_owned()),
            build_id: bounded(build_id.unwrap_or_default()),
            target: format!("{}-{}", env::consts::ARCH, env::consts::OS),
            modules: module_list::at_first_start(),
        }
    }
}

/// Returns an environment variable, or `None` if it is not set or empty.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn otel_service() -> Option<String> {
    variable("OTEL_SERVICE_NAME")?.into_string().ok()
}

fn program() -> Option<String> {
    let program = env::current_exe().ok()?;
    let name = Path::new(program.file_name()?).to_string_lossy();
    Some(name.into_owned())
}

fn bounded(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(NAME_MAX_BYTES));
    name
}
