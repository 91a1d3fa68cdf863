//! The `hutong` command line: arguments → use case → text.

mod archive_access;
mod args;
mod commands;
mod failure;
mod fonts;
mod language;
mod output;
mod progress;
mod system_decoder;
mod translate;

use std::process::ExitCode;

use clap::FromArgMatches;

use args::Args;
use language::Language;
use output::Output;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let language = Language::from_arguments(std::env::args_os());
    let matches = translate::command(language)
        .try_get_matches_from(args::with_negated_words(std::env::args_os()));
    let args = match matches.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => {
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            // Help that nobody reads (a closed pipe) is no failure.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let mut output = Output::new(args.shared.json, language);
    match commands::run(args, &mut output) {
        Ok(status) => status.into(),
        Err(error) => {
            if output::is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            failure::report(&error, language, output.is_json());
            ExitCode::FAILURE
        }
    }
}
