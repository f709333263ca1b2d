//! The thread of the console.

use std::{io::Write, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use ttlog_reader::{TextFormat, write_json};

use crate::{console::Console, ring_follower::RingFollower};

/// The thread's name.
pub(crate) const NAME: &str = "ttlog-console";

/// The time between two reads of the ring.
const INTERVAL: Duration = Duration::from_millis(50);

/// Shows events until the other end of `stopped` is dropped, or until writing fails.
pub(crate) fn run(mut console: Console, mut follower: RingFollower, stopped: &Receiver<()>) {
    let format = TextFormat {
        color: console.color,
        ..TextFormat::SHORT
    };
    loop {
        let is_last = stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Disconnected);
        // Writing to memory does not fail.
        let (mut lines, mut line) = (Vec::new(), String::new());
        let missed = follower.poll(usize::MAX, |event| {
            if event.level() < console.level {
                return;
            }
            if console.json {
                let _ = write_json(&mut lines, event);
            } else {
                line.clear();
                format.push(event, &mut line);
                lines.extend_from_slice(line.as_bytes());
            }
            lines.push(b'\n');
        });
        if missed > 0 {
            let _ = if console.json {
                writeln!(lines, "{{\"missed\":{missed}}}")
            } else {
                writeln!(
                    lines,
                    "({missed} events were overwritten before they could be shown)"
                )
            };
        }
        let written = console
            .out
            .write_all(&lines)
            .and_then(|()| console.out.flush());
        if is_last || written.is_err() {
            return;
        }
    }
}
