//! An event as a line of text.

use ttlog_core::{error, info};
use ttlog_reader::{Snapshots, TextFormat};

use crate::support::{Recorder, SECOND, header};

#[test]
fn the_formats_have_their_columns() {
    let recorder = Recorder::new(4, 256);
    recorder.at(1_234_567);
    error!(target: "shop::order", "failed id={id}", id = 7, why = "no \"stock\"", path = "a\\b");
    let mut snapshots = Snapshots::new();
    snapshots
        .read("a.bin", &recorder.snapshot(&header(SECOND)))
        .unwrap();
    let event = snapshots.events().next().unwrap();
    let line = |format: TextFormat| {
        let mut line = String::new();
        format.push(&event, &mut line);
        line
    };
    let fields = "failed id=7 why=\"no \\\"stock\\\"\" path=a\\b";
    assert_eq!(
        line(TextFormat::FULL),
        format!(
            "2026-11-23T12:00:00.001234567Z ERROR {:24} {:12} -        {fields}",
            "shop::order", "main"
        )
    );
    assert_eq!(
        line(TextFormat::SHORT),
        format!("12:00:00.001234 ERROR shop::order {fields}")
    );
    let colored = line(TextFormat {
        color: true,
        ..TextFormat::SHORT
    });
    assert!(colored.contains("\x1b[31mERROR\x1b[0m"), "{colored:?}");
}

#[test]
fn nothing_of_an_event_controls_the_terminal() {
    let recorder = Recorder::new(4, 1024);
    recorder.thread("t\u{202e}\n");
    for hostile in [
        "\u{1b}[31m",
        "\u{9b}",
        "\u{202e}abc",
        "\u{200b}",
        "\u{2028}",
        "a b\u{7f}",
        "\n",
    ] {
        info!("message {hostile}", field = hostile);
        info!("quoted", field = format_args!("= {hostile}"));
    }
    let mut snapshots = Snapshots::new();
    snapshots
        .read("a.bin", &recorder.snapshot(&header(SECOND)))
        .unwrap();
    let mut count = 0;
    for event in snapshots.events() {
        let mut line = String::new();
        TextFormat::FULL.push(&event, &mut line);
        assert!(line.is_ascii(), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
        count += 1;
    }
    assert_eq!(count, 14);
}
