//! A flow's table as a picture.

use std::collections::BTreeMap;

use crate::flow::{Flow, name_of};
use crate::step::{Row, To};

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
