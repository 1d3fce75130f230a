//! Paths: both forms of one agree, and the defaults are the original's.

use protocol::paths;

#[test]
fn both_forms_of_a_path_agree() {
    let pairs = [
        (paths::STAGE_1, paths::c::STAGE_1),
        (paths::STOPIT, paths::c::STOPIT),
        (paths::CONSOLE, paths::c::CONSOLE),
        (paths::SUPERVISE, paths::c::SUPERVISE),
        (paths::STATUS_NEW, paths::c::STATUS_NEW),
    ];
    for (text, c) in pairs {
        assert_eq!(text.as_bytes(), c.to_bytes());
    }
}

#[test]
fn unless_the_build_says_otherwise_the_places_are_the_originals() {
    let places = [
        (paths::SERVICES, "/service", option_env!("PILOTLIGHT_SERVICES")),
        (paths::ETC, "/etc/runit", option_env!("PILOTLIGHT_ETC")),
        (paths::STATE, "/run/runit/supervise", option_env!("PILOTLIGHT_STATE")),
        (paths::RUNLEVELS, "/etc/runit/runsvdir", option_env!("PILOTLIGHT_RUNLEVELS")),
        (paths::STAGE_1, "/etc/runit/1", option_env!("PILOTLIGHT_STAGE_1")),
        (paths::STAGE_2, "/etc/runit/2", option_env!("PILOTLIGHT_STAGE_2")),
        (paths::STAGE_3, "/etc/runit/3", option_env!("PILOTLIGHT_STAGE_3")),
        (paths::CTRLALTDEL, "/etc/runit/ctrlaltdel", option_env!("PILOTLIGHT_CTRLALTDEL")),
        (paths::STOPIT, "/etc/runit/stopit", option_env!("PILOTLIGHT_STOPIT")),
        (paths::REBOOT, "/etc/runit/reboot", option_env!("PILOTLIGHT_REBOOT")),
        (paths::NOSYNC, "/etc/runit/nosync", option_env!("PILOTLIGHT_NOSYNC")),
        (paths::PWRFAIL, "/etc/runit/pwrfail", option_env!("PILOTLIGHT_PWRFAIL")),
        (paths::RUNIT, "/sbin/runit", option_env!("PILOTLIGHT_RUNIT")),
    ];
    let etc = option_env!("PILOTLIGHT_ETC").unwrap_or("/etc/runit");
    for (path, default, set) in places {
        assert_eq!(path, set.map_or_else(|| default.replace("/etc/runit", etc), str::to_owned));
    }
}
