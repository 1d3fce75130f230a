//! What the user asked for: the word of the command line that names a command, and the control letters it sends.
//!
//! Pure. Its one law: only whole words are the commands of init scripts; of any other word the first letter counts, so
//! `sv u web` and `sv upwards web` are `sv up web`. Source: sv(8), COMMANDS; runit-facts "sv".

use protocol::control::Control;

/// A command, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Report, send nothing.
    Status,
    /// Wait for what is wanted already, send nothing.
    Check,
    /// Send letters, in one write.
    Send(Request),
}

/// Letters to be sent, and what happens afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// In the order in which they are sent.
    pub(crate) letters: &'static [Control],
    /// Wait for the effect even without `-v`?
    pub(crate) waits: bool,
    /// Send the kill letter if the time runs out?
    pub(crate) kills: bool,
}

impl Order {
    /// Understands a word. As an init script (`lsb`), of the words with `s` only `status` means status.
    pub(crate) fn parse(word: &[u8], lsb: bool) -> Option<Order> {
        match word {
            b"status" => Some(Order::Status),
            b"check" => Some(Order::Check),
            _ => action(word).or_else(|| letter(word, lsb)),
        }
    }

    /// The letters to be sent; none for status and check.
    pub(crate) fn letters(&self) -> &'static [Control] {
        match self {
            Order::Send(request) => request.letters,
            Order::Status | Order::Check => &[],
        }
    }

    /// Does it wait for its effect, even if not told to?
    pub(crate) fn waits(&self) -> bool {
        match self {
            Order::Status => false,
            Order::Check => true,
            Order::Send(request) => request.waits,
        }
    }

    /// Is a supervisor that has ended what it wants?
    pub(crate) fn wants_exit(&self) -> bool {
        self.letters().contains(&Control::Exit)
    }
}

/// The commands that are compatible with init scripts, the letters of each, and whether it kills what does not listen.
const ACTIONS: &[(&str, &[Control], bool)] = &[
    ("start", &[Control::Up], false),
    ("stop", &[Control::Down], false),
    ("shutdown", &[Control::Exit], false),
    ("reload", &[Control::Hangup], false),
    ("restart", &[Control::Terminate, Control::Continue, Control::Up], false),
    ("try-restart", &[Control::Terminate, Control::Continue], false),
    ("force-stop", &[Control::Down], true),
    ("force-shutdown", &[Control::Exit], true),
    ("force-reload", &[Control::Terminate, Control::Continue], true),
    ("force-restart", &[Control::Terminate, Control::Continue, Control::Up], true),
];

/// One of these commands: all of them wait.
fn action(word: &[u8]) -> Option<Order> {
    let (_, letters, kills) = ACTIONS.iter().find(|(known, ..)| known.as_bytes() == word)?;
    Some(Order::Send(Request { letters, waits: true, kills: *kills }))
}

/// The other commands, by their first letter.
fn letter(word: &[u8], lsb: bool) -> Option<Order> {
    const LETTERS: &[Control] = &Control::ALL;
    let letter = match word.first()? {
        b's' => return (!lsb).then_some(Order::Status),
        b'D' => return action(b"force-stop"),
        b'T' => return action(b"force-reload"),
        b'X' | b'E' => return action(b"force-shutdown"),
        b'e' => b'x',
        letter => *letter,
    };
    let control = LETTERS.iter().find(|control| control.byte() == letter)?;
    Some(Order::Send(Request { letters: std::slice::from_ref(control), waits: false, kills: false }))
}
