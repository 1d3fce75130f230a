//! The status record: golden vectors from the original, round trips, and what is not a record.
//!
//! The vectors are `supervise/status` and `supervise/stat` of Debian's runit 2.1.2-54, whose runsv supervised a `./run` that
//! ignores TERM and exits on USR1, and a `./finish` that waits two seconds. After each control letter, half a second
//! later: `od -An -v -tx1 supervise/status; cat supervise/stat`.
//!
//! Those from "t, paused" on are of a second session, with a `./finish` that waits four seconds. `control/t` was there, and
//! exited 0, where it is named. "its second" is the one that a `./run` which has ended at once waits for.

use proptest::prelude::*;
use protocol::status::{LENGTH, STAT_MAX, State, Status, Want};
use protocol::tai64n::Tai64n;
use std::collections::BTreeSet;

/// What was done, the record, its text.
const GOLDEN: [(&str, &str, &str); 26] = [
    ("a file down", "400000006b03489d19c53c940000000000640000", "down"),
    ("u", "400000006b03489d39330b24be59000000750001", "run"),
    ("p", "400000006b03489d39330b24be59000001750001", "run, paused"),
    ("c", "400000006b03489d39330b24be59000000750001", "run"),
    ("t", "400000006b03489d39330b24be59000000750101", "run, got TERM"),
    ("o", "400000006b03489d39330b24be59000000640101", "run, got TERM, want down"),
    ("p", "400000006b03489d39330b24be59000001640101", "run, paused, got TERM, want down"),
    ("c", "400000006b03489d39330b24be59000000640101", "run, got TERM, want down"),
    ("1", "400000006b03489d39330b245c5a000000640002", "finish, want down"),
    ("finish ended", "400000006b0348a408a566dc0000000000640000", "down"),
    ("u, then 1", "400000006b0348a53a208fd42f5b000000750002", "finish"),
    ("x in finish", "400000006b0348a53a208fd42f5b000000640002", "finish, want exit"),
    ("runsv ended", "400000006b0348a90c986b2c0000000000640000", "down"),
    ("x in run", "400000006b0348a92c4de5647b5b000000640101", "run, got TERM, want exit"),
    ("t, paused", "400000006b060ed40243086c4865000001750101", "run, paused, got TERM"),
    ("p in finish", "400000006b060ed40243086cf668000001750002", "finish, paused"),
    ("d in finish, paused", "400000006b060ed40243086cf668000001640002", "finish, paused, want down"),
    ("x in finish, paused", "400000006b060ed40243086cf668000001640002", "finish, paused, want exit"),
    ("p when down", "400000006b060edb04587ed40000000001640000", "down, paused"),
    ("o, never t", "400000006b060ede261e0c8c236e000000640001", "run, want down"),
    ("o, p", "400000006b060ede261e0c8c236e000001640001", "run, paused, want down"),
    ("x, control/t exits 0", "400000006b060ede261e0c8c236e000000640001", "run, want exit"),
    ("x, control/t exits 0, p", "400000006b060ede261e0c8c236e000001640001", "run, paused, want exit"),
    ("x, t, p", "400000006b060ede261e0c8c236e000001640101", "run, paused, got TERM, want exit"),
    ("ended at once, its second", "400000006b060ee9100d36fc0000000000750000", "down"),
    ("killed while paused, its second", "400000006b060f030289bdfc0000000001750000", "down, paused"),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn text(status: &Status) -> String {
    status.stat().concat()
}

#[test]
fn records_of_the_original_are_read_and_written_to_the_byte() {
    for (cause, hex, stat) in GOLDEN {
        let record = bytes(hex);
        let mut status = Status::decode(&record).expect(cause);
        assert_eq!(status.encode().as_slice(), record, "{cause}");
        // The record has no letter for exit; its writer knows it.
        if stat.ends_with("want exit") {
            status.want = Want::Exit;
            assert_eq!(status.encode().as_slice(), record, "{cause}");
        }
        assert_eq!(text(&status), format!("{stat}\n"), "{cause}");
    }
}

#[test]
fn each_state_that_the_original_can_reach_was_recorded() {
    let said = |stat: &str, word: &str| stat.contains(word);
    let recorded: BTreeSet<_> = GOLDEN
        .into_iter()
        .map(|(_, hex, stat)| {
            let status = Status::decode(&bytes(hex)).expect("a record");
            let want = if said(stat, "want exit") {
                "exit"
            } else if status.want == Want::Up {
                "up"
            } else {
                "down"
            };
            (stat.split(',').next().unwrap_or_default().trim(), want, status.paused, status.got_term)
        })
        .collect();
    let mut reachable = BTreeSet::new();
    for (want, paused) in ["up", "down", "exit"].into_iter().flat_map(|want| [(want, false), (want, true)]) {
        reachable.extend([("run", want, paused, false), ("run", want, paused, true)]);
        // The mark of TERM goes with the process that got it.
        reachable.insert(("finish", want, paused, false));
        // A wish to exit is fulfilled when the service is down, and is not told from down.
        if want != "exit" {
            reachable.insert(("down", want, paused, false));
        }
    }
    assert_eq!(recorded, reachable);
}

#[test]
fn the_offsets_are_those_of_the_original() {
    let status = Status::decode(&bytes(GOLDEN[6].1)).expect("a record");
    let since = Tai64n::unpack([0x40, 0, 0, 0, 0x6b, 0x03, 0x48, 0x9d, 0x39, 0x33, 0x0b, 0x24]);
    let (paused, got_term) = (true, true);
    assert_eq!(status, Status { since, pid: 0x59be, paused, want: Want::Down, got_term, state: State::Run });
}

#[test]
fn a_file_of_another_length_is_not_a_record() {
    let record = bytes(GOLDEN[0].1);
    for length in (0..LENGTH).chain([LENGTH + 1, 2 * LENGTH]) {
        let mut other = record.repeat(2);
        other.truncate(length);
        assert_eq!(Status::decode(&other), None, "{length}");
    }
}

#[test]
fn stat_max_is_the_length_of_the_longest_line() {
    let mut longest = 0;
    for state in [State::Down, State::Run, State::Finish] {
        for want in [Want::Up, Want::Down, Want::Exit] {
            for (paused, got_term) in [(false, false), (false, true), (true, false), (true, true)] {
                let since = Tai64n::from_unix(0, 0);
                longest = longest.max(text(&Status { since, pid: 1, paused, want, got_term, state }).len());
            }
        }
    }
    assert_eq!(longest, STAT_MAX);
}

fn status() -> impl Strategy<Value = Status> {
    let want = prop::sample::select(vec![Want::Up, Want::Down, Want::Exit]);
    let state = prop::sample::select(vec![State::Down, State::Run, State::Finish]);
    let parts = (any::<[u8; 12]>(), any::<u32>(), any::<bool>(), want, any::<bool>(), state);
    parts.prop_map(|(since, pid, paused, want, got_term, state)| Status {
        since: Tai64n::unpack(since),
        pid,
        paused,
        want,
        got_term,
        state,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is written is read back; a want of exit reads as down.
    #[test]
    fn a_status_comes_back(status in status()) {
        let want = if status.want == Want::Up { Want::Up } else { Want::Down };
        prop_assert_eq!(Status::decode(&status.encode()), Some(Status { want, ..status }));
    }

    /// Any 20 bytes are a status, and its own record reads as the same.
    #[test]
    fn any_record_is_read(record in any::<[u8; LENGTH]>()) {
        let status = Status::decode(&record).expect("20 bytes");
        prop_assert_eq!(Status::decode(&status.encode()), Some(status));
        prop_assert!(text(&status).len() <= STAT_MAX);
    }
}
