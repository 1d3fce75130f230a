//! The entries of a directory, as the kernel lays them out: with names of every length, over many reads of it.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use sys::AsFd;
use sys::files::{self, CWD, Kind, Room};

/// A directory of the test's own, which ends with it.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_entry_comes_once_with_its_inode_and_kind_whatever_came_before_it() {
    let place = Place(std::env::temp_dir().join(format!("pilotlight-entries-{}", std::process::id())));
    fs::create_dir(&place.0).expect("a directory");
    let mut expected = BTreeMap::new();
    File::create(place.0.join(".hidden")).expect("a file");
    for number in 0..1_500_usize {
        // Lengths from short to long and back, so that records end in what the ones before them have left.
        let name = format!("{number}{}", "x".repeat(number * 7 % 97));
        let path = place.0.join(&name);
        let kind = match number % 3 {
            0 => fs::create_dir(&path).map(|()| Kind::Directory),
            1 => symlink("nowhere", &path).map(|()| Kind::Link),
            _ => File::create(&path).map(|_| Kind::Other),
        };
        let kind = kind.expect("it is made");
        // An overlay tells another inode of a directory than stat.
        let inode = if number % 3 == 0 { 0 } else { fs::symlink_metadata(&path).expect("it is there").ino() };
        expected.insert(name, (inode, kind));
    }
    let path = CString::new(place.0.as_os_str().as_bytes()).expect("a path");
    let directory = files::open_directory(CWD, &path).expect("the directory");
    for _ in 0..2 {
        let mut found = BTreeMap::new();
        let each = |entry: files::Entry| {
            let name = entry.name.to_str().expect("a name of ours").to_owned();
            // Some file systems do not tell.
            let kind = if entry.kind == Kind::Untold { expected[&name].1 } else { entry.kind };
            let inode = if kind == Kind::Directory { 0 } else { entry.inode };
            assert!(found.insert(name, (inode, kind)).is_none(), "it comes once");
        };
        files::each_entry(directory.as_fd(), &mut Room::empty(), each).expect("the entries");
        assert!(found == expected, "{} of {}", found.len(), expected.len());
    }
}
