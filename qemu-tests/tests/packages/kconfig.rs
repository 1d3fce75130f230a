//! The Kconfig files of `boards/buildroot`, resolved by kconfiglib among the names of Buildroot that they use.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;

use pilotlight_qemu_tests::python;

const RELEASE: &str = "kconfiglib==14.1.0";

/// What is set, by name, after these words.
fn resolve(words: &[&str]) -> Result<BTreeMap<String, String>> {
    let here = host::root().join("qemu-tests/tests/packages");
    let mut command = Command::new(python::programs_of(RELEASE)?.join("python3"));
    command.arg(here.join("kconfig.py")).arg(here.join("Kconfig.buildroot")).args(words);
    command.env("BR2_EXTERNAL_PILOTLIGHT_PATH", host::root().join("boards/buildroot"));
    let text = host::output(&mut command)?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[test]
fn the_init_system_brings_what_it_needs() -> Result<()> {
    let set = resolve(&["BR2_INIT_PILOTLIGHT=y", "BR2_PACKAGE_DROPBEAR=y"])?;
    for name in [
        "BR2_PACKAGE_PILOTLIGHT",
        "BR2_PACKAGE_HOST_RUSTC",
        "BR2_PACKAGE_SKELETON_INIT_PILOTLIGHT",
        "BR2_PACKAGE_SKELETON_INIT_COMMON",
        "BR2_PACKAGE_HAS_SKELETON",
        "BR2_PACKAGE_PILOTLIGHT_INIT_SCRIPTS",
        "BR2_PACKAGE_PILOTLIGHT_SYSLOGD",
        "BR2_PACKAGE_PILOTLIGHT_DROPBEAR",
    ] {
        ensure!(set.get(name).is_some_and(|value| value == "y"), "{name} is not set: {set:?}");
    }
    let skeleton = set.get("BR2_PACKAGE_PROVIDES_SKELETON").context("nothing provides the skeleton")?;
    ensure!(skeleton == "skeleton-init-pilotlight", "the skeleton is {skeleton}");
    ensure!(!set.contains_key("BR2_PACKAGE_PILOTLIGHT_DNSMASQ"), "a service without its daemon is offered");
    Ok(())
}

#[test]
fn without_mmu_or_rust_it_is_not_offered() -> Result<()> {
    for missing in ["BR2_USE_MMU=n", "BR2_PACKAGE_HOST_RUSTC_TARGET_ARCH_SUPPORTS=n"] {
        let set = resolve(&[missing, "BR2_INIT_PILOTLIGHT=y", "BR2_PACKAGE_PILOTLIGHT=y"])?;
        ensure!(!set.keys().any(|name| name.contains("PILOTLIGHT")), "{missing}: {set:?}");
    }
    Ok(())
}

#[test]
fn the_package_alone_brings_no_init_system() -> Result<()> {
    let set = resolve(&["BR2_PACKAGE_PILOTLIGHT=y"])?;
    let with_pilotlight = set.keys().filter(|name| name.contains("PILOTLIGHT")).count();
    ensure!(with_pilotlight == 1 && set.contains_key("BR2_INIT_BUSYBOX"), "{set:?}");
    Ok(())
}
