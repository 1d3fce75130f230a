//! `deny-newer-calls REASON PROGRAM ARGUMENTS…`: becomes the program, under a filter that denies every system call newer than
//! Linux 3.2, as container runtimes and vendors' kernels do. The reason is EPERM or ENOSYS.
//!
//! Its one law: it denies by number, so a call that somebody takes up next year is denied as well.

use std::collections::BTreeMap;
use std::env::{self, consts};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// The first number after those of Linux 3.2 (`process_vm_writev` is the last of them), where numbers are given in turn.
const FIRST_NEWER: i64 = if cfg!(target_arch = "x86_64") { 312 } else { 272 };
/// Beyond the newest call that there is.
const END: i64 = 1024;

fn main() -> Result<()> {
    let mut words = env::args_os().skip(1);
    let reason = words.next().context("usage: deny-newer-calls EPERM|ENOSYS PROGRAM ARGUMENTS")?;
    let errno = match reason.to_str() {
        Some("EPERM") => 1,
        Some("ENOSYS") => 38,
        _ => bail!("the reason is EPERM or ENOSYS, not {reason:?}"),
    };
    let program = words.next().context("there is no program to become")?;
    let denied: BTreeMap<_, _> = (FIRST_NEWER..END).map(|number| (number, Vec::new())).collect();
    let machine = consts::ARCH.try_into().context("no filter can be made for this machine")?;
    let filter = SeccompFilter::new(denied, SeccompAction::Allow, SeccompAction::Errno(errno), machine)?;
    apply_filter(&BpfProgram::try_from(filter)?).context("unable to install the filter")?;
    let error = Command::new(&program).args(words).exec();
    Err(error).with_context(|| format!("unable to run {}", program.display()))
}
