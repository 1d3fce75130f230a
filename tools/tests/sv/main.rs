//! sv as its users meet it: the real program on real directories, one scenario a test. Tests tools/src/sv.
//!
//! Most scenarios need no supervisor: the fixture keeps `supervise/` as runsv would, to the moment. Their one law: wait for
//! a state, never for a time.

mod calls;
mod commands;
mod completions;
mod fixture;
mod init_script;
mod misuse;
mod output;
mod places;
mod status;
mod supervised;
mod waiting;
