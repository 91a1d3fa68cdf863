//! `hutong completions` and `hutong man`, from the same definitions as the help.

use std::io::Write;

use crate::args::{CompletionsArgs, ManArgs};
use crate::output::{Output, Status};
use crate::translate::command;

pub(crate) fn completions(args: &CompletionsArgs, output: &Output) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut command(output.language()),
        "hutong",
        &mut script,
    );
    std::io::stdout().lock().write_all(&script)?;
    Ok(Status::Done)
}

pub(crate) fn man(args: &ManArgs, output: &Output) -> anyhow::Result<Status> {
    std::fs::create_dir_all(&args.dir)?;
    clap_mangen::generate_to(command(output.language()), &args.dir)?;
    output.say(&args.dir.display().to_string());
    Ok(Status::Done)
}
