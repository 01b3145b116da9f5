//! The gallery and the diagrams, as a developer asks for them on the command line.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::fresh_folder;

fn raqam(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_raqam")).args(arguments).output().expect("the binary runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

#[test]
fn a_gallery_is_written_over_a_former_one_and_never_over_other_files() {
    let directory = fresh_folder();
    let (folder, other) = (directory.join("new/gallery"), directory.join("other"));
    for _ in 0..2 {
        let output = raqam(&["gallery", text(&folder)]);
        assert!(output.status.success(), "{output:?}");
    }
    let written = |name: &str| std::fs::metadata(folder.join(name)).map(|file| file.len()).unwrap_or_default();
    assert!(["index.html", "gallery.css", "gallery.js", "screens.js"].into_iter().all(|name| written(name) > 1_000));
    std::fs::create_dir(&other).expect("a folder");
    std::fs::write(other.join("index.html"), "mine").expect("a file");
    let output = raqam(&["gallery", text(&other)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("is not empty and holds no former gallery"), "{said}");
    assert_eq!(std::fs::read_to_string(other.join("index.html")).expect("a file"), "mine");
    assert_eq!(std::fs::read_dir(&other).expect("a folder").count(), 1);
}

#[test]
fn a_diagram_is_printed_in_each_form_and_for_one_flow() {
    for (arguments, expected) in [
        (["diagram", "wal", "--format", "mermaid"], "```mermaid\nstateDiagram-v2"),
        (["diagram", "wal", "--format", "dot"], "digraph \"wal\" {"),
        (["diagram", "wal", "--format", "svg"], "<svg xmlns="),
    ] {
        let output = raqam(&arguments);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains(expected), "{arguments:?}: {printed}");
        assert!(!printed.contains("Confirm"), "another flow is printed, too");
    }
    let docs = fresh_folder().join("docs");
    let output = raqam(&["diagram", "--write", text(&docs)]);
    assert!(output.status.success() && docs.join("flows.md").is_file() && docs.join("flows/buy.svg").is_file());
    assert!(!raqam(&["diagram", "nonsense"]).status.success());
}
