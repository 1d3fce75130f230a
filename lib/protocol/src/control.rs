//! The letters that control a service: byte, signal and hook of each.
//!
//! A letter is written into `supervise/control` and read by runsv, one at a time. Its one law: a letter, the signal that
//! it stands for and the hook that may replace the signal are listed here and nowhere else. Source: runsv(8), CONTROL.

/// A signal's number, the same on every architecture that we build for (x86, ARM, RISC-V).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(
    /// The number as kill(2) takes it.
    pub u8,
);

impl Signal {
    /// Hang-up.
    pub const HUP: Signal = Signal(1);
    /// Interrupt.
    pub const INT: Signal = Signal(2);
    /// Quit.
    pub const QUIT: Signal = Signal(3);
    /// Kill, which nothing can catch.
    pub const KILL: Signal = Signal(9);
    /// User-defined 1.
    pub const USR1: Signal = Signal(10);
    /// User-defined 2.
    pub const USR2: Signal = Signal(12);
    /// A pipe without a reader.
    pub const PIPE: Signal = Signal(13);
    /// Alarm.
    pub const ALRM: Signal = Signal(14);
    /// Terminate.
    pub const TERM: Signal = Signal(15);
    /// A child changed its state.
    pub const CHLD: Signal = Signal(17);
    /// Continue.
    pub const CONT: Signal = Signal(18);
    /// Stop, which nothing can catch.
    pub const STOP: Signal = Signal(19);
    /// Power failure.
    pub const PWR: Signal = Signal(30);
}

/// What one letter in the control fifo asks of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Control {
    /// `u`: start it, and restart it whenever it ends.
    Up = b'u',
    /// `d`: stop it and leave it down.
    Down = b'd',
    /// `o`: start it if it is down, never restart it.
    Once = b'o',
    /// `x`: stop it, then let its supervisor end.
    Exit = b'x',
    /// `t`: send TERM.
    Terminate = b't',
    /// `k`: send KILL.
    Kill = b'k',
    /// `p`: send STOP.
    Pause = b'p',
    /// `c`: send CONT.
    Continue = b'c',
    /// `a`: send ALRM.
    Alarm = b'a',
    /// `h`: send HUP.
    Hangup = b'h',
    /// `i`: send INT.
    Interrupt = b'i',
    /// `q`: send QUIT.
    Quit = b'q',
    /// `1`: send USR1.
    User1 = b'1',
    /// `2`: send USR2.
    User2 = b'2',
}

impl Control {
    /// Every letter, in the order of runsv(8).
    pub const ALL: [Control; 14] = [
        Control::Up,
        Control::Down,
        Control::Once,
        Control::Pause,
        Control::Continue,
        Control::Hangup,
        Control::Alarm,
        Control::Interrupt,
        Control::Quit,
        Control::User1,
        Control::User2,
        Control::Terminate,
        Control::Kill,
        Control::Exit,
    ];

    /// The meaning of a byte read from the fifo; `None` for a byte that runsv ignores (a newline is one).
    pub fn from_byte(byte: u8) -> Option<Control> {
        Control::ALL.iter().copied().find(|control| control.byte() == byte)
    }

    /// The byte that stands for it in the fifo, also the name of its hook below `control/`.
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The signal that a letter sends by itself; `None` for the four that change what is wanted.
    pub fn signal(self) -> Option<Signal> {
        SIGNALS.iter().find(|(control, _)| *control == self).map(|(_, signal)| *signal)
    }
}

/// The letters that send a signal by themselves, and the signal.
const SIGNALS: &[(Control, Signal)] = &[
    (Control::Terminate, Signal::TERM),
    (Control::Kill, Signal::KILL),
    (Control::Pause, Signal::STOP),
    (Control::Continue, Signal::CONT),
    (Control::Alarm, Signal::ALRM),
    (Control::Hangup, Signal::HUP),
    (Control::Interrupt, Signal::INT),
    (Control::Quit, Signal::QUIT),
    (Control::User1, Signal::USR1),
    (Control::User2, Signal::USR2),
];
