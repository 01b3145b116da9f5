//! `raqam new-flow NAME`: a conversation of three states that works at once, to be changed into another one.
//!
//! It writes a folder in `flows/`, and adds lines (it changes none) to the registry, the keys and both locale files; then
//! it runs the flows' tests, which write the snapshots and freeze the new states.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;

const NAME_LETTERS_MAX: usize = 8;
/// Words of the language, and crates whose names the flows use.
const RESERVED: [&str; 42] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "core", "crate", "do", "dyn",
    "else", "engine", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "match", "mod", "move", "mut", "pub", "ref", "return", "self", "serde", "shop", "static", "std", "strum", "super",
    "test",
];
/// The same, too many for one line; types that every file knows; and what is no name in the locale files.
const RESERVED_TOO: [&str; 29] = [
    "bool", "char", "err", "isize", "macro", "none", "null", "ok", "option", "override", "priv", "result", "some",
    "str", "string", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "usize", "vec",
    "where", "yield", "union",
];
const TEMPLATES: [&str; 3] = [
    include_str!("new_flow/mod.rs.txt"),
    include_str!("new_flow/screens.rs.txt"),
    include_str!("new_flow/fixtures.rs.txt"),
];

#[derive(Args)]
pub(super) struct Arguments {
    /// What the conversation is called: 1 to 8 letters a-z, such as refund. `/NAME` opens it.
    name: String,
    /// Write the files and run nothing: snapshots wait until the screens are yours.
    #[arg(long)]
    files_only: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let name = normalised(&arguments.name)?;
    let root = checkout(&std::env::current_dir()?)?;
    let files = planned(&root, &name)?;
    for File { path, text } in &files {
        let whole = root.join(path);
        std::fs::create_dir_all(whole.parent().unwrap_or(&root))?;
        std::fs::write(&whole, text).with_context(|| format!("{path} cannot be written"))?;
        println!("wrote {path}");
    }
    if arguments.files_only {
        println!("Next: cargo check -p flows. When the screens are yours: INSTA_UPDATE=unseen cargo test -p flows");
        return Ok(ExitCode::SUCCESS);
    }
    tested(&root, &name)
}

/// The tests write what does not exist yet, and change nothing that does.
fn tested(root: &Path, name: &str) -> anyhow::Result<ExitCode> {
    let mut cargo = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "-p", "flows"]).env("INSTA_UPDATE", "unseen").current_dir(root);
    let status = cargo.status().context("cargo cannot be started: run INSTA_UPDATE=unseen cargo test -p flows")?;
    ensure!(status.success(), "the tests of the flows fail: what they say is above");
    println!(
        "\nIt works. Read snapshots/{name}.*, write /{name} to the bot, and change flows/{name}/ into what you need:"
    );
    println!("docs/adding-a-flow.md shows how.");
    Ok(ExitCode::SUCCESS)
}

/// Letters a-z alone: dashes, underscores and capitals are forgiven.
fn normalised(typed: &str) -> anyhow::Result<String> {
    let name: String = typed.trim().chars().filter(|c| !matches!(c, '-' | '_')).collect::<String>().to_lowercase();
    let plain = (1..=NAME_LETTERS_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase());
    ensure!(plain, "NAME must be 1 to {NAME_LETTERS_MAX} letters a-z, such as refund, not {typed:?}");
    let reserved = RESERVED.iter().chain(&RESERVED_TOO).any(|word| *word == name);
    ensure!(!reserved, "{name} is a word of the language or of a library: take another name");
    Ok(name)
}

/// The folder of the source code that this folder is in.
fn checkout(from: &Path) -> anyhow::Result<PathBuf> {
    let is_ours =
        |folder: &&Path| std::fs::read_to_string(folder.join("flows/lib.rs")).is_ok_and(|it| it.contains(REGISTRY));
    let found = from.ancestors().find(is_ours);
    found
        .map(Path::to_owned)
        .context("there is no source code of this program here: run new-flow inside a checkout of it")
}

const REGISTRY: &str = "engine::registry! {";

/// A file as it will be.
struct File {
    path: String,
    text: String,
}

