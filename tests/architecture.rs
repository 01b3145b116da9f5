//! The house stays in shape: which crate may know which, how long files and functions are, what each file says first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crates of this workspace a crate may know.
const ARROWS: [(&str, &[&str]); 11] = [
    ("engine", &[]),
    ("failpoint", &[]),
    ("shop", &[]),
    ("flows", &["engine", "shop"]),
    ("gallery", &["engine", "flows", "shop"]),
    ("telegram", &["engine", "failpoint"]),
    ("store", &["engine", "failpoint", "shop"]),
    ("providers", &["failpoint", "shop"]),
    ("sim", &[]),
    ("playground", &["sim"]),
    (
        "raqam",
        &["engine", "failpoint", "flows", "gallery", "playground", "providers", "shop", "sim", "store", "telegram"],
    ),
];

/// Which crates of this workspace may know a library that does I/O.
const LIBRARIES: [(&str, &[&str]); 12] = [
    ("teloxide", &["telegram"]),
    ("redb", &["store"]),
    ("reqwest", &["providers", "telegram", "sim"]),
    ("axum", &["playground", "sim", "telegram"]),
    ("hyper", &["raqam"]),
    ("prometheus-client", &["raqam"]),
    ("tokio", &["playground", "providers", "raqam", "sim", "store", "telegram"]),
    ("tracing", &["providers", "raqam", "store", "telegram"]),
    ("rust-i18n", &["flows"]),
    ("clap", &["raqam"]),
    ("fail", &["failpoint"]),
    ("maud", &["gallery", "playground"]),
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn crates_know_only_what_the_table_allows() {
    let known = dependencies();
    assert_eq!(known.keys().map(String::as_str).collect::<Vec<_>>(), sorted(ARROWS.iter().map(|(name, _)| *name)));
    for (name, allowed) in ARROWS {
        let inside: BTreeSet<&str> =
            known[name].iter().map(String::as_str).filter(|to| known.contains_key(*to)).collect();
        let forbidden: Vec<_> = inside.iter().filter(|to| !allowed.contains(to)).collect();
        assert!(forbidden.is_empty(), "{name} must not know {forbidden:?}");
    }
    for (library, allowed) in LIBRARIES {
        let users = known.iter().filter(|(_, to)| to.contains(library)).map(|(name, _)| name.as_str());
        let forbidden: Vec<_> = users.filter(|name| !allowed.contains(name)).collect();
        assert!(forbidden.is_empty(), "{library} must not be known by {forbidden:?}");
    }
}

#[test]
fn files_and_functions_stay_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        let text = std::fs::read_to_string(&file).expect("a source file is readable");
        let name = file.display();
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{name}: {lines} lines"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{name}: does not say what it is for"));
        }
        wrong.extend(long_functions(&text).into_iter().map(|function| format!("{name}: {function}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_length_check_sees_a_long_function() {
    let body = "    let x = 1;\n".repeat(FUNCTION_LINES_MAX);
    assert_eq!(long_functions(&format!("fn long() {{\n{body}}}\n")).len(), 1);
    assert!(long_functions("fn short() {\n    1\n}\n").is_empty());
}

#[test]
fn pure_crates_name_no_clock_file_socket_or_task() {
    let banned = [
        "std::time::SystemTime",
        "std::time::Instant",
        "std::fs",
        "std::net",
        "tokio",
        "tracing",
        "println!",
        "rand::",
    ];
    let mut wrong = Vec::new();
    for folder in ["src/engine", "src/shop", "flows"] {
        for file in rust_files().into_iter().filter(|file| file.starts_with(root().join(folder))) {
            if file.ends_with("build.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("a source file is readable");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            wrong.extend(
                code.filter(|line| banned.iter().any(|word| line.contains(word)))
                    .map(|line| format!("{}: {line}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What dies at a fail point in a test must not be able to in a shop.
#[test]
fn only_tests_are_built_with_fail_points() {
    let features = |edges: &str| {
        let arguments = ["tree", "--offline", "--invert", "fail", "--edges", edges];
        let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).contains("failpoints")
    };
    assert!(!features("normal,build,features"), "a binary for a shop has fail points");
    assert!(features("all,features"), "tests have none");
    assert!(fail::has_failpoints());
}

#[test]
fn no_screen_names_a_supplier() {
    for folder in ["flows", "locales", "snapshots"] {
        for file in files(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap_or_default().to_lowercase();
            for name in ["smspool", "nonvoip"] {
                // The names of the suppliers' own lists, as data files, are not shown to anybody.
                assert!(
                    !text.contains(name) || text.contains(&format!("data/{name}")),
                    "{} names {name}",
                    file.display()
                );
            }
        }
    }
}

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(|package| (text(&package["name"]), normal_dependencies(package))).collect()
}

fn normal_dependencies(package: &serde_json::Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("dependencies");
    all.iter().filter(|dependency| dependency["kind"].is_null()).map(|dependency| text(&dependency["name"])).collect()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Functions whose braces are more than so many lines apart, by their first line.
fn long_functions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let is_function =
            head.starts_with("fn ") || (head.contains(" fn ") && !head.starts_with("//") && !head.contains('"'));
        if !is_function {
            continue;
        }
        let indent = line.len() - head.len();
        let ends = |line: &&str| line.len() - line.trim_start().len() == indent && line.trim_start().starts_with('}');
        let length = lines[start..].iter().position(ends).unwrap_or(0);
        if length > FUNCTION_LINES_MAX && !head.ends_with(';') {
            found.push(format!("{length} lines: {head}"));
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files() -> Vec<PathBuf> {
    let folders = ["src", "flows", "tests", "benches"];
    let all = folders.iter().flat_map(|folder| files(&root().join(folder)));
    all.filter(|file| file.extension().is_some_and(|ending| ending == "rs")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
