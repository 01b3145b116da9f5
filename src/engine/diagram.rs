//! A flow's table as a picture: in Mermaid, in Graphviz's DOT, or as nodes and arrows for whoever lays them out.

use std::collections::BTreeMap;

use strum::{EnumMessage as _, IntoEnumIterator as _};

use crate::flow::{Flow, name_of};
use crate::step::{Row, To};

/// A flow's table as nodes and arrows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The flow's tag.
    pub flow: &'static str,
    /// The states in their order, then where the flow leads.
    pub nodes: Vec<Node>,
    /// From node to node, one arrow each.
    pub arrows: Vec<Arrow>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name in the table's terms: a state, `push Child`, `done`, or `start`.
    pub id: String,
    /// What it is.
    pub shape: Shape,
    /// What it says.
    pub label: String,
    /// What it is, in a sentence.
    pub sentence: String,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Where the flow begins.
    Start,
    /// One of the flow's states.
    State,
    /// A child flow that opens on top.
    Child,
    /// Where the flow ends.
    End,
}

/// An arrow with the table's rows that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// The node's name.
    pub from: String,
    /// The node's name.
    pub to: String,
    /// The events, each with what decides.
    pub rows: Vec<(&'static str, &'static str)>,
}

/// What a picture emphasises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lights<'a> {
    /// The state that is shown.
    pub state: Option<&'a str>,
    /// The step that was taken: from, on, to, in the table's terms.
    pub taken: Option<(&'a str, &'a str, &'a str)>,
}

impl Lights<'_> {
    /// Whether this node is the shown state.
    #[must_use]
    pub fn lit(&self, node: &Node) -> bool {
        node.shape == Shape::State && self.state == Some(node.id.as_str())
    }

    /// Whether the step went along this arrow.
    #[must_use]
    pub fn took(&self, arrow: &Arrow) -> bool {
        self.taken.is_some_and(|(from, on, to)| {
            arrow.from == from && arrow.to == to && arrow.rows.iter().any(|(event, _)| *event == on)
        })
    }
}

/// The flow's table as nodes and arrows.
#[must_use]
pub fn picture<F: Flow>() -> Picture {
    let node = |id: &str, shape, label: &str, sentence: &str| Node {
        id: id.to_owned(),
        shape,
        label: label.to_owned(),
        sentence: sentence.to_owned(),
    };
    let mut nodes = vec![node("start", Shape::Start, "", "The flow begins.")];
    for kind in F::Kind::iter() {
        let name: &'static str = kind.into();
        nodes.push(node(name, Shape::State, name, kind.get_documentation().unwrap_or_default()));
    }
    let mut arrows: Vec<Arrow> = Vec::new();
    for kind in F::INITIAL {
        let name: &'static str = (*kind).into();
        arrows.push(Arrow { from: "start".to_owned(), to: name.to_owned(), rows: vec![] });
    }
    for row in F::TABLE {
        let (from, to): (&'static str, _) = (row.from.into(), name_of(row.to));
        match row.to {
            To::State(_) => {}
            To::Push(child) if !nodes.iter().any(|node| node.id == to) => {
                nodes.push(node(&to, Shape::Child, child, "Another flow opens on top."));
            }
            To::Done if !nodes.iter().any(|node| node.id == to) => {
                nodes.push(node(&to, Shape::End, "", "The flow ends."));
            }
            To::Push(_) | To::Done => {}
        }
        match arrows.iter_mut().find(|arrow| arrow.from == from && arrow.to == to) {
            Some(arrow) => arrow.rows.push((row.on, row.when)),
            None => arrows.push(Arrow { from: from.to_owned(), to, rows: vec![(row.on, row.when)] }),
        }
    }
    Picture { flow: F::TAG, nodes, arrows }
}

impl Arrow {
    /// The events in few short lines: those of one kind share a line, and so do those that the same thing decides.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut groups: Vec<((&str, &str), Vec<&str>)> = Vec::new();
        for (on, when) in &self.rows {
            let (kind, name) = on.split_once(' ').unwrap_or(("", on));
            match groups.iter_mut().find(|(group, _)| *group == (kind, *when)) {
                Some((_, names)) => names.push(name),
                None => groups.push(((kind, when), vec![name])),
            }
        }
        groups.into_iter().flat_map(|((kind, when), names)| group_lines(kind, when, &names)).collect()
    }
}

const LINE_CHARACTERS_MAX: usize = 30;

fn group_lines(kind: &str, when: &str, names: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = names.iter().map(|name| format!("{name},")).collect();
    if let Some(last) = words.last_mut() {
        last.pop();
    }
    words.splice(..0, (!kind.is_empty()).then(|| format!("{kind}:")));
    words.extend((!when.is_empty()).then(|| format!("({when})")));
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARACTERS_MAX => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The picture in Graphviz's language.
#[must_use]
pub fn dot(picture: &Picture, lights: &Lights<'_>) -> String {
    let mut lines = vec![
        format!("digraph {} {{", quoted(picture.flow)),
        "    rankdir=LR; node [shape=box, style=rounded, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];"
            .to_owned(),
    ];
    for node in &picture.nodes {
        let shape = match node.shape {
            Shape::Start => "shape=circle, width=0.2, style=filled, fillcolor=black",
            Shape::End => "shape=doublecircle, width=0.15, style=filled, fillcolor=black",
            Shape::Child => "shape=component",
            Shape::State if lights.lit(node) => "style=\"rounded,filled\", fillcolor=gold, penwidth=2",
            Shape::State => "style=rounded",
        };
        let (label, sentence) = (quoted(&node.label), quoted(&node.sentence));
        lines.push(format!("    {} [label={label}, tooltip={sentence}, {shape}];", quoted(&node.id)));
    }
    for arrow in &picture.arrows {
        let label = quoted(&arrow.lines().join("\n"));
        let bold = if lights.took(arrow) { ", penwidth=3" } else { "" };
        lines.push(format!("    {} -> {} [label={label}{bold}];", quoted(&arrow.from), quoted(&arrow.to)));
    }
    lines.join("\n") + "\n}\n"
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// The state diagram in Mermaid. Events between the same two states share an arrow.
#[must_use]
pub fn mermaid<F: Flow>() -> String {
    let mut lines = vec!["stateDiagram-v2".to_owned()];
    for kind in F::INITIAL {
        let name: &'static str = (*kind).into();
        lines.push(format!("    [*] --> {name}"));
    }
    for ((from, to), labels) in arrows(F::TABLE) {
        lines.push(format!("    {from} --> {to}: {}", labels.join(", ")));
    }
    lines.join("\n") + "\n"
}

fn arrows<K: Copy + Into<&'static str>>(table: &[Row<K>]) -> BTreeMap<(&'static str, String), Vec<String>> {
    let mut arrows: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for row in table {
        let to = match row.to {
            To::Done => "[*]".to_owned(),
            To::Push(child) => format!("{child}_flow"),
            To::State(_) => name_of(row.to),
        };
        let label = if row.when.is_empty() { row.on.to_owned() } else { format!("{} ({})", row.on, row.when) };
        arrows.entry((row.from.into(), to)).or_default().push(label);
    }
    arrows
}
