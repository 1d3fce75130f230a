//! Each option in the scripts stands in the documentation of its program: the manual pages of Debian's packages, and ours.
//!
//! Its one law: a daemon without a page is an error, and so is an option that its page does not have.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use pilotlight_qemu_tests::debian::Debian;
use pilotlight_qemu_tests::{host, reference};
use regex_lite::{Regex, escape};

use crate::table::{self, KEEPER, Row};

/// Programs whose page has another name.
const OTHER_NAMES: &[(&str, &str)] = &[("connmand", "connman"), ("$program", "php-fpm8.2")];
/// Redis takes the directives of its configuration as options; the file that Debian ships documents each.
const REDIS: (&str, &str) = ("redis-server", "etc/redis/redis.conf");

/// What the manual pages say, by program.
struct Manuals {
    mandoc: PathBuf,
    /// One directory a package.
    packages: PathBuf,
    redis: String,
}

impl Manuals {
    fn fetch(rows: &[Row]) -> Result<Self> {
        let _lock = host::lock()?;
        let debian = Debian::new(reference::architecture()?)?;
        let mut names: Vec<_> = rows.iter().flat_map(Row::packages).collect();
        names.sort_unstable();
        names.dedup();
        let packages = debian.files_of_each(&names, "*/man/man[18]/*", "manuals")?;
        let (package, path) = REDIS;
        let redis = debian.files_of(package, &format!("./{path}"))?.join(path);
        let redis = std::fs::read_to_string(&redis).with_context(|| format!("unable to read {}", redis.display()))?;
        Ok(Self { mandoc: host::require("mandoc", &["mandoc"])?, packages, redis })
    }

    /// The text of a program's page; nothing where none of the packages has one.
    fn page(&self, program: &str, packages: &[&str]) -> Result<Option<String>> {
        let own = host::root().join("doc/man").join(program).with_extension("8");
        if own.is_file() {
            return self.render(&own).map(Some);
        }
        let other = OTHER_NAMES.iter().find(|(name, _)| *name == program);
        let is_applet = packages == ["busybox"];
        let name = if is_applet { "busybox" } else { other.map_or(program, |(_, page)| page) };
        let page = self.find(name, packages)?.map(|path| self.render(&path)).transpose()?;
        Ok(if is_applet { page.and_then(applet_of(program)) } else { page })
    }

    fn find(&self, page: &str, packages: &[&str]) -> Result<Option<PathBuf>> {
        let mut paths = Vec::new();
        for package in packages {
            table::list(&self.packages.join(package), &mut paths)?;
        }
        let names = ["1", "8"].map(|section| format!("{page}.{section}.gz"));
        let is_it = |path: &PathBuf| path.file_name().is_some_and(|it| names.iter().any(|name| it == name.as_str()));
        Ok(paths.into_iter().find(is_it))
    }

    /// A page as plain text.
    fn render(&self, path: &Path) -> Result<String> {
        let mut command = Command::new(&self.mandoc);
        // A page that is only a reference names the other from the directory above.
        command.current_dir(path.ancestors().nth(2).context("a page lies in a section")?);
        let text = host::output(command.args(["-T", "ascii", "-O", "width=1000"]).arg(path))?;
        // Bold and underlined letters are struck twice.
        Ok(text.chars().fold(String::new(), |mut plain, letter| {
            if letter == '\x08' {
                plain.pop();
            } else {
                plain.push(letter);
            }
            plain
        }))
    }

    /// Looks at every command of a script whose program has a page, and hands back how many options were looked at.
    fn check(&self, script: &str, packages: &[&str]) -> Result<usize> {
        let mut count = 0;
        let mut pages = BTreeMap::new();
        for (program, options) in script.lines().flat_map(commands) {
            if !pages.contains_key(program) {
                pages.insert(program, self.page(program, packages)?);
            }
            let Some(page) = &pages[program] else { continue };
            for option in options {
                let is_directive = program == REDIS.0 && self.is_directive(option)?;
                ensure!(is_directive || is_documented(option, page)?, "the page of {program} has no {option}");
                count += 1;
            }
        }
        Ok(count)
    }

    fn is_directive(&self, option: &str) -> Result<bool> {
        let name = escape(option.trim_start_matches('-'));
        Ok(Regex::new(&format!("(?m)^(# )?{name} ")).context("a pattern")?.is_match(&self.redis))
    }
}

