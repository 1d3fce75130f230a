//! `boards/yocto`: the layer under oelint-adv, its list of crates, its checksums.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::{dist, host};
use temp_dir::TempDir;

use pilotlight_qemu_tests::python;

const LAYER: &str = "boards/yocto/meta-pilotlight";
/// The list of crates, in the layer.
const CRATES: &str = "recipes-core/pilotlight/pilotlight-crates.inc";
const RELEASE: &str = "oelint-adv==9.11.2";
/// The release of Yocto whose rules count.
const YOCTO: &str = "whinlatter";
/// Whether the project's page answers is not for a build machine to find out.
const SUPPRESSED: &str = "oelint.vars.homepageping";

#[test]
fn oelint_finds_nothing() -> Result<()> {
    let place = TempDir::new().context("unable to make a temporary directory")?;
    let layer = place.child("meta-pilotlight");
    dist::copy_sources(&host::root().join(LAYER), &layer)?;
    // The linter takes minutes for a list of eighty crates that are all alike: it gets the list of the first two.
    let crates = crates()?;
    let short = list_of(crates.get(..2).context("Cargo.lock has no two crates")?);
    fs::write(layer.join(CRATES), short).context("unable to write the list of crates")?;

    let words = ["-name", "*.bb*", "-o", "-name", "*.conf", "-o", "-name", "*.inc"];
    let list = host::output(Command::new("find").arg(&layer).args(words))?;
    let files: Vec<_> = list.lines().collect();
    ensure!(files.len() >= 8, "the files of the layer are not found: {files:?}");
    let mut lint = Command::new(python::programs_of(RELEASE)?.join("oelint-adv"));
    lint.args(["--quiet", "--release", YOCTO, "--suppress", SUPPRESSED]).args(&files);
    let output = lint.output().context("unable to run oelint-adv")?;
    let findings = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && findings.trim().is_empty(), "oelint-adv: {findings}");
    Ok(())
}

/// One crate of Cargo.lock: its name with version, its address in the registry, its SHA-256.
fn crates() -> Result<Vec<(String, String, String)>> {
    let text = fs::read_to_string(host::root().join("Cargo.lock")).context("unable to read Cargo.lock")?;
    let lock: toml::Table = toml::from_str(&text).context("Cargo.lock is no table")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock has no packages")?;
    let field = |package: &toml::Value, name: &str| Some(package.get(name)?.as_str()?.to_owned());
    let found = packages.iter().filter_map(|package| {
        let (name, version) = (field(package, "name")?, field(package, "version")?);
        let checksum = field(package, "checksum")?;
        Some((format!("{name}-{version}"), format!("crate://crates.io/{name}/{version}"), checksum))
    });
    Ok(found.collect())
}

/// The file of these crates.
fn list_of(crates: &[(String, String, String)]) -> String {
    let mut list =
        String::from("# The crates of Cargo.lock, written by the test `packages` with UPDATE=1.\n\nSRC_URI += \"\\\n");
    list.extend(crates.iter().map(|(_, address, _)| format!("    {address} \\\n")));
    list += "\"\n\n";
    list.extend(crates.iter().map(|(name, _, sum)| format!("SRC_URI[{name}.sha256sum] = \"{sum}\"\n")));
    list
}

#[test]
fn the_list_of_crates_is_that_of_the_lock() -> Result<()> {
    let crates = crates()?;
    ensure!(crates.len() > 10, "Cargo.lock has {} crates", crates.len());
    let wanted = list_of(&crates);
    let path = host::root().join(LAYER).join(CRATES);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &wanted).context("unable to write the list of crates")?;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    ensure!(found == wanted, "{} is out of date, run this with UPDATE=1", path.display());
    Ok(())
}

#[test]
fn the_checksums_of_the_licences_are_those_of_the_files() -> Result<()> {
    let path = host::root().join(LAYER).join("recipes-core/pilotlight/pilotlight.inc");
    let text = fs::read_to_string(&path).with_context(|| format!("unable to read {}", path.display()))?;
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        let sum = host::output(Command::new("md5sum").arg(host::root().join(name)))?;
        let sum = sum.split_whitespace().next().context("md5sum said nothing")?;
        ensure!(text.contains(&format!("file://{name};md5={sum}")), "the checksum of {name} is another: {sum}");
    }
    Ok(())
}
