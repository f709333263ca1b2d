//! The text format.

use std::path::PathBuf;

use tempfile::TempDir;
use ttlog_core::{error, info, span};

use crate::support::{
    Answer, Recorder, SECOND, answer, board_header, context_of, dump, header, program,
};

fn example(dir: &TempDir) -> PathBuf {
    let recorder = Recorder::new(4, 1024);
    recorder.at(1_000);
    error!(target: "shop::order", "failed id={id}", id = 7, why = "no stock", shop = "x\u{1b}[31m");
    recorder.at(2_000);
    let entered = context_of(0x4bf9_2f35 << 96, 3).enter();
    let span = span!(target: "shop::pay", "charge", cents = 995);
    recorder.at(1_502_000);
    drop(span);
    drop(entered);
    recorder.save(dir, "a.bin", &header(SECOND))
}

fn text(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 0, "{answer:?}");
    answer.out.lines().collect()
}

#[test]
fn a_file_has_a_head_and_each_event_a_line() {
    let dir = TempDir::new().unwrap();
    let path = example(&dir);
    let answer = dump(["--format=text".as_ref(), path.as_os_str()]);
    let at = "2026-11-23T12:00:00.00";
    let (order, pay) = ("shop::order             ", "shop::pay               ");
    let lines = [
        format!(
            "# {}: shop, pid 4242, on pluto, reason order_failed, taken \
             2026-11-23T12:00:01.000000000Z",
            path.display()
        ),
        String::from(
            "# recorded 3 = kept 3 + overwritten 0 + dropped 0, complete since \
             2026-11-23T12:00:00.000000000Z, shown 3",
        ),
        format!(
            "{at}0001000Z ERROR {order} main         -        failed id=7 why=\"no stock\" \
             shop=x\\u{{1b}}[31m"
        ),
        format!("{at}0002000Z INFO  {pay} main         4bf92f35 > charge cents=995"),
        format!("{at}1502000Z INFO  {pay} main         4bf92f35 < charge 1.5ms"),
    ];
    assert_eq!(text(&answer), lines);
}

#[test]
fn a_line_is_the_same_from_one_snapshot_of_a_run_and_from_several() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    info!("before both");
    let first = recorder.save(&dir, "a.bin", &header(SECOND));
    info!("before the second");
    let second = recorder.save(&dir, "b.bin", &header(SECOND));
    let events = |paths: &[&PathBuf]| -> Vec<String> {
        let answer = answer(program().arg("--format=text").args(paths));
        let lines = text(&answer)
            .into_iter()
            .filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(events(&[&second]).len(), 2);
    assert_eq!(events(&[&first, &second]), events(&[&second]));
}

#[test]
fn a_file_that_is_complete_only_since_after_its_moment_says_so() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(2, 128);
    for number in 1..100 {
        recorder.at(number * 1000);
        info!("work");
    }
    let head = |name: &str, taken_ns: u64| {
        let path = recorder.save(&dir, name, &header(taken_ns));
        let answer = dump(["--format=text".as_ref(), path.as_os_str()]);
        text(&answer)[1].to_owned()
    };
    let said = ", so nothing before the moment is certain, shown 0";
    assert!(head("a.bin", 10_000).ends_with(said));
    assert!(!head("b.bin", 99_000).contains("certain"));
}

#[test]
fn lines_of_several_files_say_whose_they_are() {
    let dir = TempDir::new().unwrap();
    let one = example(&dir);
    let recorder = Recorder::new(4, 256);
    info!(target: "board", "blink");
    let other = recorder.save(&dir, "b.bin", &board_header(SECOND));
    let answer = dump(["--format=text".as_ref(), one.as_os_str(), other.as_os_str()]);
    let lines = text(&answer);
    assert_eq!(lines.len(), 8);
    assert!(
        lines[4].starts_with("+0.000000000 INFO  board[0] "),
        "{}",
        lines[4]
    );
    assert!(lines[5].contains(" ERROR shop[4242] "), "{}", lines[5]);
}

#[test]
fn colours_are_only_for_terminals_unless_they_are_asked_for() {
    let dir = TempDir::new().unwrap();
    let path = example(&dir);
    let colored = |args: &[&str], no_color: &str| {
        let mut program = program();
        let answer = answer(program.env("NO_COLOR", no_color).args(args).arg(&path));
        text(&answer);
        answer.out.contains('\u{1b}')
    };
    assert!(!colored(&["--format=text"], ""));
    assert!(!colored(&["--format=text", "--color=never"], ""));
    assert!(colored(&["--format=text", "--color=always"], ""));
    assert!(colored(&["--format=text", "--color=always"], "1"));
    assert!(!colored(&["--color=always"], ""));
}
