//! Why something differs on purpose: the causes that rows of `differences.rs` name.
//!
//! Its one law: a defect that is mended is given in the words of its row in ARCHITECTURE.md, and a test looks for them there.

/// Why something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A defect that is mended: the first column of a row of ARCHITECTURE.md "Differences".
    Mended(&'static str),
    /// 2.3.0 does as ours does.
    Newer(&'static str),
}

pub(super) const CHPST_HAS_C: Cause = Cause::Newer("chpst has -C, and its usage names it");
pub(super) const OF_THE_SERVICE: Cause =
    Cause::Newer("sv status as an init script: the exit code is the service's, never its log's");
pub(super) const SETLOCK: Cause = Cause::Mended("setlock: the default does not wait, -n waits");
pub(super) const SLASH: Cause = Cause::Mended("waiting forgets a trailing slash");
pub(super) const CHECK_OUTPUT: Cause =
    Cause::Mended("a check has its standard output closed, so that printing is an error");
pub(super) const SENTENCE: Cause = Cause::Mended("`runsvchdir: fatal: Xnot a directory.`");
pub(super) const IGNORED: Cause =
    Cause::Mended("services inherit descriptors that runsv inherited, and ignored signals");
pub(super) const CONTENT: Cause = Cause::Mended("runit-init empties a request file that has content");
pub(super) const CLOSE: Cause = Cause::Mended("svlogd -v tells of the close of a directory that it could not lock");

pub(super) const ADOPTION: Cause = Cause::Mended(
    "a runsv that was killed is followed by one that starts a second instance of the service and of its log, with a new pipe",
);
pub(super) const IDS: Cause = Cause::Mended("chpst takes empty or overflowing ids as 0, root");
pub(super) const EQUALS: Cause = Cause::Mended("an envdir file `A=B` sets another variable");
pub(super) const CRASH: Cause = Cause::Mended("`chpst -m ''` crashes");
pub(super) const HOOK: Cause =
    Cause::Mended("hooks run with CHLD and TERM blocked; one that dies by a signal counts as exit 0");
pub(super) const ALL: Cause = Cause::Mended("`sv status` without a service is wrong usage");
pub(super) const OPTION: Cause = Cause::Mended("an unknown word after two dashes ends the options silently");
pub(super) const KILLED_CHECK: Cause = Cause::Mended("a check ended by a signal, or that cannot be run, agrees");
pub(super) const LENGTH: Cause = Cause::Mended("a status of more than 20 bytes is read");
pub(super) const LAST_LINE: Cause = Cause::Mended("the end of input drops a last line without newline");
pub(super) const JUNK: Cause = Cause::Mended("bad configuration lines pass silently");
pub(super) const BYTES: Cause = Cause::Mended("-r replaces within the first len bytes only");