/// The section of an applet in the page of busybox.
fn applet_of(program: &str) -> impl FnOnce(String) -> Option<String> {
    let applet = format!("       {program}");
    move |page| {
        let is_start = |line: &&str| **line == applet || line.starts_with(&format!("{applet} "));
        let mut lines = page.lines().skip_while(|line| !is_start(line));
        let first = lines.next()?;
        let section = lines.take_while(|line| line.is_empty() || line.starts_with("        "));
        Some(std::iter::once(first).chain(section).collect::<Vec<_>>().join("\n"))
    }
}

/// The commands of a line, each a program and its options; chpst and the program that it becomes are two.
fn commands(line: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    let line = if line.starts_with('#') { "" } else { line };
    for command in line.split(['|', '&', ';', '(', ')', '{', '}']) {
        let mut words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).peekable();
        while words.next_if(|word| ["exec", "!", "do", "[", "then"].contains(word)).is_some() {}
        let Some(program) = words.next() else { continue };
        let mut options = Vec::new();
        if program == "chpst" {
            while let Some(option) = words.next_if(|word| word.starts_with('-')) {
                options.push(option);
                // Of its options in these scripts, only this one has no argument.
                words.next_if(|_| option != "-P");
            }
            found.extend(commands_of(words.collect()));
        } else {
            options.extend(words.filter(|word| word.len() > 1 && word.starts_with('-')));
        }
        found.push((program.rsplit('/').next().unwrap_or(program), options));
    }
    found
}

/// The program that chpst becomes.
fn commands_of(words: Vec<&str>) -> Option<(&str, Vec<&str>)> {
    let (program, rest) = words.split_first()?;
    Some((program, rest.iter().copied().filter(|word| word.len() > 1 && word.starts_with('-')).collect()))
}

/// Whether a page has an option: as a word, or, of one letter, together with what follows it.
fn is_documented(option: &str, page: &str) -> Result<bool> {
    let name = option.split('=').next().unwrap_or(option);
    let has = |name: &str, end: &str| {
        let pattern = format!(r#"(^|[\s\[|(,{{'"]){}({end}$|[\s\]|),=<\[.:'"}}])"#, escape(name));
        Ok::<bool, anyhow::Error>(Regex::new(&pattern).context("a pattern")?.is_match(page))
    };
    if has(name, "")? || name.starts_with("--") {
        return has(name, "");
    }
    has(name.get(..2).unwrap_or(name), r"\w+=|")
}

#[test]
fn each_option_is_in_the_documentation() -> Result<()> {
    let rows = table::rows()?;
    let manuals = Manuals::fetch(&rows)?;
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows.iter().filter(|row| !row.packages().is_empty()) {
        let packages = row.packages();
        for (path, text) in row.scripts()? {
            match manuals.check(&text, &packages) {
                Ok(options) => count += options,
                Err(error) => wrong.push(format!("{}/{path}: {error:#}", row.service)),
            }
            let daemon = text.lines().last().and_then(|line| Some(commands(line).first()?.0.to_owned()));
            if path == "run"
                && daemon.as_deref() != Some(KEEPER)
                && manuals.page(&daemon.unwrap_or_default(), &packages)?.is_none()
            {
                wrong.push(format!("{}: its daemon has no page in {}", row.service, row.packages));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    ensure!(count > rows.len(), "only {count} options in {} services: this look sees too little", rows.len());
    host::say(&format!("{count} options of run scripts are documented"));
    Ok(())
}

#[test]
fn an_option_that_no_page_has_is_found() -> Result<()> {
    let rows = table::rows()?;
    let manuals = Manuals::fetch(&rows)?;
    for (script, packages) in [
        ("exec nginx --invented", "nginx"),
        ("exec nginx -Y", "nginx"),
        ("exec chpst -u nobody nginx -Y", "nginx"),
        ("exec chpst -Z nobody nginx", "nginx"),
        ("true && [ \"$(birdc --invented)\" ]", "bird2"),
        ("exec redis-server \"$config\" --invented yes", "redis-server"),
        ("exec udhcpd -R", "busybox"),
    ] {
        if manuals.check(script, &[packages]).is_ok() {
            bail!("nothing was found in `{script}`");
        }
    }
    ensure!(manuals.check("exec udhcpc -R", &["busybox"])? == 1, "udhcpc has -R");
    Ok(())
}
