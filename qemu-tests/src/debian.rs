//! Packages of a Debian release, for any architecture, without touching the machine's own packages.
//!
//! Its one law: apt works in a directory of ours, with a configuration of ours; no root, no `dpkg --add-architecture`. The
//! release is the same on every machine, whatever the machine itself runs.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::host;

/// The release that kernels, busybox and musl come from, and its keys.
const SOURCE: &str = "http://deb.debian.org/debian bookworm main";
/// The same for the architecture that this release does not have: the first release that has it.
const SOURCE_RISCV64: &str = "http://deb.debian.org/debian trixie main";
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What nobody reads in a root directory of packages.
const WITHOUT: &[&str] =
    &["--exclude=./usr/share/doc/*", "--exclude=./usr/share/locale/*", "--exclude=./usr/share/man/*"];

/// A kernel as it was unpacked.
pub struct Kernel {
    /// What QEMU boots.
    pub file: PathBuf,
    /// The modules asked for, in the same order.
    pub modules: Vec<PathBuf>,
}

/// One architecture of the release.
pub struct Debian {
    architecture: String,
    directory: PathBuf,
    lists_are_fresh: Cell<bool>,
}

impl Debian {
    /// Sets up the private apt directory of an architecture.
    pub fn new(architecture: &str) -> Result<Self> {
        let directory = host::work_dir().join("debian").join(architecture);
        Ok(Self { architecture: architecture.to_owned(), directory, lists_are_fresh: Cell::new(false) })
    }

    /// The directory that holds the files of `package` whose paths match `pattern`; fetched if it is not there yet.
    pub fn files_of(&self, package: &str, pattern: &str) -> Result<PathBuf> {
        self.unpack(package, &[pattern], |_| Ok(package.to_owned()))
    }

    /// As `files_of`, for the kernel that the package `meta` depends on, and for those of its modules; `board` needs them.
    pub fn kernel(&self, meta: &str, board: &str, modules: &[String]) -> Result<Kernel> {
        // A kernel takes only the modules that were built with it: they are unpacked together.
        let name = if modules.is_empty() { meta.to_owned() } else { format!("{meta}-of-{board}") };
        let patterns: Vec<_> = modules.iter().map(|module| format!("./lib/modules/*/kernel/{module}")).collect();
        let patterns: Vec<_> = std::iter::once("./boot/vmlinuz-*").chain(patterns.iter().map(String::as_str)).collect();
        let unpacked = self.unpack(&name, &patterns, |debian| debian.first_dependency(meta))?;
        let only_entry = |directory: PathBuf| {
            let entry = fs::read_dir(&directory).ok().and_then(|mut entries| entries.next()?.ok());
            entry.map(|entry| entry.path()).with_context(|| {
                format!("{} holds nothing of a kernel; remove {}", directory.display(), unpacked.display())
            })
        };
        let file = only_entry(unpacked.join("boot"))?;
        let mut kernel = Kernel { file, modules: Vec::new() };
        for module in modules {
            let path = only_entry(unpacked.join("lib/modules"))?.join("kernel").join(module);
            if !path.is_file() {
                bail!("Debian's kernel was unpacked without {module}; remove {}", unpacked.display());
            }
            kernel.modules.push(path);
        }
        Ok(kernel)
    }

    /// A directory with one for each of the packages: its files whose paths match `pattern`. What is missing is fetched together.
    pub fn files_of_each(&self, packages: &[&str], pattern: &str, name: &str) -> Result<PathBuf> {
        let directory = host::make_dir(self.directory.join("unpacked").join(name))?;
        let missing: Vec<_> = packages.iter().copied().filter(|it| !directory.join(it).is_dir()).collect();
        if !missing.is_empty() {
            self.refresh_lists()?;
            self.fetch(&missing)?;
        }
        for package in missing {
            let part = self.directory.join("part");
            extract(&self.fetched(package)?, &[pattern], &part)?;
            let target = directory.join(package);
            fs::rename(&part, &target).with_context(|| format!("unable to make {}", target.display()))?;
        }
        Ok(directory)
    }

    /// A root directory with the files of the packages and of all that they need; none of their scripts has run, and it has
    /// neither users nor the files that those scripts make.
    pub fn root(&self, name: &str, packages: &[&str]) -> Result<PathBuf> {
        let (root, list) = (self.directory.join("roots").join(name), packages.join("\n"));
        let whole = root.with_extension("packages");
        if fs::read_to_string(&whole).is_ok_and(|made_of| made_of == list) {
            return Ok(root);
        }
        let archives = self.fetch_closure(packages)?;
        let _ = fs::remove_dir_all(&root); // of other packages, or of a run that was cut off
        merge_usr(&root)?;
        let entries = fs::read_dir(&archives).with_context(|| format!("unable to read {}", archives.display()))?;
        for file in entries.flatten().map(|entry| entry.path()).filter(|path| path.extension() == Some("deb".as_ref()))
        {
            extract_into(&file, WITHOUT, &root)?;
        }
        fs::write(&whole, list).with_context(|| format!("unable to write {}", whole.display()))?;
        Ok(root)
    }

    /// Fetches packages and all that they need; the directory that their files are in.
    fn fetch_closure(&self, packages: &[&str]) -> Result<PathBuf> {
        self.refresh_lists()?;
        let names = packages.join(", ");
        host::say(&format!("fetching Debian's {names} for {}, and what they need", self.architecture));
        // Without a status file of its own, apt's lock would lie beside the machine's.
        self.write("state/status", "")?;
        let mut status = OsString::from("Dir::State::status=");
        status.push(self.directory.join("state/status"));
        let mut apt = self.apt("apt-get");
        apt.arg("-o").arg(status).args(["-q", "install", "-y", "--no-install-recommends", "--download-only"]);
        host::run(apt.args(packages))
            .with_context(|| format!("unable to fetch Debian's {names} for {}", self.architecture))?;
        Ok(self.directory.join("cache/archives"))
    }

