//! The figures against the document that explains them.

use super::*;

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

#[test]
fn the_document_explains_each_figure_and_no_other() {
    let metrics = Metrics::new(0);
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        (cells.next().unwrap_or_default().trim_matches('`').to_owned(), cells.nth(1).unwrap_or_default().to_owned())
    });
    let written: BTreeSet<(String, String)> = rows.collect();
    let served = metrics.described().iter().map(|(name, help)| (name.clone(), (*help).to_owned()));
    assert_eq!(written, served.collect::<BTreeSet<_>>());
}

#[test]
fn each_declared_edge_begins_at_zero() {
    let text = Metrics::new(0).text();
    let edges: Vec<&str> = text.lines().filter(|line| line.starts_with("raqam_edges_total{")).collect();
    assert_eq!(edges.len(), declared_edges().count());
    assert!(edges.iter().all(|edge| edge.ends_with(" 0")), "{edges:#?}");
}
