//! A flow's diagram as SVG: laid out by `dagre`, drawn here, so that it follows light and dark, and lights a state.
//!
//! Colours are CSS variables with a fallback: a page sets `--diagram-ink`, `--diagram-paper`, `--diagram-node` and
//! `--diagram-light`; a file on its own follows the reader's system.

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point, RankDir};
use engine::diagram::{Arrow, Lights, Node, Picture, Shape};
use maud::{Markup, PreEscaped, html};

const CHARACTER_WIDTH: f64 = 6.3;
const NAME_WIDTH: f64 = 8.4;
const LINE_HEIGHT: f64 = 14.0;
const MARGIN: f64 = 12.0;
/// How far an arrow from a node to itself reaches below it.
const LOOP_HEIGHT: f64 = 24.0;

/// How a diagram looks: for a page that keeps its styles in a file of its own.
pub(crate) const STYLE: &str = "\
.diagram{color:var(--diagram-ink,#1f2933);font:11px system-ui,sans-serif}\
.diagram .node rect{fill:var(--diagram-node,#eef2f7);stroke:currentColor;stroke-opacity:.45}\
.diagram .node text{font-size:14px;font-weight:600;fill:currentColor;text-anchor:middle}\
.diagram .child rect{stroke-dasharray:5 3;fill:none}\
.diagram .point circle{fill:currentColor}.diagram .point .ring{fill:none;stroke:currentColor}\
.diagram .lit rect{fill:var(--diagram-light,#f7c948);stroke-width:2.5;stroke-opacity:1}\
.diagram .lit text{fill:#1f2933}\
.diagram .arrow path{fill:none;stroke:currentColor;stroke-opacity:.55}\
.diagram .arrow .head{fill:currentColor;fill-opacity:.7;stroke:none}\
.diagram .arrow rect{fill:var(--diagram-paper,#fff);fill-opacity:.9}\
.diagram .arrow text{fill:currentColor;text-anchor:middle}\
.diagram .taken path{stroke:var(--diagram-light,#d69e00);stroke-width:3.5;stroke-opacity:1}\
.diagram .taken text{font-weight:700}\
@media (prefers-color-scheme:dark){.diagram{color:var(--diagram-ink,#e4e7eb)}\
.diagram .node rect{fill:var(--diagram-node,#243042)}.diagram .child rect{fill:none}\
.diagram .lit rect{fill:var(--diagram-light,#f7c948)}.diagram .arrow rect{fill:var(--diagram-paper,#0f1720)}}";

/// The picture as an SVG document of one element.
#[must_use]
pub(crate) fn svg(picture: &Picture, lights: &Lights<'_>) -> String {
    drawn(picture, lights, &html! { style { (PreEscaped(STYLE)) } })
}

/// The picture without its style, which is [`STYLE`].
#[must_use]
pub(crate) fn bare(picture: &Picture, lights: &Lights<'_>) -> String {
    drawn(picture, lights, &Markup::default())
}

fn drawn(picture: &Picture, lights: &Lights<'_>, style: &Markup) -> String {
    let graph = laid_out(picture);
    let (width, height) = extent(picture, &graph);
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="diagram" data-flow=(picture.flow) role="img"
            width=(number(width)) height=(number(height)) viewBox={ "0 0 " (number(width)) " " (number(height)) } {
            title { "Flow " (picture.flow) }
            (style)
            @for arrow in &picture.arrows { (line(&graph, arrow, lights)) }
            @for arrow in &picture.arrows { (label(&graph, arrow, lights)) }
            @for node in &picture.nodes { (drawn_node(&graph, node, lights)) }
        }
    };
    drawn.into_string()
}

