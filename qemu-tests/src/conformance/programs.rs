//! A set of programs: which file serves each of the nine names.
//!
//! Its one law: a scenario gets its programs from a set and from nowhere else, so that a mixed pair is a set like any other.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::board::Board;
use crate::host;
use crate::lanes::{self, Lane, PROGRAMS, TOOL_NAMES, TOOLS};
use crate::reference;
use crate::toolchain::Source;

/// The nine names.
pub const NAMES: [&str; 9] =
    ["runit", "runit-init", "runsv", "runsvdir", "runsvchdir", "sv", "svlogd", "chpst", "utmpset"];
/// What ours are called.
pub const OURS: &str = "ours";
/// Where a directory may have them: beside each other, or as a package does.
const PLACES: [&str; 6] = ["", "bin", "sbin", "usr/bin", "usr/sbin", "lib/runit"];
/// The names of daemontools, under which chpst does what they do.
const EMULATIONS: [&str; 6] = ["envdir", "envuidgid", "pgrphack", "setlock", "setuidgid", "softlimit"];

/// The file of each name; a name that the directory does not have is missing.
#[derive(Clone)]
pub struct Programs {
    /// What a person calls the set.
    pub title: String,
    files: BTreeMap<&'static str, PathBuf>,
}

impl Programs {
    /// Those of a directory, or of the tree of a package below it.
    pub fn in_directory(title: &str, directory: &Path) -> Result<Self> {
        let absolute =
            |path: PathBuf| path.canonicalize().with_context(|| format!("unable to look at {}", path.display()));
        let mut files = BTreeMap::new();
        for name in NAMES {
            let mut candidates = PLACES.iter().map(|place| directory.join(place).join(name));
            if let Some(file) = candidates.find(|file| file.is_file()) {
                // The multi-call file goes by the name of its link, which each stage makes anew.
                files.insert(name, absolute(file)?);
            }
        }
        if files.is_empty() {
            bail!("{} has none of the programs {}", directory.display(), NAMES.join(", "));
        }
        Ok(Self { title: title.to_owned(), files })
    }

    /// Ours, as a board of this machine's architecture gets them; built if they are not up to date.
    pub fn ours() -> Result<Self> {
        let board = Board::load(env::consts::ARCH)
            .context("there is no board of this machine's architecture; give a directory of programs")?;
        Self::built(OURS, &board, |lane, target| lanes::source(lane, target).map(Some))
    }

    /// Ours for a board, with core and std from these sources; the programs of a lane without a source are missing.
    pub fn built(title: &str, board: &Board, source: impl Fn(Lane, &str) -> Result<Option<Source>>) -> Result<Self> {
        let _lock = host::lock()?;
        let mut files = BTreeMap::new();
        for (lane, target) in [(Lane::Freestanding, &board.targets.freestanding), (Lane::Std, &board.targets.std)] {
            let Some(source) = source(lane, target)? else { continue };
            let directory = lanes::build_from(source, lane, target)?;
            for program in PROGRAMS.iter().filter(|program| program.lane == lane) {
                let names = if program.name == TOOLS { TOOL_NAMES } else { &[program.name] };
                let served = NAMES.into_iter().filter(|name| names.contains(name));
                files.extend(served.map(|name| (name, directory.join(program.name))));
            }
        }
        Ok(Self { title: title.to_owned(), files })
    }

    /// The original's, of Debian's package.
    pub fn original() -> Result<Self> {
        Self::in_directory("the original", &reference::root()?)
    }

    /// These, but for one that is the other set's.
    pub fn with(&self, name: &str, other: &Self) -> Result<Self> {
        let mut mixed = self.clone();
        let name =
            NAMES.into_iter().find(|it| *it == name).with_context(|| format!("{name} is none of the programs"))?;
        mixed.files.insert(name, other.file(name)?.to_owned());
        mixed.title = format!("{} with {name} of {}", self.title, other.title);
        Ok(mixed)
    }

    /// The file of a name.
    pub fn file(&self, name: &str) -> Result<&Path> {
        Ok(self.files.get(name).with_context(|| format!("{} has no program {name}", self.title))?)
    }

    /// Has it all of these names?
    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.files.contains_key(name))
    }

    /// All names that it has, and their files.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.files.iter().map(|(name, file)| (*name, file.as_path()))
    }

    /// Do both have the same file under this name?
    pub(super) fn agrees_on(&self, name: &str, other: &Self) -> bool {
        self.files.get(name) == other.files.get(name)
    }

    /// Links of all names, those of the emulations among them: a directory for PATH.
    pub(crate) fn link_into(&self, directory: &Path) -> Result<()> {
        let chpst = self.files.get("chpst");
        let emulations = EMULATIONS.iter().filter_map(|name| Some((name, chpst?)));
        for (name, file) in self.files.iter().chain(emulations) {
            symlink(file, directory.join(name)).with_context(|| format!("unable to make the link {name}"))?;
        }
        Ok(())
    }
}
