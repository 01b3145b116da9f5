//! What Telegram shows of the bot: name, descriptions and commands, per language. Read first and set only where it
//! differs, because Telegram allows few changes a day. All of it is best effort, in the background.

use engine::Lang;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use teloxide::requests::Payload;

use crate::host::{Host, Profile};
use crate::port::{CallError, Port};

/// Brings Telegram's texts about the bot up to date: the commands first, which people use. A failure of one text harms
/// no other; it is tried again at the next start.
pub(crate) async fn publish<H: Host>(host: &H, port: &Port) {
    let profiles = host.profiles();
    for profile in &profiles {
        report("commands", profile, publish_commands(port, profile).await);
    }
    for profile in &profiles {
        report("name", profile, publish_name(port, profile).await);
        report("description", profile, publish_description(port, profile).await);
        report("short description", profile, publish_short_description(port, profile).await);
    }
}

fn report(what: &'static str, profile: &Profile, published: Result<(), CallError>) {
    if let Err(error) = published {
        tracing::warn!(what, lang = profile.lang.code(), %error, "the bot's profile was not brought up to date");
    }
}

/// English is the default for all languages that have no texts of their own.
const fn code(profile: &Profile) -> &'static str {
    match profile.lang {
        Lang::En => "",
        Lang::Ar => "ar",
    }
}

async fn publish_commands(port: &Port, profile: &Profile) -> Result<(), CallError> {
    let language_code = code(profile);
    let commands: Vec<Command> = profile.commands.iter().map(Command::of).collect();
    if port.call(&GetMyCommands { language_code }).await? != commands {
        port.call(&SetMyCommands { language_code, commands }).await?;
    }
    Ok(())
}

async fn publish_name(port: &Port, profile: &Profile) -> Result<(), CallError> {
    let language_code = code(profile);
    if port.call(&GetMyName { language_code }).await?.name != profile.name {
        port.call(&SetMyName { language_code, name: &profile.name }).await?;
    }
    Ok(())
}

async fn publish_description(port: &Port, profile: &Profile) -> Result<(), CallError> {
    let language_code = code(profile);
    if port.call(&GetMyDescription { language_code }).await?.description != profile.description {
        port.call(&SetMyDescription { language_code, description: &profile.description }).await?;
    }
    Ok(())
}

async fn publish_short_description(port: &Port, profile: &Profile) -> Result<(), CallError> {
    let (language_code, short_description) = (code(profile), &profile.short_description);
    if port.call(&GetMyShortDescription { language_code }).await?.short_description != *short_description {
        port.call(&SetMyShortDescription { language_code, short_description }).await?;
    }
    Ok(())
}

#[derive(Serialize, Deserialize, PartialEq)]
struct Command {
    command: String,
    description: String,
}

impl Command {
    fn of((command, description): &(String, String)) -> Self {
        Self { command: command.clone(), description: description.clone() }
    }
}

#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Description {
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct ShortDescription {
    #[serde(default)]
    short_description: String,
}

macro_rules! profile_method {
    ($name:ident { $($field:ident: $kind:ty),* }, $method:literal => $output:ty) => {
        #[derive(Serialize)]
        struct $name<'a> {
            language_code: &'a str,
            $($field: $kind),*
        }

        impl Payload for $name<'_> {
            type Output = $output;
            const NAME: &'static str = $method;
        }
    };
}

profile_method!(GetMyCommands {}, "getMyCommands" => Vec<Command>);
profile_method!(SetMyCommands { commands: Vec<Command> }, "setMyCommands" => IgnoredAny);
profile_method!(GetMyName {}, "getMyName" => Name);
profile_method!(SetMyName { name: &'a str }, "setMyName" => IgnoredAny);
profile_method!(GetMyDescription {}, "getMyDescription" => Description);
profile_method!(SetMyDescription { description: &'a str }, "setMyDescription" => IgnoredAny);
profile_method!(GetMyShortDescription {}, "getMyShortDescription" => ShortDescription);
profile_method!(SetMyShortDescription { short_description: &'a str }, "setMyShortDescription" => IgnoredAny);
