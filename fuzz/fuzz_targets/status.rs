//! The status record, as readers find it in `supervise/status`, and its text.
//!
//! Its one law: any 20 bytes and nothing else are a status; what is written is read back, and the text says the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::status::{LENGTH, STAT_MAX, State, Status, Want};
use protocol::tai64n::Tai64n;

/// Where the flags begin: behind the stamp and the process id.
const FLAGS: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    check_stamp_text(bytes);
    let read = Status::decode(bytes);
    assert_eq!(read.is_some(), bytes.len() == LENGTH);
    let Some(status) = read else { return };
    let record = status.encode();
    assert_eq!(record[..FLAGS], bytes[..FLAGS], "stamp and process id are kept to the byte");
    assert_eq!(Status::decode(&record), Some(status));
    for want in [Want::Up, Want::Down, Want::Exit] {
        let asked = Status { want, ..status };
        let known = if want == Want::Exit { Want::Down } else { want };
        assert_eq!(Status::decode(&asked.encode()), Some(Status { want: known, ..status }));
        check_text(&asked);
    }
    assert_eq!(Tai64n::from_text(&status.since.to_text()), Some(status.since));
});

/// A text is a stamp if the stamp's own text is the same.
fn check_stamp_text(text: &[u8]) {
    if let Some(stamp) = Tai64n::from_text(text) {
        assert_eq!(stamp.to_text(), text);
    }
}

fn check_text(status: &Status) {
    let text = status.stat().concat();
    assert!(text.len() <= STAT_MAX, "{text:?}");
    let words: Vec<&str> = text.strip_suffix('\n').expect("one line").split(", ").collect();
    let state = match status.state {
        State::Down => "down",
        State::Run => "run",
        State::Finish => "finish",
    };
    let has_process = status.state != State::Down;
    let marks = [
        (status.paused, "paused"),
        (status.got_term, "got TERM"),
        (has_process && status.want == Want::Down, "want down"),
        (has_process && status.want == Want::Exit, "want exit"),
    ];
    let marks = marks.into_iter().filter_map(|(is_set, word)| is_set.then_some(word));
    assert_eq!(words, [state].into_iter().chain(marks).collect::<Vec<_>>());
}
