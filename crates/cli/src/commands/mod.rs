//! One file for each command.

mod archive;
mod chats;
mod convert;
mod demo;
mod export;
mod hcx;
mod import;
mod imports;
mod inspect;
mod lists;
mod manual;
mod media;
mod pack;
mod people;
mod search;
mod serve;
mod show;
mod stats;

use anyhow::Context;
use jiff::tz::TimeZone;

use crate::args::{Args, Command, ServeArgs, Shared};
use crate::output::{Output, Status};

/// Runs a command.
pub(crate) fn run(args: Args, output: &mut Output) -> anyhow::Result<Status> {
    let Args { shared, command } = args;
    let Some(command) = command else {
        return serve::run(&ServeArgs::default(), &shared, output);
    };
    match command {
        Command::Serve(serve) => serve::run(&serve, &shared, output),
        Command::Demo(demo) => demo::run(&demo, &shared, output),
        Command::Inspect(inspect) => inspect::run(&inspect, &shared, output),
        Command::Sources => lists::sources(output),
        Command::Formats(args) => lists::formats(&args, output),
        Command::Import(import) => import::run(&import, &shared, output),
        Command::Imports(imports) => imports::run(&imports, &shared, output),
        Command::Chats(chats) => chats::chats(&chats, &shared, output),
        Command::People(people) => people::people(&people, &shared, output),
        Command::Show(show) => show::run(&show, &shared, output),
        Command::Search(search) => search::run(&search, &shared, output),
        Command::Stats(stats) => stats::run(&stats, &shared, output),
        Command::Export(export) => export::run(&export, &shared, output),
        Command::Convert(args) => convert::run(&args, &shared, output),
        Command::Pack(args) => pack::run(&args, &shared, output),
        Command::Media(media) => media::run(&media, &shared, output),
        Command::Archive(archive) => archive::run(&archive, &shared, output),
        Command::Hcx(hcx) => hcx::run(&hcx, output),
        Command::Completions(completions) => manual::completions(&completions, output),
        Command::Man(man) => manual::man(&man, output),
    }
}

/// The zone of `--zone`, else the system's.
pub(crate) fn zone(shared: &Shared) -> anyhow::Result<TimeZone> {
    match &shared.zone {
        Some(name) => {
            TimeZone::get(name).with_context(|| format!("there is no zone called {name}"))
        }
        None => Ok(TimeZone::system()),
    }
}
