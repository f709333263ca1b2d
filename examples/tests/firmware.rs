//! Runs the programs for one board in QEMU. Skips them with a message if the tools are missing.
//! `firmware/run all` runs the programs for all boards.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::Command,
};

/// The runner's exit status if tools are missing.
const MISSING: i32 = 77;

#[test]
fn the_programs_for_a_board_do_what_their_expected_output_says() -> io::Result<()> {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware/run");
    let output = Command::new("bash")
        .arg(runner)
        .args(["--target", "thumbv7m-none-eabi", "all"])
        .output()?;
    let text = [output.stdout, output.stderr].concat();
    if output.status.code() == Some(MISSING) {
        // The test runner captures the output of `eprintln!`, but not this output.
        return writeln!(
            io::stderr(),
            "SKIPPED: programs for boards: {}",
            String::from_utf8_lossy(&text).trim()
        );
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
    Ok(())
}

#[test]
fn the_guide_shows_the_program_that_is_run() -> io::Result<()> {
    let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("firmware");
    let program = fs::read_to_string(firmware.join("src/bin/guide.rs"))?;
    let shown = program
        .split_once("// README.md begins here.\n")
        .and_then(|(_, rest)| rest.split_once("// README.md ends here."))
        .expect("the marks")
        .0;
    assert!(shown.lines().count() > 20, "{shown}");
    let guide = fs::read_to_string(firmware.join("README.md"))?;
    assert!(
        guide.contains(&format!("```rust,ignore\n{shown}```\n")),
        "README.md must contain:\n{shown}"
    );
    Ok(())
}
