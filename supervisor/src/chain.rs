//! Watching a path and every symbolic link on it, so that whatever makes it lead elsewhere is noticed at once.
//!
//! A services directory is often reached through links (`/service` to `current` to a runlevel), and a service through one
//! into a store. Each link and each directory on the way is watched for itself, which costs no wakeup until it goes. Its
//! one law: watch first, look afterwards, so that nothing is missed in between.

use core::ffi::CStr;
use core::mem::{self, MaybeUninit};
use heapless::Vec;
use sys::Errno;
use sys::files::{self, CWD};
use sys::watch::{Interest, Watch, Watches};

/// How many links are followed; the kernel follows as many.
const LINKS: usize = 40;

/// Bytes of the longest path that is walked, with what is still ahead. A longer one is looked at from time to time;
/// buffers for the kernel's 4,096 would lie a page apart and hold a page of memory each.
pub const WALKED: usize = 512;
/// Bytes of the longest folder that a look remembers; a longer one is walked for each link into it.
const REMEMBERED: usize = 128;

/// The folder, as the last link into it names it, that all of is watched since the look began. Services are links into one
/// folder for most, which so is walked once a look.
pub type Passed = Vec<u8, REMEMBERED>;

/// How paths begin that are walked: so that there is a directory before each name, and a slash between them.
const RELATIVE: &[u8] = b"./";
const ABSOLUTE: &[u8] = b"//";
/// Where what is behind that begins.
const FIRST: usize = 2;

/// What is to be noticed at the end of the path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Names that come and go in the directory that it leads to.
    Names,
    /// That the directory it leads to goes, or another comes in its place.
    Place,
}

/// Watches the way to a directory, below the working directory if it is relative, and the names in it. Or, where a name
/// in it is given, all that it leads to if it is a link, and the names in the last folder on that way. Tells where
/// names are watched, `known` if there among others; an error tells that something may go unnoticed.
pub fn watch(
    watches: &Watches,
    directory: &[u8],
    name: &[u8],
    known: Watch,
    passed: &mut Passed,
) -> Result<Watch, Errno> {
    let (names, path) = (Watch::NONE, Vec::new());
    let mut walk = Walk { watches, known, names, start: FIRST, cut: FIRST - 1, is_passed: false, passed, path };
    let begin = if directory.starts_with(b"/") { ABSOLUTE } else { RELATIVE };
    walk.append(&[begin, directory, b"/", name, b"/"])?;
    if name.is_empty() {
        walk.go(End::Names)?;
    } else {
        let behind = walk.path.len();
        walk.start = behind.wrapping_sub(name.len()).wrapping_sub(1);
        match walk.follow(behind) {
            Err(Errno::INVAL) => {}
            answer => {
                answer?;
                walk.pass();
                walk.go(End::Place)?;
            }
        }
    }
    Ok(walk.names)
}

/// A path that is walked, watching.
// The longest field at the end: the others are reached by shorter instructions.
#[repr(C)]
struct Walk<'a> {
    watches: &'a Watches,
    /// Where the next name begins. What is before it has been walked through, and has no link in it.
    start: usize,
    /// Where a slash is a NUL, for the kernel.
    cut: usize,
    passed: &'a mut Passed,
    /// Where names were watched last, or that which is known if they were watched there.
    names: Watch,
    known: Watch,
    /// Does it stand in the folder that is passed?
    is_passed: bool,
    /// There is a slash behind each name. Memory is touched as far as it reaches: runsvdir is small while its paths are
    /// short.
    path: Vec<u8, { FIRST + WALKED + 1 }>,
}

