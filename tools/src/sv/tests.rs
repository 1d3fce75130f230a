//! Laws of the pure parts, held against arbitrary input.

use super::command::Order;
use super::judge::{Verdict, is_superfluous, judge};
use super::plan::plan;
use super::report::{Observation, Style, Trouble};
use super::{json, report};
use crate::number::{decimal, leading, whole};
use proptest::prelude::*;
use protocol::control::Control;
use protocol::status::{LENGTH, State, Status, Want};
use std::ffi::{CStr, CString};

fn any_status() -> impl Strategy<Value = Status> {
    any::<[u8; LENGTH]>().prop_filter_map("20 bytes are a status", |record| Status::decode(&record))
}

fn any_word() -> impl Strategy<Value = CString> {
    let usual = prop::sample::select(vec!["-v", "-w", "-w5", "--json", "--", "status", "restart", "force-stop", "u"]);
    let wild = prop::collection::vec(1..=u8::MAX, 0..12);
    let bytes = prop_oneof![usual.prop_map(Vec::from), wild];
    bytes.prop_map(|bytes| CString::new(bytes).expect("no NUL"))
}

const WHOLE_WORDS: [&str; 12] = [
    "start",
    "stop",
    "reload",
    "restart",
    "shutdown",
    "try-restart",
    "force-stop",
    "force-reload",
    "force-restart",
    "force-shutdown",
    "check",
    "status",
];

proptest! {
    /// Every command line is either understood or answered with the usage and the code of its kind.
    #[test]
    fn any_command_line_is_answered(words in prop::collection::vec(any_word(), 0..6), lsb: bool) {
        let program = if lsb { c"/etc/init.d/web" } else { c"/usr/bin/sv" };
        let words: Vec<&CStr> = words.iter().map(|word| &**word).collect();
        match plan(program, &words, None) {
            Ok(plan) => {
                prop_assert_eq!(plan.lsb, Some(&b"web"[..]).filter(|_| lsb));
                prop_assert!(plan.services().next().is_some() || plan.order == Order::Status);
                prop_assert!(!plan.json || plan.order == Order::Status);
            }
            Err(misused) => {
                prop_assert_eq!(misused.code, if lsb { 2 } else { 100 });
                prop_assert!(misused.text.ends_with(b"\n\n"));
            }
        }
    }

    /// Of a word that is no whole word, only the first letter counts.
    #[test]
    fn the_first_letter_decides(word in "[a-zA-Z0-9][a-z-]{0,8}") {
        prop_assume!(!WHOLE_WORDS.contains(&word.as_str()));
        let first = word.get(..1).unwrap_or_default();
        prop_assert_eq!(Order::parse(word.as_bytes(), false), Order::parse(first.as_bytes(), false));
    }

    /// The process that was there before the command never passes for its successor.
    #[test]
    fn the_old_process_never_passes(mut status in any_status()) {
        status.pid = status.pid.max(1);
        for word in WHOLE_WORDS.iter().filter(|word| word.ends_with("restart") || word.ends_with("force-reload")) {
            let order = Order::parse(word.as_bytes(), false).expect("a command");
            prop_assert_eq!(judge(&order, &status, &status), Verdict::NotYet, "sv {}", word);
        }
    }

    /// Only a service that runs is asked whether it works, and only one without a process is down.
    #[test]
    fn up_needs_a_process_and_down_needs_none(before in any_status(), now in any_status()) {
        let judged = |word: &[u8]| judge(&Order::parse(word, false).expect("a command"), &before, &now);
        let runs = now.state == State::Run && now.pid != 0;
        prop_assert_eq!(judged(b"start") == Verdict::DoneIfChecked, runs);
        prop_assert!(judged(b"start") != Verdict::Done);
        let is_down = now.state == State::Down && now.pid == 0;
        prop_assert_eq!(judged(b"stop") == Verdict::Done, is_down && now.want == Want::Down);
        prop_assert_eq!(judged(b"shutdown"), Verdict::NotYet);
        prop_assert_eq!(judged(b"reload"), Verdict::Done);
    }

    /// A letter is left out only if runsv is at it already.
    #[test]
    fn only_what_is_wanted_is_left_out(now in any_status()) {
        prop_assert_eq!(is_superfluous(&[Control::Up], &now), now.want == Want::Up);
        prop_assert!(!is_superfluous(&[Control::Down], &now) || (now.want == Want::Down && now.got_term));
        prop_assert!(!is_superfluous(&[Control::Terminate, Control::Continue, Control::Up], &now));
    }

    /// Any 20 bytes give one line, without colours where none are asked for.
    #[test]
    fn any_status_is_one_line(status in any_status(), normally_up: bool, now: i64) {
        let mut out = Vec::new();
        Style { now, colour: false }.describe(&mut out, b"web", &Observation { status, normally_up });
        let line = String::from_utf8(out).expect("text");
        let front = format!("{}: web: ", report::word(status.state));
        prop_assert!(line.starts_with(&front), "{}", line);
        prop_assert!(line.chars().all(|character| (' '..='~').contains(&character)), "{}", line);
    }

    /// Any name and any status give one line of JSON that a reader of JSON understands.
    #[test]
    fn json_is_json(name in prop::collection::vec(any::<u8>(), 0..20), status in any_status(), now: i64, up: bool) {
        let seen = Ok(Observation { status, normally_up: up });
        let log = Err(Trouble::NotRunning);
        let mut line = Vec::new();
        json::line(&mut line, &name, &seen, Some(&log), now);
        let line = String::from_utf8(line).expect("text");
        prop_assert_eq!(line.lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        prop_assert_eq!(value["name"].as_str(), Some(&*String::from_utf8_lossy(&name)));
        prop_assert_eq!(value["pid"].as_u64(), Some(u64::from(status.pid)).filter(|pid| *pid != 0));
        prop_assert_eq!(value["normally_up"].as_bool(), Some(up));
        prop_assert_eq!(value["log"]["error"].as_str(), Some("runsv not running"));
    }

    /// A number is read as far as its digits go, and no further than there are numbers.
    #[test]
    fn numbers_are_digits(value: u64, rest in "([^0-9].{0,3})?") {
        let text = format!("{value}{rest}");
        prop_assert_eq!(leading(text.as_bytes()), (value, rest.as_bytes()));
        prop_assert_eq!(whole(text.as_bytes()), Some(value).filter(|_| rest.is_empty()));
        prop_assert_eq!(String::from_utf8(decimal(value)).ok(), Some(value.to_string()));
        prop_assert_eq!(whole(format!("{value}99999999999999999999").as_bytes()), Some(u64::MAX));
    }
}
