//! What the supervisor's programs share: the files of a service directory and the children started in it.
//!
//! Its one law: no decision is taken here; `machine` decides, these files carry out.
#![no_std]

pub mod adoption;
pub mod chain;
pub mod child;
pub mod failure;
pub mod folder;
pub mod lock;
pub mod oom;
pub mod perform;
pub mod service;
pub mod service_dir;
pub mod starter;
pub mod title_log;
pub mod way;
