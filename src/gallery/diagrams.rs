//! The diagrams of all flows: as text, as SVG, and as the document `docs/flows.md` with its pictures.

use engine::diagram::{self, Lights, Picture, Shape};
use engine::registry::{Registry as _, Visitor};
use engine::{Flow, step::To};
use flows::{AnyState, Raqam};

use crate::svg;

/// A flow's diagram in every form that does not depend on what is lit.
#[derive(Debug, Clone)]
pub struct Diagram {
    /// Nodes and arrows.
    pub picture: Picture,
    /// The diagram in Mermaid.
    pub mermaid: String,
    rows: Vec<[String; 4]>,
}

/// All flows' diagrams, in the order of the registry.
#[must_use]
pub fn all() -> Vec<Diagram> {
    let mut all = Diagrams(Vec::new());
    Raqam::each(&mut all);
    all.0
}

struct Diagrams(Vec<Diagram>);

impl Visitor<Raqam> for Diagrams {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        let row = |row: &engine::Row<F::Kind>| {
            let from: &'static str = row.from.into();
            let to = match row.to {
                To::State(_) => engine::flow::name_of(row.to),
                To::Push(child) => format!("opens {child}"),
                To::Done => "ends".to_owned(),
            };
            [from.to_owned(), row.on.to_owned(), row.when.to_owned(), to]
        };
        let rows = F::TABLE.iter().map(row).collect();
        self.0.push(Diagram { picture: diagram::picture::<F>(), mermaid: diagram::mermaid::<F>(), rows });
    }
}

/// How diagrams look that [`diagram()`] draws, as CSS.
pub const STYLE: &str = svg::STYLE;

/// A flow's diagram as SVG, with this state lit and this step (from, on, to, in the table's terms) marked; `None` for
/// an unknown flow.
#[must_use]
pub fn diagram_svg(tag: &str, lit: Option<&str>, taken: Option<(&str, &str, &str)>) -> Option<String> {
    Some(svg::svg(&named(tag)?, &Lights { state: lit, taken }))
}

/// As [`diagram_svg`], for a page that has [`STYLE`] already.
#[must_use]
pub fn diagram(tag: &str, lit: Option<&str>, taken: Option<(&str, &str, &str)>) -> Option<String> {
    Some(svg::bare(&named(tag)?, &Lights { state: lit, taken }))
}

fn named(tag: &str) -> Option<Picture> {
    all().into_iter().map(|diagram| diagram.picture).find(|picture| picture.flow == tag)
}

/// What `raqam diagram --write` puts into a folder: names and contents.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let all = all();
    let mut files = vec![("flows.md".to_owned(), document(&all))];
    files.extend(all.iter().map(|diagram| {
        let drawn = svg::svg(&diagram.picture, &Lights::default());
        (format!("flows/{}.svg", diagram.picture.flow), format!("{drawn}\n"))
    }));
    files
}

fn document(all: &[Diagram]) -> String {
    let mut text =
        "# Flows\n\nWritten by `raqam diagram --write docs`; a test compares it with the flows' tables. Each \
                    flow as a picture, its states, and the rows of its table.\n"
            .to_owned();
    for diagram in all {
        text.push_str(&section(diagram));
    }
    text
}

fn section(diagram: &Diagram) -> String {
    let flow = diagram.picture.flow;
    let mut lines = vec![
        format!("\n## {flow}\n"),
        format!("![The flow {flow}](flows/{flow}.svg)\n"),
        "| state | what it is |\n|---|---|".to_owned(),
    ];
    let states = diagram.picture.nodes.iter().filter(|node| node.shape == Shape::State);
    lines.extend(states.map(|node| format!("| {} | {} |", node.label, cell(&node.sentence))));
    lines.push("\n| in | on | where | goes to |\n|---|---|---|---|".to_owned());
    lines.extend(diagram.rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        format!("| {} |", cells.join(" | "))
    }));
    lines.push(format!("\n```mermaid\n{}```", diagram.mermaid));
    lines.join("\n") + "\n"
}

/// A text that is safe inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
