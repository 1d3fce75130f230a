//! `boards/openwrt`: the package's steps are played by make and cargo, and its init script is asked what it tells procd.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;

const PACKAGE: &str = "boards/openwrt/pilotlight";
/// As much of OpenWrt as the package uses, by the path below its tree.
const OPENWRT: &[(&str, &str)] = &[
    (
        "rules.mk",
        "SHELL := bash\nINCLUDE_DIR := $(TOPDIR)/include\nTAR := tar\nLN := ln -sf\nINSTALL_DIR := install -d\n\
         INSTALL_BIN := install -m0755\nPKG_BUILD_DIR := $(TOPDIR)/build\nPKG_INSTALL_DIR := $(TOPDIR)/installed\n",
    ),
    (
        "include/package.mk",
        "define BuildPackage\n.PHONY: prepare compile install\nprepare:\n\t$$(Build/Prepare)\n\
         compile:\n\t$$(Build/Compile)\ninstall:\n\t$$(call Package/$(1)/install,$$(ROOT))\nendef\n",
    ),
    (
        "feeds/packages/lang/rust/rust-package.mk",
        "RUST_ARCH_DEPENDS := @x86_64\nCARGO_PKG_VARS = RUSTFLAGS=-Ctarget-feature=-crt-static\n\
         define Build/Compile/Cargo\n\t+$(CARGO_PKG_VARS) cargo install --quiet --profile release --root $(PKG_INSTALL_DIR) \
         --force --path $(PKG_BUILD_DIR)/$(1) --target x86_64-unknown-linux-gnu --target-dir $(TOPDIR)/target --locked $(2)\n\
         endef\n",
    ),
];

#[test]
fn the_package_is_made_and_looks_in_etc_service() -> Result<()> {
    let _lock = host::lock()?;
    let tree = host::make_dir(host::work_dir().join("openwrt"))?;
    for (path, text) in OPENWRT {
        let file = tree.join(path);
        host::make_dir(file.parent().context("a path without a parent")?.to_owned())?;
        fs::write(&file, text).with_context(|| format!("unable to write {path}"))?;
    }
    let (build, root) = (tree.join("build"), tree.join("root"));
    for part in [&build, &root] {
        let _ = fs::remove_dir_all(part); // of an earlier run
    }
    host::require("gcc", &["gcc", "libc6-dev"])?;
    for goal in ["prepare", "compile", "install"] {
        let mut make = Command::new(host::require("make", &["make"])?);
        make.args(["--no-print-directory", goal]).current_dir(host::root().join(PACKAGE));
        make.arg(format!("TOPDIR={}", tree.display())).arg(format!("ROOT={}", root.display()));
        host::run(&mut make).with_context(|| format!("the step {goal} failed"))?;
    }
    ensure!(!build.join("target").exists() && build.join("LICENSE-MIT").is_file(), "the sources were copied wrongly");
    for program in ["runsv", "runsvdir", "runsvchdir", "pilotlight", "svlogd", "chpst"] {
        ensure!(root.join("usr/sbin").join(program).is_file(), "{program} is missing");
    }
    ensure!(root.join("etc/init.d/pilotlight").is_file(), "the init script is missing");
    ensure!(!root.join("usr/sbin/runit").exists(), "process 1 is procd's");
    let mut look = Command::new("grep");
    host::run(look.args(["-qa", "/var/run/runit/supervise"]).arg(root.join("usr/sbin/runsv")))
        .context("runsv keeps its state elsewhere")?;
    // A program without libc that was linked wrongly does not come as far as its usage.
    for program in ["runsv", "runsvdir", "runsvchdir"] {
        let output = Command::new(root.join("usr/sbin").join(program)).output();
        let output = output.with_context(|| format!("unable to run {program}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(1) && said.starts_with("usage:"), "{program}: {} {said}", output.status);
    }
    let bytes = fs::read(root.join("usr/sbin/pilotlight")).context("unable to read pilotlight")?;
    ensure!(bytes.windows(12).any(|window| window == b"/etc/service"), "sv looks elsewhere");
    Ok(())
}

/// What the init script tells procd when a function of it is called.
fn told(function: &str) -> Result<String> {
    let script = "for word in open_instance set_param close_instance send_signal; do \
         eval \"procd_$word() { echo $word \\\"\\$@\\\"; }\"; done; . \"$0\"; \"$1\"";
    let mut sh = Command::new("sh");
    host::output(sh.args(["-c", script]).arg(host::root().join(PACKAGE).join("files/pilotlight.init")).arg(function))
}

#[test]
fn procd_keeps_runsvdir_and_stops_its_services_with_it() -> Result<()> {
    let start = told("start_service")?;
    let command = "open_instance\nset_param command /usr/sbin/runsvdir -P /etc/service\nset_param respawn\n";
    ensure!(start.starts_with(command) && start.ends_with("close_instance\n"), "procd is told: {start}");
    let stop = told("stop_service")?;
    ensure!(stop == "send_signal pilotlight * HUP\n", "procd is told: {stop}");
    Ok(())
}
