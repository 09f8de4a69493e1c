//! The files and headings that the pages name exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Folders without our own pages or files.
const LEFT_OUT: [&str; 5] = ["target", ".git", ".ct", ".aws-sam", "node_modules"];

/// All files of the repository.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(ROOT)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let is_left_out = LEFT_OUT.iter().any(|name| entry.file_name() == *name);
            match entry.file_type().unwrap() {
                kind if kind.is_dir() && !is_left_out => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

/// A page and its text.
struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    fn all() -> Vec<Self> {
        let pages = files().into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "md"));
        pages.map(|path| Self { text: std::fs::read_to_string(&path).unwrap(), path }).collect()
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap()
    }

    /// The text outside blocks of code.
    fn prose(&self) -> String {
        self.text.split("```").step_by(2).collect()
    }

    /// The anchors of the headings, as GitHub generates them.
    fn anchors(&self) -> BTreeSet<String> {
        let headings = self.text.lines().filter_map(|line| line.strip_prefix('#'));
        let anchor = |heading: &str| {
            let kept = heading.trim_start_matches('#').trim().to_lowercase();
            kept.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>().replace(' ', "-")
        };
        headings.map(anchor).collect()
    }

    /// The targets of links that are neither addresses nor routes.
    fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        targets
            .map(|(target, _)| target.to_owned())
            .filter(|target| !target.contains("://") && !target.starts_with('/'))
            .collect()
    }

    /// The paths in code spans: a file, or a folder with a slash at its end.
    fn paths(&self) -> Vec<String> {
        let prose = self.prose();
        let spans = prose.split('`').skip(1).step_by(2).map(str::to_owned);
        spans.filter(|span| is_path(span)).collect()
    }
}

/// Whether a code span looks like a path in this repository. A name without a folder may be a
/// user's own file, unless it ends in `.rs`. A path that begins with `/` is a route.
fn is_path(span: &str) -> bool {
    const ENDINGS: [&str; 9] = [".rs", ".md", ".tsv", ".txt", ".json", ".toml", ".yaml", ".ts", ".py"];
    let is_plain =
        span.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte));
    let is_file = ENDINGS.iter().any(|ending| span.ends_with(ending));
    let is_ours = span.contains('/') || Path::new(span).extension().is_some_and(|ending| ending == "rs");
    is_plain && is_ours && !span.starts_with('/') && (is_file || span.ends_with('/'))
}

/// Whether a path exists below the repository, the shared crate, ct's sources, or the page's own
/// folder.
fn exists(page: &Page, path: &str, files: &BTreeSet<String>) -> bool {
    let root = Path::new(ROOT);
    let folders = [root.to_owned(), root.join("shared/src"), page.folder().to_owned(), root.join("cli/src")];
    folders.iter().any(|folder| folder.join(path).exists()) || (!path.contains('/') && files.contains(path))
}

#[test]
fn every_link_of_a_page_leads_to_an_existing_file_and_heading() {
    let pages = Page::all();
    let mut broken = Vec::new();
    for page in &pages {
        for link in page.links() {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if file.is_empty() { page.path.clone() } else { page.folder().join(file) };
            let target = path.canonicalize().ok();
            let leads_to_page = |other: &&Page| other.path.canonicalize().ok() == target;
            let has_anchor = anchor.is_empty()
                || pages.iter().find(leads_to_page).is_some_and(|other| other.anchors().contains(anchor));
            if target.is_none() || !has_anchor {
                broken.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_path_that_a_page_names_exists() {
    let files: BTreeSet<String> =
        files().iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let pages = Page::all();
    let mut named = 0;
    let mut missing = Vec::new();
    // The changelog also names files that no longer exist.
    for page in pages.iter().filter(|page| !page.path.ends_with("CHANGELOG.md")) {
        for path in page.paths() {
            named += 1;
            if !exists(page, &path, &files) {
                missing.push(format!("{}: {path}", page.path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named > 100, "the pages name {named} paths");
}

/// A file that no `mod` names isn't compiled, so its tests never run.
#[test]
fn every_file_with_tests_belongs_to_a_test_binary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for folder in [root.to_owned(), root.join("../cli/tests/ct")] {
        let paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let is_rust = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "rs");
        let code: String = paths.iter().filter(is_rust).map(|path| std::fs::read_to_string(path).unwrap()).collect();
        for path in paths.iter().filter(|path| is_rust(path) || path.join("mod.rs").exists()) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let is_binary = ["main", "build"].contains(&name)
                || [format!("\"{name}.rs\""), format!("\"{name}/mod.rs\"")].iter().any(|file| manifest.contains(file));
            assert!(
                is_binary || code.contains(&format!("\nmod {name};\n")),
                "no test binary includes {}",
                path.display()
            );
        }
    }
}
