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

/// The commands that are compatible with init scripts: all of them wait.
fn action(word: &[u8]) -> Option<Order> {
    let (word, kills) = match word {
        b"force-stop" | b"force-reload" | b"force-restart" | b"force-shutdown" => (word.get(6..)?, true),
        _ => (word, false),
    };
    let letters: &[Control] = match word {
        b"start" => &[Control::Up],
        b"stop" => &[Control::Down],
        b"shutdown" => &[Control::Exit],
        b"restart" => &[Control::Terminate, Control::Continue, Control::Up],
        b"reload" if !kills => &[Control::Hangup],
        b"reload" | b"try-restart" => &[Control::Terminate, Control::Continue],
        _ => return None,
    };
    Some(Order::Send(Request { letters, waits: true, kills }))
}

/// The other commands, by their first letter.
fn letter(word: &[u8], lsb: bool) -> Option<Order> {
    let letters: &[Control] = match word.first()? {
        b's' => return (!lsb).then_some(Order::Status),
        b'D' => return action(b"force-stop"),
        b'T' => return action(b"force-reload"),
        b'X' | b'E' => return action(b"force-shutdown"),
        b'u' => &[Control::Up],
        b'd' => &[Control::Down],
        b'o' => &[Control::Once],
        b'x' | b'e' => &[Control::Exit],
        b'p' => &[Control::Pause],
        b'c' => &[Control::Continue],
        b'h' => &[Control::Hangup],
        b'a' => &[Control::Alarm],
        b'i' => &[Control::Interrupt],
        b'q' => &[Control::Quit],
        b'1' => &[Control::User1],
        b'2' => &[Control::User2],
        b't' => &[Control::Terminate],
        b'k' => &[Control::Kill],
        _ => return None,
    };
    Some(Order::Send(Request { letters, waits: false, kills: false }))
}