fn laid_out(picture: &Picture) -> Graph<NodeLabel, EdgeLabel> {
    let mut graph = Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    for node in &picture.nodes {
        let (width, height) = match node.shape {
            Shape::Start | Shape::End => (16.0, 16.0),
            Shape::State | Shape::Child => (columns(&node.label) * NAME_WIDTH + 28.0, 38.0),
        };
        graph.set_node(node.id.as_str(), Some(NodeLabel { width, height, ..NodeLabel::default() }));
    }
    for arrow in &picture.arrows {
        let (width, height) = size(&arrow.lines());
        let height = if arrow.from == arrow.to { height + LOOP_HEIGHT } else { height };
        let label = EdgeLabel { width, height, labelpos: LabelPos::Center, ..EdgeLabel::default() };
        graph.set_edge(arrow.from.as_str(), arrow.to.as_str(), Some(label), None);
    }
    let (marginx, marginy) = (MARGIN, MARGIN);
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: 28.0,
        edgesep: 14.0,
        ranksep: 30.0,
        marginx,
        marginy,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    graph
}

/// How large the picture is: nodes, arrows and labels.
fn extent(picture: &Picture, graph: &Graph<NodeLabel, EdgeLabel>) -> (f64, f64) {
    let (mut width, mut height) = (0.0_f64, 0.0_f64);
    let mut grow = |x: f64, y: f64| (width, height) = (width.max(x), height.max(y));
    for node in graph.nodes().iter().filter_map(|id| graph.node(id)) {
        grow(node.x.unwrap_or_default() + node.width / 2.0, node.y.unwrap_or_default() + node.height / 2.0);
    }
    for arrow in &picture.arrows {
        let Some(edge) = graph.edge(&arrow.from, &arrow.to, None) else { continue };
        let place = place(graph, arrow, edge);
        grow(place.x + place.width / 2.0, place.y + place.height / 2.0);
        if arrow.from != arrow.to {
            edge.points.iter().for_each(|point| grow(point.x, point.y));
        }
    }
    (width + MARGIN, height + MARGIN)
}

fn drawn_node(graph: &Graph<NodeLabel, EdgeLabel>, node: &Node, lights: &Lights<'_>) -> Markup {
    let Some(place) = graph.node(&node.id) else { return html! {} };
    let (x, y) = (place.x.unwrap_or_default(), place.y.unwrap_or_default());
    let class = match node.shape {
        Shape::Start | Shape::End => "point",
        Shape::Child => "node child",
        Shape::State if lights.lit(node) => "node state lit",
        Shape::State => "node state",
    };
    html! {
        g class=(class) data-node=(node.id) transform={ "translate(" (number(x)) " " (number(y)) ")" } {
            title { (node.sentence) }
            @match node.shape {
                Shape::Start => circle r="7" {},
                Shape::End => { circle r="5" {} circle class="ring" r="8" {} },
                Shape::State | Shape::Child => {
                    rect x=(number(-place.width / 2.0)) y=(number(-place.height / 2.0)) rx="9"
                        width=(number(place.width)) height=(number(place.height)) {}
                    text y="5" { (node.label) }
                },
            }
        }
    }
}

fn line(graph: &Graph<NodeLabel, EdgeLabel>, arrow: &Arrow, lights: &Lights<'_>) -> Markup {
    let Some(edge) = graph.edge(&arrow.from, &arrow.to, None) else { return html! {} };
    let node = graph.node(&arrow.from).filter(|_| arrow.from == arrow.to);
    let (path, head) = node.map_or_else(|| (curve(&edge.points), head(&edge.points)), own_loop);
    html! {
        g class=(class(arrow, lights)) {
            title { (arrow.from) " → " (arrow.to) }
            path d=(path) {}
            path class="head" d=(head) {}
        }
    }
}

fn label(graph: &Graph<NodeLabel, EdgeLabel>, arrow: &Arrow, lights: &Lights<'_>) -> Markup {
    let (lines, edge) = (arrow.lines(), graph.edge(&arrow.from, &arrow.to, None));
    let Some(edge) = edge.filter(|_| !lines.is_empty()) else { return html! {} };
    let Place { x, y, width, height } = place(graph, arrow, edge);
    let first = y - (rows(&lines) - 1.0) * LINE_HEIGHT / 2.0 + 4.0;
    html! {
        g class=(class(arrow, lights)) {
            rect x=(number(x - width / 2.0)) y=(number(y - height / 2.0)) rx="4"
                width=(number(width)) height=(number(height)) {}
            @for (line, top) in lines.iter().zip(tops(first)) { text x=(number(x)) y=(number(top)) { (line) } }
        }
    }
}

