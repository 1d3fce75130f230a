//! svlogd on real log directories: each test tells one scenario of svlogd(8), or one defect of the original that is mended.

mod bench;
mod damage;
mod foreign;
mod kill;
mod logs;
mod processing;
mod reference;
mod rules;
mod selection;
mod signals;

// For the files of svlogd that `rules` holds.
use pilotlight_tools::number;
