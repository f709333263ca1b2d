//! The JSON of events.

use ttlog_core::{error, info, span};
use ttlog_reader::{Event, Field, Snapshots, escaped, write_json};

use crate::support::{Recorder, SECOND, board_header, context_of, header};

#[test]
fn an_event_and_its_owned_copy_are_the_same_json_and_come_back() {
    let recorder = Recorder::new(8, 1024);
    let context = context_of(1 << 100, 7).enter();
    let span = span!("span \"quoted\"", id = 5);
    info!(target: "a::b", "text {} {name:>5}", 1.5_f32, name = "x\n\u{1b}");
    error!(
        "values",
        none = None::<u8>,
        some = Some(3),
        large = u64::MAX,
        negative = i128::MIN,
        float = 0.1_f32,
        wide = 1e300,
        nan = f64::NAN,
        flag = true,
        letter = 'ß',
        bytes = [1_u8, 255].as_slice(),
    );
    drop(span);
    drop(context);
    for header in [header(SECOND), board_header(SECOND)] {
        let mut snapshots = Snapshots::new();
        snapshots
            .read("a.bin", &recorder.snapshot(&header))
            .unwrap();
        let mut count = 0;
        for event in snapshots.events() {
            let json = serde_json::to_string(&event).unwrap();
            let owned = Event::from(&event);
            assert_eq!(serde_json::to_string(&owned).unwrap(), json);
            let back: Event = serde_json::from_str(&json).unwrap();
            assert_eq!(back, owned);
            count += 1;
        }
        assert_eq!(count, 4);
    }
}

#[test]
fn an_event_without_its_description_comes_back_too() {
    let recorder = Recorder::new(4, 256);
    info!("lost {}", 1);
    let mut bytes = recorder.snapshot(&header(SECOND));
    let text = bytes.windows(4).position(|bytes| bytes == b"lost").unwrap();
    bytes[text] ^= 1;
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", &bytes).unwrap();
    let event = snapshots.events().next().unwrap();
    let json = serde_json::to_string(&event).unwrap();
    let back: Event = serde_json::from_str(&json).unwrap();
    assert_eq!(back, Event::from(&event));
    assert_eq!(
        (back.target, back.line, back.fields),
        (None, None, Vec::new())
    );
    assert!(back.message.contains("is lost"));
}

#[test]
fn fields_are_values() {
    let recorder = Recorder::new(4, 256);
    info!("order", id = 7, name = "a");
    let bytes = recorder.snapshot(&header(SECOND));
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", &bytes).unwrap();
    let event = snapshots.events().next().unwrap();
    let fields: Vec<_> = event.fields().collect();
    assert_eq!(
        fields,
        [("id", Field::Integer(7)), ("name", Field::Text("a".into()))]
    );
}

#[test]
fn no_character_of_the_json_controls_a_terminal() {
    let recorder = Recorder::new(8, 1024);
    // All characters that are escaped are in these ranges, and no printed one beyond is special.
    let ranges = [0..0x3000, 0xfe00..0x1_0000, 0xe_0000..0xe_0200];
    let text: Vec<char> = ranges
        .into_iter()
        .flatten()
        .filter_map(char::from_u32)
        .collect();
    for part in text.chunks(500) {
        let part: String = part.iter().collect();
        info!(part, "{part}");
        let mut snapshots = Snapshots::new();
        snapshots
            .read("a.bin", &recorder.snapshot(&header(SECOND)))
            .unwrap();
        let event = snapshots.events().last().unwrap();
        let mut json = Vec::new();
        write_json(&mut json, &event).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert_eq!(escaped(&json).to_string(), json);
        let back: Event = serde_json::from_str(&json).unwrap();
        assert_eq!(back, Event::from(&event));
    }
}
