//! runsv, runsvdir and runsvchdir as their users meet them: the real programs on temporary service directories, one
//! scenario a test.
//!
//! Scripts write what happens to them into a `journal`, and scenarios wait for its lines. Their one law: wait for a state,
//! never for a time.

mod adoption;
mod calls;
mod capacity;
mod children;
mod clean_start;
mod control;
mod crowd;
mod disk;
mod faults;
mod finish;
mod fixture;
mod hooks;
mod limits;
mod links;
mod log;
mod names;
mod old_calls;
mod oom;
mod ownership;
mod pipes;
mod proof;
mod read_only;
mod readers;
mod record;
mod restart;
mod runlevels;
mod scan;
mod scripts;
mod services;
mod setup;
mod shortage;
mod signals;
mod status;
mod strangers;
mod sv;
mod takeover;
mod title;
mod usage;
mod users;
mod wait;
