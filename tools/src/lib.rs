//! The four tools, each a module with its `main`, and what they share. The programs in `bin` call these.

pub mod chpst;
pub mod contents;
pub mod environment;
pub mod number;
pub mod options;
pub mod sv;
pub mod svlogd;
mod text;
pub mod utmpset;

use text::text;
