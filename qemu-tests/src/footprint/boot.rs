//! From the exec of process 1 to the first instruction of the first service: runit, runsvdir and runsv in a namespace of their own.
//!
//! Its one law: what is not runit's is the same for all: stages 1 and 2 are scripts of one line, the service is the program `stamp`.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use super::stamps::{self, Spread, Stamps};
use super::{Row, Scale, Topic, Values};
use crate::conformance::programs::Programs;
use crate::conformance::stage::{Running, Stage};

/// What is measured here.
pub const TOPIC: Topic = Topic {
    title: "boot",
    at_once: false,
    rows: &[Row {
        key: "time.boot",
        what: "from the exec of process 1 to the first service's first instruction",
        unit: "ms",
        how: "median of 20 in a process namespace; two shell scripts of one line are part of it",
        exact: false,
    }],
    measure,
};

/// The programs that take part.
const PROGRAMS: [&str; 3] = ["runit", "runsvdir", "runsv"];
/// What the system has of this machine, read through bind mounts.
const SHARED: [&str; 5] = ["bin", "lib", "lib32", "lib64", "usr"];
/// Where the dynamic linker, which programs of a reference may need, finds libraries fast.
const LINKER_CACHE: &str = "etc/ld.so.cache";
/// How old the services directory is.
const AGE: Duration = Duration::from_secs(100);
/// Makes the mounts and becomes process 1. Arguments: the root, and what to mount.
const ENTER: &str = r#"root=$1; shift
for shared; do mount --rbind "/$shared" "$root/$shared"; done
exec chroot "$root" /sbin/stamp before /sbin/runit"#;

fn measure(programs: &Programs, scale: Scale) -> Result<Values> {
    if !programs.has(&PROGRAMS) {
        return Ok(Values::new());
    }
    let mut boots: Spread = (0..scale.of(20, 2)).map(|_| boot(programs)).collect::<Result<_>>()?;
    Ok(vec![("time.boot", boots.median()?)])
}

fn boot(programs: &Programs) -> Result<Duration> {
    let stage = Stage::in_memory(programs)?;
    let shared = furnish(&stage, programs)?;
    let console = stage.path("root/dev/console");
    let name = CString::new(console.as_os_str().as_bytes()).context("a path with a NUL")?;
    sys::files::make_fifo(sys::files::CWD, &name, 0o600).map_err(|error| anyhow::anyhow!("no fifo: {error}"))?;
    // Whoever opens a fifo for both waits for nobody, and while it is open nor does who opens it for one.
    let open = |read, write| File::options().read(read).write(write).open(&console).context("unable to open the fifo");
    let both = open(true, true)?;
    let (source, sink) = (open(true, false)?, open(false, true)?);
    drop(both);
    let messages = File::create(stage.path("messages")).context("unable to make a file for messages")?;
    let mut unshare = stage.command(&["unshare", "--map-root-user", "--pid", "--mount", "--fork", "--kill-child"]);
    unshare.args(["sh", "-euc", ENTER, "enter"]).arg(stage.path("root")).args(shared);
    unshare.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdout(sink).stderr(messages);
    let _system = Running::start(&mut unshare)?;
    drop(unshare);
    let stamps = Stamps::of(source);
    let [exec, service] = [stamps.next(), stamps.next()];
    let no_namespace = || format!("be root, or let users make namespaces: {}", stage.messages());
    let exec = exec.with_context(no_namespace)?;
    Ok(service.with_context(no_namespace)?.at - exec.at)
}

/// Fills the root; what is to be mounted there.
fn furnish(stage: &Stage, programs: &Programs) -> Result<Vec<&'static str>> {
    for name in ["dev", "proc", "run", "tmp"] {
        stage.make_dir(&format!("root/{name}"))?;
    }
    for (name, path) in PROGRAMS.iter().map(|name| Ok((*name, programs.file(name)?))).collect::<Result<Vec<_>>>()? {
        install(stage, &format!("sbin/{name}"), path)?;
    }
    let stamp = stamps::program()?;
    install(stage, "sbin/stamp", &stamp)?;
    install(stage, "service/first/run", &stamp)?;
    // The original waits for the end of the second in which a services directory was changed; that of a device is older.
    let services = File::open(stage.path("root/service")).context("unable to open the services directory")?;
    services.set_modified(SystemTime::now() - AGE).context("unable to set the time of the services directory")?;
    let cache = Path::new("/").join(LINKER_CACHE);
    if cache.is_file() {
        install(stage, LINKER_CACHE, &cache)?;
    }
    stage.script("root/etc/runit/1", ":")?;
    stage.script("root/etc/runit/2", "exec runsvdir /service")?;
    let mut to_mount = Vec::new();
    for name in SHARED {
        let here = Path::new("/").join(name);
        match here.read_link() {
            Ok(target) => symlink(target, stage.path(&format!("root/{name}"))).context("unable to make a link")?,
            Err(_) if here.is_dir() => {
                stage.make_dir(&format!("root/{name}"))?;
                to_mount.push(name);
            }
            Err(_) => {}
        }
    }
    Ok(to_mount)
}

fn install(stage: &Stage, name: &str, from: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("unable to read {}", from.display()))?;
    stage.file(&format!("root/{name}"), bytes, 0o755)
}
