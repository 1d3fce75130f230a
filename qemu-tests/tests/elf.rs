//! How the linked programs of the device lie in their files and in memory, for each board and for the host: one segment that is
//! read and executed, one at most that is read and written, no executable stack, and nothing that the common tools choke on.
//!
//! Its one law: the same look finds fault with a program that is laid out otherwise.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use object::elf::{EM_AARCH64, FileHeader32, FileHeader64, PF_R, PF_W, PF_X, PT_GNU_STACK, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, FileKind};
use pilotlight_qemu_tests::board::{self, Board};
use pilotlight_qemu_tests::lanes::{self, Lane, PROGRAMS};
use pilotlight_qemu_tests::{helper, host};
use temp_dir::TempDir;

/// The largest page that a kernel for aarch64 may have.
const LARGEST_PAGE: u64 = 64 * 1024;

/// A segment that is loaded.
struct Segment {
    rights: u32,
    /// Where it begins and ends in memory.
    begin: u64,
    end: u64,
    align: u64,
}

fn check(file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("unable to read {}", file.display()))?;
    let checked = match FileKind::parse(&*bytes)? {
        FileKind::Elf32 => check_layout::<FileHeader32<Endianness>>(&bytes),
        FileKind::Elf64 => check_layout::<FileHeader64<Endianness>>(&bytes),
        kind => bail!("{} is no program: {kind:?}", file.display()),
    };
    checked.with_context(|| file.display().to_string())
}

fn check_layout<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<()> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    ensure!(header.section_headers(endian, bytes)?.len() > 1, "it has no section headers");
    let (mut loaded, mut has_stack) = (Vec::new(), false);
    for segment in header.program_headers(endian, bytes)? {
        let rights = segment.p_flags(endian) & (PF_R | PF_W | PF_X);
        match segment.p_type(endian) {
            PT_LOAD => {
                let begin: u64 = segment.p_vaddr(endian).into();
                let end = begin + Into::<u64>::into(segment.p_memsz(endian));
                loaded.push(Segment { rights, begin, end, align: segment.p_align(endian).into() });
            }
            PT_GNU_STACK => {
                ensure!(rights == PF_R | PF_W, "its stack may be executed, or not be written");
                has_stack = true;
            }
            _ => {}
        }
    }
    ensure!(has_stack, "nothing says that its stack is not to be executed");
    let smallest = if header.e_machine(endian) == EM_AARCH64 { LARGEST_PAGE } else { 4096 };
    check_segments(&loaded, smallest)
}

/// `page` is the largest that the segments must be apart for.
fn check_segments(loaded: &[Segment], page: u64) -> Result<()> {
    let rights: Vec<_> = loaded.iter().map(|segment| segment.rights).collect();
    let (code, data) = (PF_R | PF_X, PF_R | PF_W);
    ensure!(rights == [code] || rights == [code, data], "its segments have the rights {rights:?}");
    for segment in loaded {
        ensure!(segment.align >= page && segment.align.is_power_of_two(), "aligned to {}", segment.align);
    }
    for pair in loaded.windows(2) {
        let [first, second] = pair else { continue };
        ensure!(first.end.div_ceil(page) <= second.begin / page, "a page of {page} bytes has two kinds of rights");
    }
    Ok(())
}

/// The common tools read the program, and what they write is one of the same layout.
fn check_tools(file: &Path) -> Result<()> {
    for program in ["readelf", "strip", "objcopy"] {
        host::require(program, &["binutils"])?;
    }
    let read = host::output(Command::new("readelf").args(["--all", "--wide"]).arg(file))?;
    ensure!(read.contains("GNU_STACK") && read.contains(".text"), "readelf tells of {}: {read}", file.display());
    Ok(())
}

/// What strip and objcopy make of a program of this machine has the same layout.
fn check_copies(file: &Path) -> Result<()> {
    let directory = TempDir::new().context("unable to make a temporary directory")?;
    for program in ["strip", "objcopy"] {
        let copy = directory.child(program);
        let output: &[&str] = if program == "strip" { &["-o"] } else { &[] };
        let (from, to) = if program == "strip" { (copy.as_path(), file) } else { (file, copy.as_path()) };
        host::run(Command::new(program).args(output).arg(from).arg(to))?;
        check(&copy)?;
    }
    Ok(())
}

#[test]
fn the_programs_of_each_board_have_one_segment_to_execute_and_one_at_most_to_write() -> Result<()> {
    for name in board::names()? {
        let directory = lanes::build(Lane::Freestanding, &Board::load(&name)?.targets.freestanding)?;
        for program in PROGRAMS.iter().filter(|program| program.lane == Lane::Freestanding) {
            let file = directory.join(program.name);
            check(&file).with_context(|| format!("{} of the board {name}", program.name))?;
            check_tools(&file)?;
            if name == std::env::consts::ARCH {
                check_copies(&file)?;
            }
        }
    }
    Ok(())
}

#[test]
fn so_have_the_programs_of_this_machine() -> Result<()> {
    for (package, program) in [("pilotlight-init", "runit"), ("pilotlight-supervisor", "runsv")] {
        let file = helper::debug_program(package, program)?;
        check(&file)?;
        check_tools(&file)?;
        check_copies(&file)?;
    }
    Ok(())
}

/// A build script that names a file which is not there runs again with each build, and so does all that needs it.
#[test]
fn what_is_built_is_not_built_again() -> Result<()> {
    for (package, program) in [("pilotlight-init", "runit"), ("pilotlight-supervisor", "runsv")] {
        let file = helper::debug_program(package, program)?;
        let built = || fs::metadata(&file).and_then(|data| data.modified()).context("no time of the program");
        let before = built()?;
        helper::debug_program(package, program)?;
        ensure!(built()? == before, "{program} is built again without a cause");
    }
    Ok(())
}

#[test]
fn another_layout_is_found_fault_with() -> Result<()> {
    // One with std, which has more segments.
    let other = check(Path::new(env!("CARGO_BIN_EXE_board")));
    ensure!(other.is_err(), "a program of more segments passes");
    let segment = |rights, begin, end| Segment { rights, begin, end, align: LARGEST_PAGE };
    let (code, data) = (PF_R | PF_X, PF_R | PF_W);
    let passes = |segments: &[Segment]| check_segments(segments, LARGEST_PAGE).is_ok();
    ensure!(passes(&[segment(code, 0, 0x3000), segment(data, 0x13000, 0x14000)]), "what is right does not pass");
    ensure!(!passes(&[segment(code | PF_W, 0, 0x3000)]), "code that can be written passes");
    ensure!(!passes(&[segment(code, 0, 0x3000), segment(data, 0x4000, 0x5000)]), "a shared page passes");
    ensure!(!passes(&[Segment { align: 4096, ..segment(code, 0, 0x3000) }]), "pages that are too small pass");
    Ok(())
}