/// Everything that is to be written; nothing is, where a part of it cannot be.
fn planned(root: &Path, name: &str) -> anyhow::Result<Vec<File>> {
    let folder = root.join("flows").join(name);
    ensure!(
        !folder.exists() && !folder.with_extension("rs").exists(),
        "flows/{name} is there already: remove it, or take another name"
    );
    ensure!(flows::way(name, "").is_none(), "/{name} is a command already: take another name");
    let registry = std::fs::read_to_string(root.join("flows/lib.rs")).context("flows/lib.rs cannot be read")?;
    let variant = capital(name);
    let taken = TEMPLATES.iter().copied().chain([registry.as_str()]).any(|text| says(text, &variant));
    ensure!(!taken, "a new flow's code says {variant} already, and means something else: take another name");
    let filled = |template: &str| fill(template, name);
    let changed = |path: &str, change: &dyn Fn(&str) -> anyhow::Result<String>| {
        let text = std::fs::read_to_string(root.join(path)).with_context(|| format!("{path} cannot be read"))?;
        anyhow::Ok(File { path: path.to_owned(), text: change(&text).with_context(|| path.to_owned())? })
    };
    let locale = |path: &str, words: &str| changed(path, &|text| appended(text, &filled(words), name));
    let new = |file: &str, template: &str| File { path: format!("flows/{name}/{file}"), text: filled(template) };
    Ok(vec![
        new("mod.rs", TEMPLATES[0]),
        new("screens.rs", TEMPLATES[1]),
        new("fixtures.rs", TEMPLATES[2]),
        changed("flows/lib.rs", &|text| registered(text, name))?,
        changed("flows/keys.rs", &|text| keyed(text, &filled(include_str!("new_flow/keys.txt"))))?,
        locale("locales/en.yml", include_str!("new_flow/en.yml.txt"))?,
        locale("locales/ar.yml", include_str!("new_flow/ar.yml.txt"))?,
    ])
}

/// Whether a word stands in code, outside of comments.
fn says(code: &str, word: &str) -> bool {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))).any(|said| said == word)
}

fn fill(template: &str, name: &str) -> String {
    let filled = template.replace("__NAME__", &name.to_uppercase()).replace("__Name__", &capital(name));
    filled.replace("__name__", name)
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// The module in its place by the alphabet, and the flow as the registry's last.
fn registered(text: &str, name: &str) -> anyhow::Result<String> {
    let variant = capital(name);
    ensure!(
        !text.contains(&format!("        {variant} => ")),
        "a flow {variant} is registered already: take another name"
    );
    let module = |line: &str| {
        line.trim_start_matches("pub ").strip_prefix("mod ").map(|rest| rest.trim_end_matches(';').to_owned())
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let modules: Vec<(usize, String)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((at, module(line)?))).collect();
    ensure!(modules.iter().all(|(_, module)| module != name), "a module {name} is there already: take another name");
    let before = modules.iter().find(|(_, module)| module.as_str() > name).map(|(at, _)| *at);
    let at = before.or_else(|| modules.last().map(|(at, _)| at + 1)).context("it declares no modules")?;
    lines.insert(at, format!("pub mod {name};"));
    let start = lines.iter().position(|line| line.starts_with(REGISTRY)).context("it has no registry")?;
    let end = lines[start..].iter().position(|line| line == "    }").context("its registry has no end")?;
    lines.insert(start + end, format!("        {variant} => {name}::{variant},"));
    Ok(lines.join("\n") + "\n")
}

/// The keys as the last ones of the list.
fn keyed(text: &str, keys: &str) -> anyhow::Result<String> {
    let list = text.trim_end().strip_suffix('}').context("it does not end with its list of keys")?;
    Ok(format!("{list}{keys}}}\n"))
}

/// The words as the file's last group.
fn appended(text: &str, words: &str, name: &str) -> anyhow::Result<String> {
    if text.lines().any(|line| line == format!("{name}:")) {
        bail!("it has a group {name} already: take another name");
    }
    Ok(format!("{}\n{words}", text.trim_end_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn names_are_forgiven_their_dashes_and_refused_in_one_sentence() {
        assert_eq!(normalised(" Re-fund ").expect("a name"), "refund");
        for wrong in
            ["", "-", "refundings", "re1", "ال", "../x", "a b", "match", "shop", "type", "Str", "bool", "null", "some"]
        {
            let error = normalised(wrong).expect_err(wrong).to_string();
            assert!(!error.contains('\n') && !error.is_empty(), "{wrong}: {error}");
        }
    }

    #[test]
    fn what_is_taken_is_refused_before_anything_is_written() {
        for (name, part) in [
            ("wallet", "there already"),
            ("ticket", "there already"),
            ("buy", "a command already"),
            ("support", "a command already"),
            ("note", "there already"),
            ("common", "a group common already"),
            ("kind", "says Kind already"),
            ("event", "says Event already"),
            ("row", "says Row already"),
            ("raqam", "says Raqam already"),
        ] {
            let error = planned(&root(), name).err().map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(error.contains(part), "{name}: {error}");
        }
        assert!(checkout(Path::new("/")).is_err());
        assert_eq!(checkout(&root().join("flows/home")).expect("a checkout"), root());
    }

    /// “At most two existing lines changed”: none is.
    #[test]
    fn lines_are_added_and_none_is_changed() {
        let files = planned(&root(), "refund").expect("a plan");
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths[..3], ["flows/refund/mod.rs", "flows/refund/screens.rs", "flows/refund/fixtures.rs"]);
        for File { path, text } in &files {
            assert!(!text.contains("__"), "{path}: a placeholder was not filled");
            let Ok(before) = std::fs::read_to_string(root().join(path)) else { continue };
            let mut after = text.lines();
            assert!(before.lines().all(|line| after.any(|kept| kept == line)), "{path}: a line was changed");
            let added = text.lines().count() - before.lines().count();
            assert!((2..=5).contains(&added), "{path}: {added} lines were added");
        }
    }
}
