//! Every screen of every flow, in both languages and in every world, as text: `snapshots/<flow>.<state>.<example>.<world>.<language>.snap`.
//!
//! Direction marks are shown (‹RLM›, ‹LRI›, …), and every button with what it carries.

use engine::direction::Piece;
use engine::registry::{Once, Registry, View, freeze_as, view_as};
use engine::token::{Code, Token};
use engine::{Face, Flow, Lang, Rendered, RenderedButton, Style, TimeStyle, Tone};
use flows::{AnyState, Env, Raqam};
use strum::IntoEnumIterator as _;

use crate::lints;
use crate::scenes::{LANGS, SCENES, Scene, context};

/// Takes the snapshot of every screen of a flow, and holds each against the rules.
fn screens<F: Flow<App = Raqam>>() -> usize {
    let mut count = 0;
    for scene in SCENES {
        for kind in F::Kind::iter() {
            let fixtures = F::fixtures(kind);
            assert!(!fixtures.is_empty(), "{} {kind:?} has no example", F::TAG);
            for fixture in fixtures {
                assert_eq!(F::kind(&fixture.state), kind, "{} {}", F::TAG, fixture.name);
                let state = scene.dressed(&fixture.state);
                let env = scene.env_of(fixture.name, &of_any_flow::<F>(&state));
                for lang in LANGS {
                    screen::<F>(&env, scene, lang, fixture.name, &state);
                    count += 1;
                }
            }
        }
    }
    count
}

/// A flow's state as a conversation holds it.
fn of_any_flow<F: Flow<App = Raqam>>(state: &F::State) -> AnyState {
    let frozen = freeze_as::<F>(state);
    <Raqam as Registry>::thaw(frozen.flow, frozen.version, &frozen.body).expect("it was frozen right now")
}

fn screen<F: Flow<App = Raqam>>(env: &Env, scene: Scene, lang: Lang, example: &str, state: &F::State) {
    let view = shown::<F>(env, lang, state);
    let kind: &'static str = F::kind(state).into();
    let name = format!("{}.{kind}.{}.{}.{}", F::TAG, example.replace(' ', "_"), scene.name(), lang.code());
    lints::check(&name, &view.rendered, lang);
    lints::unique(&name, &view.rendered);
    take(&name, &show(&view.rendered));
}

/// A flow's screen with the tokens that it would carry.
pub(crate) fn shown<F: Flow<App = Raqam>>(env: &Env, lang: Lang, state: &F::State) -> View {
    view_as::<F>(state, &context(env, lang), &|pressed: Code, once: Once| {
        let revision = (once == Once::Yes).then_some(7);
        Token { flow: F::TAG.to_owned(), instance: 3, revision, pressed }.to_string()
    })
}

/// Compares with the stored snapshot.
pub(crate) fn take(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A screen as text: marks visible, styles as tags, buttons row by row from left to right.
pub(crate) fn show(rendered: &Rendered) -> String {
    let mut text = String::new();
    for piece in &rendered.pieces {
        match piece {
            Piece::Text(part) => text.push_str(&visible(part)),
            Piece::Code(code) => text.push_str(&format!("<code>{}</code>", visible(code))),
            Piece::Time { unix, style, fallback } => {
                text.push_str(&format!("<time {unix} {}>{}</time>", time_style(*style), visible(fallback)));
            }
            Piece::Open(style) => text.push_str(&format!("<{}>", tag(style))),
            Piece::Close(style) => text.push_str(&format!("</{}>", tag(style))),
        }
    }
    for row in &rendered.rows {
        let buttons: Vec<String> = row.iter().map(button).collect();
        text.push_str(&format!("\n{}", buttons.join(" ")));
    }
    text
}

fn button(button: &RenderedButton) -> String {
    let tone = match button.tone {
        Tone::Default => "",
        Tone::Primary => " (blue)",
        Tone::Success => " (green)",
        Tone::Danger => " (red)",
    };
    let face = match &button.face {
        Face::Callback(token) => token.clone(),
        Face::Copy(text) => format!("copy {text}"),
        Face::Inline(query) => format!("inline {query:?}"),
        Face::Url(address) => format!("url {address}"),
    };
    format!("[ {} ]{tone}→{face}", visible(&button.label))
}

fn visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{200E}' => "‹LRM›".to_owned(),
        '\u{200F}' => "‹RLM›".to_owned(),
        '\u{2066}' => "‹LRI›".to_owned(),
        '\u{2068}' => "‹FSI›".to_owned(),
        '\u{2069}' => "‹PDI›".to_owned(),
        '\u{2060}' => "‹WJ›".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(shown).collect()
}

const fn time_style(style: TimeStyle) -> &'static str {
    match style {
        TimeStyle::Relative => "relative",
        TimeStyle::Date => "date",
        TimeStyle::DateTime => "date and time",
    }
}

fn tag(style: &Style) -> String {
    match style {
        Style::Bold => "b".to_owned(),
        Style::Italic => "i".to_owned(),
        Style::Quote => "quote".to_owned(),
        Style::ExpandableQuote => "expandable".to_owned(),
        Style::Link(address) => format!("a {address}"),
    }
}

macro_rules! take_screens {
    ($flow:ty) => {
        let taken = screens::<$flow>();
        let examples: usize = <$flow as Flow>::Kind::iter().map(|kind| <$flow>::fixtures(kind).len()).sum();
        assert_eq!(taken, examples * SCENES.len() * LANGS.len());
    };
}

#[test]
fn every_state_has_a_screen_in_every_language_and_world() {
    use flows::{home, orders, purchase, servers, settings, wallet};
    flows::for_each_flow!(take_screens);
}
