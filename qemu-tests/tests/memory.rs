//! The kernel's out-of-memory killer: a service that eats all memory is killed, and whoever supervises lives on. On x86_64: the
//! killer is the same on each board.

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::board::Board;
use pilotlight_qemu_tests::guest::Guest;

/// Makes the services `greedy`, which takes all memory and writes down how it ended, once for each time that it is told to, and
/// `still`, with a log, which does nothing.
const SERVICES: &[&str] = &[
    "mkdir -p /etc/sv/greedy /etc/sv/still/log",
    // A line without an end: tail keeps all of it.
    "printf '#!/bin/sh\\nexec tail /dev/zero\\n' >/etc/sv/greedy/run",
    "printf '#!/bin/sh\\necho $1 $2 >>/tmp/ended\\n' >/etc/sv/greedy/finish",
    "printf '#!/bin/sh\\nexec sleep 100000\\n' >/etc/sv/still/run",
    "cp /etc/sv/still/run /etc/sv/still/log/run",
    "chmod 755 /etc/sv/greedy/run /etc/sv/greedy/finish /etc/sv/still/run /etc/sv/still/log/run",
    "touch /etc/sv/greedy/down",
    "ln -s /etc/sv/greedy /etc/sv/still /service/",
    "until sv check still greedy >/dev/null 2>&1; do usleep 50000; done",
];

/// The processes of these names, sorted.
fn processes(guest: &mut Guest, names: &str) -> Result<Vec<u32>> {
    let listed = guest.run(&format!("pidof {names}"))?;
    let mut pids: Vec<u32> = listed.split_whitespace().map(str::parse).collect::<Result<_, _>>().context("no pids")?;
    pids.sort_unstable();
    Ok(pids)
}

/// A service far below process 1 has an empty mask, default dispositions, and descriptors 0, 1, 2; so has its log service.
fn services_start_clean(guest: &mut Guest) -> Result<()> {
    for supervise in ["/service/still/supervise", "/service/still/log/supervise"] {
        let pid = guest.run(&format!("cat {supervise}/pid"))?;
        guest.wait_until(&format!("grep -q '^Name:.sleep$' /proc/{pid}/status"))?;
        let masks = guest.run(&format!("grep -cE '^Sig(Blk|Ign|Cgt):.0000000000000000$' /proc/{pid}/status"))?;
        ensure!(masks == "3", "{supervise}: {}", guest.run(&format!("grep Sig /proc/{pid}/status"))?);
        let descriptors = guest.run(&format!("echo /proc/{pid}/fd/*"))?;
        let expected = ["0", "1", "2"].map(|number| format!("/proc/{pid}/fd/{number}")).join(" ");
        ensure!(descriptors == expected, "{supervise} has {descriptors}");
    }
    Ok(())
}

/// What is asked of the killer: to spare whoever supervises, and to treat services as before.
fn supervisors_are_spared(guest: &mut Guest, supervisors: &[u32]) -> Result<()> {
    for pid in supervisors.iter().filter(|pid| **pid != 1) {
        let score = guest.run(&format!("cat /proc/{pid}/oom_score_adj"))?;
        ensure!(score == "-1000", "the supervisor {pid} has the score {score}");
    }
    for supervise in ["/service/still/supervise", "/service/still/log/supervise"] {
        let score = guest.run(&format!("cat /proc/$(cat {supervise}/pid)/oom_score_adj"))?;
        ensure!(score == "0", "{supervise}: the service has the score {score}");
    }
    Ok(())
}

#[test]
fn a_service_that_eats_all_memory_is_killed_and_supervisors_live_on() -> Result<()> {
    let mut guest = Guest::boot(Board::load("x86_64")?, "")?;
    guest.wait_for_shell()?;
    for command in SERVICES {
        guest.run(command)?;
    }
    services_start_clean(&mut guest)?;
    let supervisors = processes(&mut guest, "runit runsvdir runsv")?;
    ensure!(supervisors.len() >= 8 && supervisors.first() == Some(&1), "these supervise: {supervisors:?}");
    supervisors_are_spared(&mut guest, &supervisors)?;
    let still = guest.run("cat /service/still/supervise/pid")?;

    for times in ["1", "2", "3"] {
        guest.run("sv once greedy >/dev/null")?;
        guest.wait_until(&format!("[ \"$(grep -c '^-1 9$' /tmp/ended 2>/dev/null)\" = {times} ]"))?;
    }
    ensure!(guest.run("dmesg | grep -cE 'Killed process [0-9]+ \\(tail\\)'")? == "3", "another one was killed as well");
    ensure!(processes(&mut guest, "runit runsvdir runsv")? == supervisors, "a supervisor was killed");
    ensure!(guest.run("cat /service/still/supervise/pid")? == still, "a service that eats nothing was killed");
    guest.enter("init 0")?;
    guest.wait_for("- runit: power off")?;
    guest.wait_for_power_off().map(drop)
}
