//! The site: the pages below `doc/` and the manuals as one book of mdBook, in `target/boards/site`.
//!
//! Its one law: every relative link leads somewhere, in the repository and on the site. mdBook is built from crates.io, outside of
//! the workspace: its dependencies switch on features that the device's crates must not have.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use pilotlight_qemu_tests::host;
use regex_lite::{Captures, Regex};

use crate::manuals;

/// The version of mdBook, without its search, its server and its watching of files.
const MDBOOK: [&str; 6] = ["mdbook", "--version", "0.5.4", "--locked", "--no-default-features", "--debug"];
/// Where the manual of another package is looked up.
const ELSEWHERE: &str = "https://man7.org/linux/man-pages/man%S/%N.%S.html";
/// Pages outside of `doc/` that are read where they lie.
const OUTSIDE: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "boards/README.md", "runscripts/README.md"];

/// The program, built if it is not there.
fn mdbook() -> Result<PathBuf> {
    let root = host::make_dir(host::work_dir().join("tools"))?;
    let program = root.join("bin/mdbook");
    if !program.is_file() {
        host::say("building mdbook");
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["install", "--quiet"]).args(MDBOOK).arg("--root").arg(root);
        host::run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0")).context("unable to build mdbook")?;
    }
    Ok(program)
}

/// All files below a directory, each with its path from there.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut ahead) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(path) = ahead.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).with_context(|| format!("unable to read {}", path.display()))?;
            ahead.extend(entries.flatten().map(|entry| entry.path()));
        } else {
            found.push(path.strip_prefix(directory)?.to_owned());
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("unable to read {}", path.display()))
}

fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    host::make_dir(path.parent().unwrap_or(path).to_owned())?;
    fs::write(path, text).with_context(|| format!("unable to write {}", path.display()))
}

/// A manual as a page of the book: what mandoc makes of it, without the empty lines at which Markdown would end it.
fn manual(path: &Path) -> Result<String> {
    let mandoc = host::require("mandoc", &["mandoc"])?;
    let options = format!("fragment,man=%N.%S;{ELSEWHERE}");
    let directory = path.parent().unwrap_or(path);
    let html =
        host::output(Command::new(mandoc).args(["-T", "html", "-O", &options]).arg(path).current_dir(directory))?;
    // The first form of a name counts where such a file is: those are pages of the book.
    let html =
        Regex::new(r#"href="([a-z-]+\.8)""#)?.replace_all(&html, r#"href="${1}.html""#).replace("\n\n", "\n&#10;");
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(format!("# {name}(8)\n\n{html}\n"))
}

/// A page as one of the book: its manuals are pages too, and a link to what is not in the book is the path of that.
fn chapter(file: &Path, text: &str) -> Result<String> {
    let page = Path::new("doc").join(file);
    let text = Regex::new(r"\[[^\]]*\]\((\.\./[^)#]*)[^)]*\)")?.replace_all(text, |found: &Captures| {
        let to = target(&page, &found[1]);
        if to.starts_with("doc") { found[0].to_owned() } else { format!("`{}`", to.display()) }
    });
    Ok(Regex::new(r"(\]\([^)]*\.8)\)")?.replace_all(&text, "${1}.md)").into_owned())
}

/// The book's pages in a directory of their own: `doc/` as it is, with the manuals as pages.
fn stage() -> Result<PathBuf> {
    let stage = host::work_dir().join("site-pages");
    let _ = fs::remove_dir_all(&stage); // of an earlier run
    let (from, to) = (host::root().join("doc"), stage.join("doc"));
    for file in files(&from)? {
        let place = to.join(&file);
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("8") => write(&place.with_extension("8.md"), manual(&from.join(&file))?)?,
            Some("md") => write(&place, chapter(&file, &read(&from.join(&file))?)?)?,
            _ => write(&place, fs::read(from.join(&file))?)?,
        }
    }
    // Pages include parts of it.
    write(&stage.join("ARCHITECTURE.md"), read(&host::root().join("ARCHITECTURE.md"))?)?;
    Ok(to)
}

