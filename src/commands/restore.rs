//! `raqam restore`: a backup takes the place of the database, while no bot runs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use store::Forget;

use crate::config::{Config, Options};

#[derive(Args)]
pub(super) struct Arguments {
    /// The backup.
    file: PathBuf,
    /// Restore it although the database that is there knows more: what came after the backup is forgotten.
    #[arg(long)]
    forget_what_came_later: bool,
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = Config::from_options(&arguments.options)?;
    let forget = if arguments.forget_what_came_later { Forget::WhatCameLater } else { Forget::Nothing };
    let (audit, kept) = store::restore(&arguments.file, &config.database_file, forget)?;
    println!("Restored {}: {} transactions, all invariants held.", config.database_file.display(), audit.head.seq);
    if let Some(kept) = kept {
        println!("What was there before is kept as {}.", kept.display());
    }
    println!("Orders that the supplier took after the backup are not in it: look at them there before you sell.");
    Ok(ExitCode::SUCCESS)
}
