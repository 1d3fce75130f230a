//! The run scripts of `runscripts/`: their form, their options against Debian's manual pages, and the daemons that are started for real.
//!
//! Their one law: what README.md says of a directory is what is in it, and a daemon is believed when it has run, answered and ended
//! under our runsvdir, runsv, sv and svlogd. Source: runsv(8), `runscripts/README.md`.

mod daemons;
mod form;
mod options;
mod room;
mod table;
