//! What Telegram shows of the bot: name, descriptions and commands, per language. Read first and set only where it
//! differs, because Telegram allows few changes a day. All of it is best effort, in the background.

use engine::Lang;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use teloxide::requests::Payload;

use crate::host::{Host, Profile};
use crate::port::{CallError, Port};

/// Brings Telegram's texts about the bot up to date. The first failure ends it until the next start.
pub(crate) async fn publish<H: Host>(host: &H, port: &Port) {
    for profile in host.profiles() {
        if let Err(error) = publish_one(port, &profile).await {
            tracing::warn!(lang = profile.lang.code(), %error, "the bot's profile was not brought up to date");
            return;
        }
    }
}

async fn publish_one(port: &Port, profile: &Profile) -> Result<(), CallError> {
    // English is the default for all languages that have no texts of their own.
    let language_code = match profile.lang {
        Lang::En => "",
        Lang::Ar => "ar",
    };
    let commands: Vec<Command> = profile.commands.iter().map(Command::of).collect();
    if port.call(&GetMyCommands { language_code }).await? != commands {
        port.call(&SetMyCommands { language_code, commands }).await?;
    }
    if port.call(&GetMyName { language_code }).await?.name != profile.name {
        port.call(&SetMyName { language_code, name: &profile.name }).await?;
    }
    if port.call(&GetMyDescription { language_code }).await?.description != profile.description {
        port.call(&SetMyDescription { language_code, description: &profile.description }).await?;
    }
    if port.call(&GetMyShortDescription { language_code }).await?.short_description != profile.short_description {
        let short_description = &profile.short_description;
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