/// Where a label stands: its middle and its size.
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// On the arrow; below the node where the arrow leads back to it.
fn place(graph: &Graph<NodeLabel, EdgeLabel>, arrow: &Arrow, edge: &EdgeLabel) -> Place {
    let (width, height) = size(&arrow.lines());
    match graph.node(&arrow.from).filter(|_| arrow.from == arrow.to) {
        Some(node) => {
            let below = (node.height + height) / 2.0 + LOOP_HEIGHT;
            Place { x: node.x.unwrap_or_default(), y: node.y.unwrap_or_default() + below, width, height }
        }
        None => Place { x: edge.x.unwrap_or_default(), y: edge.y.unwrap_or_default(), width, height },
    }
}

fn class(arrow: &Arrow, lights: &Lights<'_>) -> &'static str {
    if lights.took(arrow) { "arrow taken" } else { "arrow" }
}

/// How much room the lines of a label take.
fn size(lines: &[String]) -> (f64, f64) {
    let widest = lines.iter().map(|line| columns(line)).fold(0.0, f64::max);
    (widest * CHARACTER_WIDTH + 8.0, rows(lines) * LINE_HEIGHT + 4.0)
}

/// An arrow from a node to itself, below it.
fn own_loop(node: &NodeLabel) -> (String, String) {
    let (x, y) = (node.x.unwrap_or_default(), node.y.unwrap_or_default() + node.height / 2.0);
    let mut path = String::new();
    put(&mut path, 'M', &[&Point::new(x - 14.0, y)]);
    let bends = [Point::new(x - 26.0, y + 26.0), Point::new(x + 26.0, y + 26.0)];
    put(&mut path, 'C', &[&bends[0], &bends[1], &Point::new(x + 14.0, y)]);
    (path, head(&[Point::new(x + 18.0, y + 9.0), Point::new(x + 14.0, y)]))
}

fn tops(first: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(first), |top| Some(top + LINE_HEIGHT))
}

/// A smooth line through all points, level at each between its ends, so that it never leaves the space that it was given.
fn curve(points: &[Point]) -> String {
    let mut path = String::new();
    let Some(start) = points.first() else { return path };
    put(&mut path, 'M', &[start]);
    let last = points.len().saturating_sub(2);
    for (at, pair) in points.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let (x, y) = (f64::midpoint(from.x, to.x), f64::midpoint(from.y, to.y));
        let leaving = Point::new(x, if at == 0 { y } else { from.y });
        let arriving = Point::new(x, if at == last { y } else { to.y });
        put(&mut path, 'C', &[&leaving, &arriving, to]);
    }
    path
}

/// The arrow's head, in the direction of the last piece of the line.
fn head(points: &[Point]) -> String {
    let [.., before, end] = points else { return String::new() };
    let (x, y) = (end.x - before.x, end.y - before.y);
    let length = x.hypot(y).max(0.001);
    let (x, y) = (x / length * 8.0, y / length * 8.0);
    let left = Point::new(end.x - x - y / 2.0, end.y - y + x / 2.0);
    let right = Point::new(end.x - x + y / 2.0, end.y - y - x / 2.0);
    let mut path = String::new();
    put(&mut path, 'M', &[end]);
    put(&mut path, 'L', &[&left, &right]);
    path + "Z"
}

fn put(path: &mut String, command: char, points: &[&Point]) {
    path.push(command);
    let points: Vec<String> = points.iter().map(|point| format!("{} {}", number(point.x), number(point.y))).collect();
    path.push_str(&points.join(" "));
}

/// A coordinate with one decimal: the same on every machine.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

fn columns(text: &str) -> f64 {
    f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX))
}

fn rows(lines: &[String]) -> f64 {
    f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX))
}