/// The path that a link leads to, from the directory of its page; without `.` and `..`.
fn target(page: &Path, link: &str) -> PathBuf {
    let mut path = page.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(link).components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

fn is_elsewhere(link: &str) -> bool {
    link.contains("://") || link.starts_with("mailto:") || link.starts_with("data:")
}

/// The links of the site that lead nowhere, each with its page.
fn dead_links(site: &Path) -> Result<Vec<String>> {
    let link = Regex::new(r#"(?:href|src)="([^"]*)""#)?;
    let files = files(site)?;
    let is_page = |file: &&PathBuf| file.extension().is_some_and(|extension| extension == "html");
    let pages: BTreeMap<_, _> =
        files.iter().filter(is_page).map(|file| Ok((file, read(&site.join(file))?))).collect::<Result<_>>()?;
    ensure!(pages.len() > 9, "the site has {} pages only", pages.len());
    let mut dead = Vec::new();
    for (page, text) in &pages {
        for found in link.captures_iter(text).map(|found| found.get(1).map_or("", |link| link.as_str())) {
            if is_elsewhere(found) {
                continue;
            }
            let (path, place) = found.split_once('#').unwrap_or((found, ""));
            let to = if path.is_empty() { (*page).clone() } else { target(page, path) };
            let is_there = files.contains(&to);
            let has_place = || pages.get(&to).is_some_and(|text| text.contains(&format!("id=\"{place}\"")));
            if !is_there || (!place.is_empty() && !has_place()) {
                dead.push(format!("{}: {found}", page.display()));
            }
        }
    }
    Ok(dead)
}

#[test]
fn the_site_is_built_and_each_of_its_links_leads_somewhere() -> Result<()> {
    let (pages, site) = (stage()?, host::work_dir().join("site"));
    let _ = fs::remove_dir_all(&site); // of an earlier run
    host::run(Command::new(mdbook()?).arg("build").arg(pages).arg("--dest-dir").arg(&site))?;
    let manuals = files(&manuals::directory())?.len();
    let made = files(&site.join("man"))?.iter().filter(|file| file.extension().is_some_and(|it| it == "html")).count();
    ensure!(made == manuals, "{made} of {manuals} manuals are on the site");
    let dead = dead_links(&site)?;
    ensure!(dead.is_empty(), "links that lead nowhere: {dead:#?}");
    // The look finds one where there is one.
    write(&site.join("dead.html"), "<a href=\"tour.html#nowhere\">")?;
    let found = dead_links(&site);
    fs::remove_file(site.join("dead.html"))?;
    ensure!(found?.len() == 1, "a dead link is not found");
    Ok(())
}

#[test]
fn each_link_of_a_page_in_the_repository_leads_to_a_file() -> Result<()> {
    let link = Regex::new(r"\]\(([^)# ]+)(?:#[^)]*)?\)")?;
    let root = host::root();
    let summary = read(&root.join("doc/SUMMARY.md"))?;
    for page in
        files(&root.join("doc"))?.into_iter().filter(|file| file.extension().is_some_and(|it| it == "md" || it == "8"))
    {
        let is_listed = summary.contains(&format!("({})", page.display())) || page == Path::new("SUMMARY.md");
        ensure!(is_listed, "{} is not in the summary", page.display());
    }
    let documents = files(&root.join("doc"))?.into_iter().map(|file| Path::new("doc").join(file));
    let pages =
        documents.filter(|file| file.extension().is_some_and(|it| it == "md")).chain(OUTSIDE.map(PathBuf::from));
    for page in pages {
        for found in
            link.captures_iter(&read(&root.join(&page))?).filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
        {
            let is_there = is_elsewhere(&found) || root.join(target(&page, &found)).exists();
            ensure!(is_there, "{}: {found} leads nowhere", page.display());
        }
    }
    Ok(())
}
