//! The diagrams are current, light what they are asked to light, and are well formed.

use std::path::Path;

use engine::diagram::{Lights, dot};
use gallery::{diagram_svg, diagrams};

use crate::screens::writes_what_is_new;

#[test]
fn the_document_of_the_flows_is_current() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    for (name, expected) in diagrams::files() {
        if writes_what_is_new() {
            std::fs::write(docs.join(&name), &expected).expect("the document is writable");
        }
        let found = std::fs::read_to_string(docs.join(&name)).unwrap_or_default();
        assert!(found == expected, "docs/{name} is not current: `INSTA_UPDATE=unseen cargo test -p flows` writes it");
    }
    let drawn: Vec<String> = diagrams::files().into_iter().map(|(name, _)| name).collect();
    for file in std::fs::read_dir(docs.join("flows")).expect("the pictures") {
        let name = format!("flows/{}", file.expect("a file").file_name().to_string_lossy());
        assert!(drawn.contains(&name), "docs/{name} shows a flow that is gone: delete it");
    }
}

#[test]
fn a_picture_lights_the_state_and_the_step_that_it_is_asked_to() {
    let count = |svg: &str, what: &str| svg.matches(what).count();
    let plain = diagram_svg("buy", None, None).expect("a flow");
    assert_eq!((count(&plain, "state lit\""), count(&plain, "arrow taken\"")), (0, 0));
    let taken = Some(("Confirm", "Buy", "Waiting"));
    let lit = diagram_svg("buy", Some("Waiting"), taken).expect("a flow");
    assert!(lit.contains("class=\"node state lit\" data-node=\"Waiting\""), "{lit}");
    // The line and its label.
    assert_eq!((count(&lit, "state lit\""), count(&lit, "arrow taken\"")), (1, 2));
    let nowhere = diagram_svg("buy", Some("Elsewhere"), Some(("Confirm", "Buy", "done"))).expect("a flow");
    assert_eq!(nowhere, plain);
    assert_eq!(diagram_svg("no such flow", None, None), None);
}

#[test]
fn every_state_child_and_end_is_drawn_and_tags_are_balanced() {
    for diagram in diagrams::all() {
        let flow = diagram.picture.flow;
        let svg = diagram_svg(flow, None, None).expect("a flow");
        let graph = dot(&diagram.picture, &Lights::default());
        for node in &diagram.picture.nodes {
            assert!(svg.contains(&format!("data-node=\"{}\"", node.id)), "{flow} {}", node.id);
            assert!(graph.contains(&format!("    \"{}\" [", node.id)), "{flow} {}", node.id);
            assert!(!node.sentence.is_empty(), "{flow} {} says nothing of itself", node.id);
        }
        for arrow in &diagram.picture.arrows {
            assert!(graph.contains(&format!("    \"{}\" -> \"{}\" [", arrow.from, arrow.to)), "{flow}");
            // The layout once lost one of two arrows that lead to and fro.
            assert!(svg.contains(&format!("<title>{} → {}</title>", arrow.from, arrow.to)), "{flow} {arrow:?}");
            for (on, _) in &arrow.rows {
                let name = on.split(' ').next_back().unwrap_or_default();
                assert!(arrow.lines().join(" ").contains(name), "{flow} {on}");
            }
        }
        assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count(), "{flow}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && !svg.contains("NaN"), "{flow}");
    }
}