impl Walk<'_> {
    /// Walks to the end, or to where something is missing: it will come in the directory before it.
    fn go(&mut self, end: End) -> Result<(), Errno> {
        let (mut links, mut folder) = (LINKS, self.start);
        while let Some((behind, is_last)) = self.come_to_name() {
            let is_target = is_last && end == End::Place;
            if is_target && !self.is_passed {
                self.watch_names(folder)?;
            }
            match self.add(behind, Interest::Itself) {
                Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => {
                    if is_target {
                        return Ok(());
                    }
                    self.passed.clear();
                    return self.watch_names(folder);
                }
                answer => answer?,
            }
            match self.follow(behind) {
                Err(Errno::INVAL) => (folder, self.start) = (self.start, behind),
                answer => {
                    answer?;
                    links = links.checked_sub(1).ok_or(Errno::LOOP)?;
                    self.is_passed = false;
                }
            }
        }
        if end == End::Place { Ok(()) } else { self.watch_names(folder) }
    }

    /// Watches the names in the directory that has been come to. What is none may become one, in the folder that it is in.
    fn watch_names(&mut self, folder: usize) -> Result<(), Errno> {
        match self.add(self.start, Interest::Names) {
            Err(Errno::NOTDIR) => self.add(folder, Interest::Names),
            answer => answer,
        }
    }

    /// Passes slashes as far as the next name. Tells where what is behind its slash begins, and whether it is the last name.
    fn come_to_name(&mut self) -> Option<(usize, bool)> {
        loop {
            let ahead = self.path.get(self.start..)?;
            let length = ahead.iter().position(|byte| *byte == b'/')?;
            let behind = self.start.wrapping_add(length).wrapping_add(1);
            if length != 0 {
                return Some((behind, ahead.iter().skip(length).all(|byte| *byte == b'/')));
            }
            self.start = behind;
        }
    }

    /// Goes into the folder of the target that is ahead, if it was passed before; else remembers it.
    fn pass(&mut self) {
        let target = self.path.get(self.start..).and_then(<[u8]>::split_last).map_or(&b""[..], |(_, target)| target);
        let end = target.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.wrapping_add(1));
        let folder = target.get(..end).filter(|folder| folder.len() != target.len()).unwrap_or_default();
        if !folder.is_empty() && folder == self.passed.as_slice() {
            (self.start, self.is_passed) = (self.start.wrapping_add(end), true);
        } else {
            self.passed.clear();
            let _ = self.passed.extend_from_slice(folder);
        }
    }

    /// Reads the link that the path is up to there, and puts its target in its place; `INVAL` if it is none.
    fn follow(&mut self, behind: usize) -> Result<(), Errno> {
        let (mut target, mut rest) = ([MaybeUninit::uninit(); WALKED], Vec::<u8, WALKED>::new());
        let target = files::read_link(CWD, self.up_to(behind), &mut target)?.ok_or(Errno::NAMETOOLONG)?;
        let _ = rest.extend_from_slice(self.path.get(behind..).unwrap_or_default());
        self.path.truncate(self.start);
        if target.starts_with(b"/") {
            self.path.clear();
            self.append(&[ABSOLUTE])?;
            self.start = FIRST;
        }
        self.cut = self.start.wrapping_sub(1);
        self.append(&[target, b"/", &rest])
    }

    /// Watches what the path leads to, up to the slash before there.
    fn add(&mut self, behind: usize, interest: Interest) -> Result<(), Errno> {
        let watch = self.watches.add(self.up_to(behind), interest)?;
        if interest == Interest::Names && (self.names == Watch::NONE || self.names != self.known) {
            self.names = watch;
        }
        Ok(())
    }

    /// The path up to the slash before there, for the kernel; it is cut there until this is asked again.
    #[inline(never)]
    fn up_to(&mut self, behind: usize) -> &CStr {
        let before = mem::replace(&mut self.cut, behind.wrapping_sub(1));
        for (place, byte) in [(before, b'/'), (self.cut, 0)] {
            if let Some(slash) = self.path.get_mut(place) {
                *slash = byte;
            }
        }
        self.path.get(..behind).and_then(files::text).unwrap_or_default()
    }

    fn append(&mut self, pieces: &[&[u8]]) -> Result<(), Errno> {
        pieces.iter().try_for_each(|piece| self.path.extend_from_slice(piece)).map_err(|_| Errno::NAMETOOLONG)
    }
}
