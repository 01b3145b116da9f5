//! Screens of the root.

use engine::{Button, Screen, Text, Tone};
use shop::order::Wish;

use super::{Action, Cx, Greeting, Topic};
use crate::env::Support;
use crate::keys;
use crate::parts::{self, button, footer, home, lines, paragraphs, support};
use crate::text::{money, number, say, words};

/// A service's name on a button is cut, so that the flag can be seen behind it.
const NAME_CHARACTERS_MAX: usize = 30;

/// The main menu.
pub(super) fn menu(greeting: Greeting, cx: &Cx<'_>) -> Screen<Action> {
    let (lang, env) = (cx.lang, cx.env);
    let sells = !env.servers().is_empty();
    let again = env.last.as_ref().filter(|wish| env.server(wish.server).is_some()).map(|wish| again(wish, cx));
    let buy = sells.then(|| button(lang, keys::COMMON_BUY_A_NUMBER, Action::Buy).tone(Tone::Primary));
    let language = match greeting {
        Greeting::Welcome => Some(button(lang, keys::HOME_OTHER_LANGUAGE, Action::Language)),
        Greeting::Plain => None,
    };
    Screen::new(menu_text(greeting, cx))
        .row(again)
        .row(buy)
        .row([numbers(cx), button(lang, keys::HOME_WALLET, Action::Wallet)])
        .row([button(lang, keys::HOME_HISTORY, Action::History), button(lang, keys::HOME_SETTINGS, Action::Settings)])
        .row([button(lang, keys::HOME_HELP, Action::Help)])
        .row(language)
}

fn menu_text(greeting: Greeting, cx: &Cx<'_>) -> Text {
    let (lang, env) = (cx.lang, cx.env);
    let balance = ("balance", money(env.wallet.available));
    let head = match greeting {
        Greeting::Welcome => say(lang, keys::HOME_WELCOME, &[("name", Text::any_cut(&env.name, 40)), balance]),
        Greeting::Plain => say(lang, keys::HOME_MENU, &[balance]),
    };
    let active = match env.open.len() {
        0 => Text::new(),
        n => say(lang, keys::HOME_ACTIVE, &[("n", number(n as u64))]),
    };
    let paused = if env.servers().is_empty() { words(lang, keys::HOME_PAUSED) } else { Text::new() };
    paragraphs([lines([head, active]), paused])
}

fn again(wish: &Wish, cx: &Cx<'_>) -> Button<Action> {
    let [(service, name), country, flag] = parts::named(cx.lang, wish);
    let service = (service, parts::short(name, NAME_CHARACTERS_MAX));
    Button::press(say(cx.lang, keys::HOME_AGAIN, &[service, country, flag]), Action::Again)
}

fn numbers(cx: &Cx<'_>) -> Button<Action> {
    let label = match cx.env.open.len() {
        0 => words(cx.lang, keys::HOME_NUMBERS),
        n => say(cx.lang, keys::HOME_NUMBERS_COUNT, &[("n", number(n as u64))]),
    };
    Button::press(label, Action::Numbers)
}

/// Help.
pub(super) fn help(topic: Topic, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let support = support(lang, keys::COMMON_SUPPORT, cx.env.support_url.as_deref());
    match topic {
        Topic::Overview => {
            let terms = button(lang, keys::HELP_TERMS_BUTTON, Action::Terms);
            let ticket = (cx.env.support == Support::Answers)
                .then(|| button(lang, keys::HELP_TICKET, Action::Support).tone(Tone::Primary));
            Screen::new(words(lang, keys::HELP_OVERVIEW))
                .row(ticket)
                .row(support.into_iter().chain([terms]))
                .row([home(lang)])
        }
        Topic::Terms => Screen::new(words(lang, keys::HELP_TERMS)).row(support).row(footer(lang)),
        Topic::Payments => payments(cx),
    }
}

fn payments(cx: &Cx<'_>) -> Screen<Action> {
    let (lang, address) = (cx.lang, cx.env.support_url.as_deref());
    let text = if address.is_some() { keys::HELP_PAYMENTS_SUPPORT } else { keys::WALLET_NO_TOP_UP };
    Screen::new(paragraphs([words(lang, keys::HELP_PAYMENTS), words(lang, text)]))
        .row(support(lang, keys::HELP_CONTACT, address))
        .row([home(lang)])
}
