//! What can be typed. The doc comments are the English help; `translate` has the Chinese one.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::language::Language;

/// Lets `hutong search 合同 -草稿` through: after `search`, a word with a hyphen before it is no option.
///
/// Such a hyphen becomes a minus sign (U+2212), which the query language reads alike. `-n`, `-h` and everything with
/// two hyphens stay options.
pub(crate) fn with_negated_words(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut is_search = false;
    arguments
        .enumerate()
        .map(|(index, argument)| {
            let Some(text) = argument.to_str() else {
                return argument;
            };
            if index > 0 && text == "search" {
                is_search = true;
            }
            let Some(word) = text.strip_prefix('-').filter(|_| is_search) else {
                return argument;
            };
            let is_option = word.is_empty()
                || word.starts_with('-')
                || word == "h"
                || word.strip_prefix('n').is_some_and(|rest| {
                    rest.bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'=')
                });
            if is_option {
                argument
            } else {
                format!("\u{2212}{word}").into()
            }
        })
        .collect()
}

/// Chat history that belongs to the people who wrote it.
///
/// Hutong reads the QQ and WeChat history that you already hold, with keys that you give, keeps it in one encrypted
/// archive, finds anything in it, and takes it out again. It never reads another program's memory, never writes into
/// a messenger's database, and uses no network.
#[derive(Debug, Parser)]
#[command(name = "hutong", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) shared: Shared,
    /// Without a command the page is opened in a browser, as by `serve`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Shared {
    /// Folder of the archive (default: the platform's data folder)
    #[arg(long, value_name = "DIR", global = true, env = "HUTONG_ARCHIVE")]
    pub(crate) archive: Option<PathBuf>,
    /// File whose first line is the archive's passphrase (else: HUTONG_PASSPHRASE, or you are asked)
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Make a new archive without encryption
    #[arg(long, global = true)]
    pub(crate) no_encryption: bool,
    /// Results as JSON Lines, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of messages (default: the locale)
    #[arg(long, value_enum, global = true)]
    pub(crate) lang: Option<Language>,
    /// Zone of dates and times, such as Asia/Shanghai (default: the system's)
    #[arg(long, value_name = "ZONE", global = true)]
    pub(crate) zone: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the page: bring in, read and search your history in a browser, on this machine only
    Serve(ServeArgs),
    /// Make invented QQ and WeChat data, import it, write it out and open the page: the whole road in one minute
    Demo(DemoArgs),
    /// Say what a file or folder is, without changing anything; without a path, look where messengers keep accounts
    Inspect(InspectArgs),
    /// List what can be read
    Sources,
    /// List what can be written, or show what one format keeps and loses
    Formats(FormatsArgs),
    /// Bring chat history into the archive
    Import(ImportArgs),
    /// List past imports, or show one with its problems
    Imports(ImportsArgs),
    /// List chats; link two that are one, or take them apart
    Chats(ChatsArgs),
    /// List people; join accounts of one person, or take them apart
    People(PeopleArgs),
    /// Read a chat
    Show(ShowArgs),
    /// Find messages
    Search(SearchArgs),
    /// Count messages: when, by whom, of which kind, in which words
    Stats(StatsArgs),
    /// Take messages out of the archive
    Export(ExportArgs),
    /// Make files that go through where you want to send them: WeChat, QQ, e-mail, …; says first what will be lost
    Pack(PackArgs),
    /// Read files and write them in another form, without an archive
    Convert(ConvertArgs),
    /// Fill in pictures, voices and files later
    Media(MediaArgs),
    /// Make, describe, check or lock an archive
    Archive(ArchiveArgs),
    /// Check files in the open interchange format
    Hcx(HcxArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Write the manual pages into a folder
    Man(ManArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KeyArgs {
    /// The key: 64 hex digits, x'…', a QQ passphrase, a phone backup's password, or another spelling the guide lists
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// File with one key, or JSON/TOML with several
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Your own id in the messenger (wxid, QQ number), where the folder does not tell it
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// Address to listen on; only addresses of this machine itself are possible
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) address: std::net::IpAddr,
    /// Port to listen on (default: 8765, or any that is free)
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Only print the link, do not open a browser
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Close the archive when nobody has asked for anything for so many minutes; 0 keeps it open
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub(crate) lock_after: u32,
}

impl Default for ServeArgs {
    fn default() -> Self {
        Self {
            address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            port: None,
            no_open: false,
            lock_after: 30,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DemoArgs {
    /// Folder for data, keys, archive and pages (default: hutong-demo)
    #[arg(long, value_name = "DIR", default_value = "hutong-demo")]
    pub(crate) dir: PathBuf,
    /// Do not open a page; only make the files
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// Messages for each messenger
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    pub(crate) messages: u64,
    /// Seed of the invented content
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InspectArgs {
    /// Files, folders or archives (zip, tar); path!/folder leads into an archive
    pub(crate) paths: Vec<PathBuf>,
    /// Read databases that have lost their first page, too
    #[arg(long)]
    pub(crate) salvage: bool,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Attachments {
    /// Copy them into the archive
    Copy,
    /// Keep digest, size and place
    Reference,
    /// Do not look at them
    None,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ImportArgs {
    /// Files, folders or archives (zip, tar): a messenger's account folder, a copy of it, a database, a phone backup
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where there are several inputs, only this one: its number (see: hutong inspect), its source, or a part of its path; may
    /// be repeated
    #[arg(long, value_name = "WHICH")]
    pub(crate) only: Vec<String>,
    /// Read it as this source (see: hutong sources)
    #[arg(long = "as", value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// Only count what would be new
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep each original row beside the message made of it
    #[arg(long)]
    pub(crate) keep_raw: bool,
    /// What happens to pictures, voices and files
    #[arg(long, value_enum, default_value = "copy")]
    pub(crate) attachments: Attachments,
    /// Read it even if nothing has changed since the last time
    #[arg(long)]
    pub(crate) again: bool,
    /// Read databases that have lost their first page, too; rows that were deleted may come back
    #[arg(long)]
    pub(crate) salvage: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ImportsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ImportsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportsCommand {
    /// Show one import with its problems
    Show {
        /// Its number
        number: i64,
    },
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ChatsArgs {
    /// Only those whose name or id contains this (pinyin and initials work too)
    pub(crate) name: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<ChatsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChatsCommand {
    /// Show the messages of one chat in another one, each once; can be undone
    Link {
        /// Name or id of the chat whose messages move
        chat: String,
        /// Name or id of the chat in which they are shown
        into: String,
    },
    /// Take a linked chat out again
    Unlink {
        /// Its name or id (see: hutong chats links)
        chat: String,
    },
    /// List the links
    Links,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct PeopleArgs {
    /// Only those whose name or id contains this (pinyin and initials work too)
    pub(crate) name: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<PeopleCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PeopleCommand {
    /// Say that two accounts are one person, on whichever messengers; can be undone
    Link {
        /// Name or id of an account
        account: String,
        /// Name or id of the other account
        other: String,
    },
    /// Take an account out of the person it was joined with
    Unlink {
        /// Its name or id (see: hutong people links)
        account: String,
    },
    /// List persons of several accounts, and accounts that might be one person
    Links,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ShowArgs {
    /// Name or id of the chat
    pub(crate) chat: String,
    /// Around this message (its id) or date
    #[arg(long, value_name = "MSG|DATE")]
    pub(crate) around: Option<String>,
    /// How many messages
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SearchArgs {
    /// What to look for: words, "a phrase", -not, from: in: on: before: after: during: has: kind: is:
    #[arg(required_unless_present = "batch")]
    pub(crate) query: Vec<String>,
    /// At most so many messages, newest first
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Run every line of this file as a query and print hits and milliseconds of each
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    pub(crate) batch: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct StatsArgs {
    /// Name or id of a chat (default: everything)
    pub(crate) chat: Option<String>,
    /// A person by name or id: your chats with them, and what they wrote in groups
    #[arg(long, value_name = "NAME", conflicts_with = "chat")]
    pub(crate) person: Option<String>,
    /// Only this year
    #[arg(long, value_name = "YEAR", conflicts_with_all = ["from", "until"])]
    pub(crate) year: Option<i32>,
    /// Not before this date
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Up to and including this date
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// Do not count words, which takes most of the time
    #[arg(long)]
    pub(crate) no_words: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct FormatsArgs {
    /// One format: what becomes of every kind of content
    pub(crate) name: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportArgs {
    /// Format (see: hutong formats)
    #[arg(long = "to", value_name = "FORMAT")]
    pub(crate) format: String,
    /// File or folder to write; - or nothing for the standard output, where the format is a single file
    #[arg(long = "output", short = 'o', value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Only messages that this query finds (see: hutong search)
    #[arg(long, value_name = "QUERY")]
    pub(crate) select: Option<String>,
    /// Only these chats, by name or id; may be repeated
    #[arg(long, value_name = "CHAT")]
    pub(crate) chat: Vec<String>,
    /// Not before this date
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Up to and including this date
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// Replace files that stand in the way
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Do not write pictures, voices and files
    #[arg(long)]
    pub(crate) no_attachments: bool,
    /// Set pictures of at most so many bytes into the page itself (html)
    #[arg(long, value_name = "BYTES")]
    pub(crate) inline_images: Option<u64>,
    /// Messages on one page (html)
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) page_size: usize,
    /// Begin another file before one grows beyond this, such as 20MB (page, in a folder)
    #[arg(long, value_name = "SIZE", value_parser = hutong::parse_size)]
    pub(crate) part_size: Option<u64>,
    /// Show service rows that views leave out
    #[arg(long)]
    pub(crate) hidden: bool,
    /// How much becomes one mail: message (usual for eml) or day (usual for mbox)
    #[arg(long, value_name = "UNIT")]
    pub(crate) mail_per: Option<MailPer>,
    /// Whose WhatsApp a whatsapp-txt export looks like
    #[arg(long, value_name = "PHONE", default_value = "iphone")]
    pub(crate) phone: Phone,
    /// Replace names and numbers of people by made-up ones (onebot-nodes)
    #[arg(long)]
    pub(crate) pseudonyms: bool,
    /// A font file that comes before those of the system (pdf, png; may be repeated)
    #[arg(long, value_name = "FILE")]
    pub(crate) font: Vec<PathBuf>,
}

/// Whose WhatsApp an export looks like.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Phone {
    /// An iPhone's: times to the second
    Iphone,
    /// An Android phone's: times to the minute
    Android,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ConvertArgs {
    /// Files, folders or archives (zip, tar), as for import
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where there are several inputs, only this one: its number (see: hutong inspect), its source, or a part of its path; may
    /// be repeated
    #[arg(long, value_name = "WHICH")]
    pub(crate) only: Vec<String>,
    /// Read it as this source (see: hutong sources)
    #[arg(long = "as", value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// Read databases that have lost their first page, too; rows that were deleted may come back
    #[arg(long)]
    pub(crate) salvage: bool,
    #[command(flatten)]
    pub(crate) export: ExportArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PackArgs {
    /// Where it will go: wechat, wechat-large, qq, wecom, wecom-bot, dingtalk, feishu-bot, slack, discord, telegram, whatsapp, email, disk
    #[arg(long = "for", value_name = "TARGET")]
    pub(crate) target: String,
    /// What it becomes: page, pictures, pdf, files; several with commas
    #[arg(
        long = "as",
        value_name = "FORMS",
        value_delimiter = ',',
        default_value = "page,files"
    )]
    pub(crate) forms: Vec<String>,
    /// Folder to write, new or empty
    #[arg(long = "output", short = 'o', value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Only messages that this query finds (see: hutong search)
    #[arg(long, value_name = "QUERY")]
    pub(crate) select: Option<String>,
    /// Only these chats, by name or id; may be repeated
    #[arg(long, value_name = "CHAT")]
    pub(crate) chat: Vec<String>,
    /// Not before this date
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Up to and including this date
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// Another limit for each file, such as 50MB
    #[arg(long, value_name = "SIZE", value_parser = hutong::parse_size)]
    pub(crate) limit: Option<u64>,
    /// Own table of targets (TOML), which stands before the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) targets: Option<PathBuf>,
    /// Keep account ids, private remarks and native ids, which are left out otherwise
    #[arg(long)]
    pub(crate) keep_accounts: bool,
    /// Only say what would be lost
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// How much becomes one mail.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum MailPer {
    /// Each message
    Message,
    /// Each day of a chat
    Day,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ArchiveArgs {
    #[command(subcommand)]
    pub(crate) command: ArchiveCommand,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct HcxArgs {
    #[command(subcommand)]
    pub(crate) command: HcxCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HcxCommand {
    /// Read all of an .hcx file, or of the folder that it was unpacked into, and name the first thing that is wrong
    Check {
        /// The file or folder
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Make an empty archive
    Create,
    /// Say what is in it
    Info,
    /// Compare every record and every attachment with the digest it came with
    Check,
    /// Say what may be missing: holes in the server's numbers, silent days amid busy weeks, missing files
    Gaps {
        /// Name or id of a chat (default: all)
        chat: Option<String>,
    },
    /// Set a new passphrase (from --new-passphrase-file, HUTONG_NEW_PASSPHRASE, or asked for)
    Rekey {
        /// File whose first line is the new passphrase
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
        /// Also keep the key on this machine, so that it opens here without the passphrase
        #[arg(long)]
        keep_on_this_machine: bool,
    },
    /// Bring an archive of an older version up to this one
    Upgrade,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct MediaArgs {
    #[command(subcommand)]
    pub(crate) command: MediaCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MediaCommand {
    /// Look in a folder or archive (zip, tar) for the attachments that are missing, and take them in
    Probe {
        /// The folder or archive
        path: PathBuf,
        /// What happens to them; none only counts
        #[arg(long, value_enum, default_value = "copy")]
        attachments: Attachments,
    },
    /// Turn single files into what other programs show or play: WeChat's .dat into pictures, SILK and AMR into WAV
    Decode {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// File to write, or folder when there are several files (default: beside each file)
        #[arg(long, short = 'o', value_name = "OUT")]
        output: Option<PathBuf>,
        #[command(flatten)]
        keys: KeyArgs,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ManArgs {
    /// Where to write them
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hyphen_before_a_word_of_a_search_is_no_option() {
        let given = [
            "hutong", "--json", "search", "合同", "-草稿", "-from:a", "-n", "3", "-n5", "--lang",
            "zh", "-notes",
        ];
        let passed = with_negated_words(given.iter().map(OsString::from));
        let expected = [
            "hutong",
            "--json",
            "search",
            "合同",
            "\u{2212}草稿",
            "\u{2212}from:a",
            "-n",
            "3",
            "-n5",
            "--lang",
            "zh",
            "\u{2212}notes",
        ];
        assert_eq!(passed, expected.map(OsString::from));
        let other = ["hutong", "export", "-o", "-"];
        assert_eq!(
            with_negated_words(other.iter().map(OsString::from)),
            other.map(OsString::from)
        );
    }
}
