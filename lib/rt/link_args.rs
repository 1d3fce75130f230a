//! Build script of the packages with freestanding programs: the link arguments they cannot do without.
//!
//! Its one law: what a program without libc needs stands here and not in `.cargo/config.toml`, because the RUSTFLAGS of a
//! distribution's build replace that file's. Used by `init` and `supervisor` through `build = "../lib/rt/link_args.rs"`.

use std::path::Path;
use std::{env, fs};

/// Arguments that a linker itself understands; a compiler driver gets them behind `-Wl,`.
const LINKER: &[&str] = &["--gc-sections", "--build-id=none", "--no-eh-frame-hdr", "-znorelro"];

/// Arguments that only a compiler driver (cc) understands.
const DRIVER: &[&str] = &["-nostartfiles", "-nodefaultlibs", "-static", "-no-pie"];

/// The linker script. It is written where the linker finds it wherever the package that uses this build script lies.
const LAYOUT: &str = include_str!("program.ld");

fn main() {
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let page = (arch == "aarch64").then_some("-zmax-page-size=65536");
    let bare = links_with_a_bare_linker();
    let layout = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("program.ld");
    if let Err(error) = fs::write(&layout, LAYOUT) {
        println!("cargo::error=unable to write {}: {error}", layout.display());
    }
    let layout = format!("-T{}", layout.display());
    let wrap = |arg: &str| if bare { arg.to_owned() } else { format!("-Wl,{arg}") };
    let driver = if bare { &["-nostdlib", "-static", "-no-pie"][..] } else { DRIVER };
    let linker = LINKER.iter().copied().chain(page).chain([layout.as_str()]).map(wrap);
    for arg in driver.iter().map(|arg| (*arg).to_owned()).chain(linker) {
        println!("cargo::rustc-link-arg-bins={arg}");
    }
}

/// Is the linker ld or lld itself, by the flavour that RUSTFLAGS name, or by the linker's name?
fn links_with_a_bare_linker() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let flavour = flags.split('\x1f').find_map(|flag| flag.split_once("linker-flavor=").map(|(_, value)| value));
    match flavour {
        Some(value) => !value.ends_with("cc") && value != "gcc",
        None => env::var("RUSTC_LINKER").is_ok_and(|linker| linker.ends_with("ld")),
    }
}