    fn unpack(&self, name: &str, patterns: &[&str], package: impl Fn(&Self) -> Result<String>) -> Result<PathBuf> {
        let unpacked = self.directory.join("unpacked").join(name);
        if !unpacked.is_dir() {
            self.refresh_lists()?;
            let file = self.download(&package(self)?)?;
            let part = self.directory.join("part");
            extract(&file, patterns, &part)?;
            host::make_dir(self.directory.join("unpacked"))?;
            fs::rename(&part, &unpacked).with_context(|| format!("unable to make {}", unpacked.display()))?;
        }
        Ok(unpacked)
    }

    /// Fetches the lists of packages, once a run and only when something has to be fetched at all.
    fn refresh_lists(&self) -> Result<()> {
        if self.lists_are_fresh.replace(true) {
            return Ok(());
        }
        for (program, package) in [("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("tar", "tar")] {
            host::require(program, &[package])?;
        }
        if !Path::new(KEYS).exists() {
            host::install(&["debian-archive-keyring"], "the keys of the Debian archive are missing")?;
        }
        for part in ["state/lists/partial", "cache/archives/partial", "download"] {
            host::make_dir(self.directory.join(part))?;
        }
        let source = if self.architecture == "riscv64" { SOURCE_RISCV64 } else { SOURCE };
        self.write("sources.list", &format!("deb [signed-by={KEYS}] {source}\n"))?;
        self.write("apt.conf", &self.configuration())?;
        host::say(&format!("fetching the lists of Debian's packages for {}", self.architecture));
        host::run(self.apt("apt-get").args(["-q", "update"]))
            .context("unable to fetch the lists of Debian's packages; is deb.debian.org reachable?")
    }

    /// Read after the machine's own configuration, so that a proxy that is set there counts.
    fn configuration(&self) -> String {
        let directory = self.directory.display();
        format!(
            "Dir::State \"{directory}/state\";\nDir::State::status \"/dev/null\";\nDir::Cache \"{directory}/cache\";\n\
             Dir::Etc::sourcelist \"{directory}/sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
             #clear APT::Architectures;\nAPT::Architecture \"{0}\";\nAPT::Architectures {{ \"{0}\"; }};\n\
             APT::Sandbox::User \"root\";\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n\
             #clear DPkg::Post-Invoke;\n#clear Acquire::IndexTargets::deb::DEP-11;\nAcquire::Languages \"none\";\n",
            self.architecture
        )
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.directory.join(name);
        fs::write(&path, text).with_context(|| format!("unable to write {}", path.display()))
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.directory.join("apt.conf")).current_dir(self.directory.join("download"));
        command
    }

    /// What the meta package of the kernel depends on: the kernel of the day.
    fn first_dependency(&self, meta: &str) -> Result<String> {
        let text = host::output(self.apt("apt-cache").args(["depends", meta]))?;
        let name = text.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
        Ok(name
            .with_context(|| format!("Debian's package {meta} depends on nothing, where a kernel was expected"))?
            .to_owned())
    }

    fn download(&self, package: &str) -> Result<PathBuf> {
        self.fetch(&[package])?;
        self.fetched(package)
    }

    fn fetch(&self, packages: &[&str]) -> Result<()> {
        let names = packages.join(", ");
        host::say(&format!("fetching Debian's {names} for {}", self.architecture));
        host::run(self.apt("apt-get").args(["-q", "download"]).args(packages))
            .with_context(|| format!("unable to fetch Debian's {names} for {}", self.architecture))
    }

    /// The file of a package that was fetched.
    fn fetched(&self, package: &str) -> Result<PathBuf> {
        let directory = self.directory.join("download");
        let entries = fs::read_dir(&directory).with_context(|| format!("unable to read {}", directory.display()))?;
        let prefix = format!("{package}_");
        let mut files = entries.flatten().map(|entry| entry.path());
        files
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)))
            .with_context(|| format!("apt-get left no file of {package} in {}", directory.display()))
    }
}

/// Makes the links by which Debian's programs and libraries are all below usr.
fn merge_usr(root: &Path) -> Result<()> {
    for directory in ["bin", "lib", "lib64", "sbin"] {
        host::make_dir(root.join("usr").join(directory))?;
        let link = root.join(directory);
        symlink(Path::new("usr").join(directory), &link)
            .with_context(|| format!("unable to make {}", link.display()))?;
    }
    Ok(())
}

/// Unpacks what matches the patterns from a package into the new directory `to`, and removes the package.
fn extract(file: &Path, patterns: &[&str], to: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(to); // of a run that was cut off
    host::make_dir(to.to_owned())?;
    extract_into(file, patterns, to)
}

/// As `extract`, beside what is there, with these arguments of tar.
fn extract_into(file: &Path, arguments: &[&str], to: &Path) -> Result<()> {
    let mut reader = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .context("unable to run dpkg-deb")?;
    let archive = reader.stdout.take().context("dpkg-deb has no output")?;
    let mut tar = Command::new("tar");
    tar.args(["-x", "--keep-directory-symlink", "--wildcards", "-C"]).arg(to).args(arguments);
    let status = tar.stdin(archive).status();
    let status = status.context("unable to run tar")?;
    if !status.success() || !reader.wait().is_ok_and(|status| status.success()) {
        bail!(
            "unable to unpack {} from {}; remove that file, then run this again",
            arguments.join(" "),
            file.display()
        );
    }
    fs::remove_file(file).with_context(|| format!("unable to remove {}", file.display()))
}
