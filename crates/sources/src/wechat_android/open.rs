//! Opening everything before anything is pushed, and telling whose it is.

use hutong_crypto::Family;
use hutong_model::{At, Origin, Problem, ProblemKind};
use rustc_hash::FxHashMap;

use super::decode::folder_of;
use super::layout::{Found, Layout, find, is_ours};
use super::tables::{COLUMNS, OwnerRow, column, message_tables, owner};
use crate::wechat::cells::number;
use crate::wechat::database::{OpenDatabase, is_about_keys, unopened};
use crate::wechat::decode::text;
use crate::wechat::map::{is_room, kind, stated_sender};
use crate::wechat::phone::{Recording, base_of};
use crate::{Input, ReadError, ReadOptions};

/// Rows that are looked at when nothing else tells the owner.
const LOOKED_AT_ROWS: usize = 50_000;

/// An account with everything in it open.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) layout: Layout,
    pub(super) file: OpenDatabase,
    /// `WxFileIndex.db`.
    pub(super) listed: Option<OpenDatabase>,
    pub(super) owner: OwnerRow,
    /// What was found while opening; pushed once it is certain that the reading begins.
    pub(super) problems: Vec<Problem>,
}

/// The account that an input is, or an error that says what to point at instead.
pub(super) fn find_layout(input: &Input) -> Result<Layout, ReadError> {
    match find(input) {
        Found::One(layout) | Found::Perhaps(layout) => Ok(layout),
        Found::Several(folders) => Err(ReadError::Layout {
            file: input.folder_name(),
            reason: format!(
                "it holds several accounts; name one of them: {}",
                folders.join(", ")
            ),
        }),
        Found::Nothing => Err(ReadError::Missing("EnMicroMsg.db".to_owned())),
    }
}

impl Opened {
    pub(super) fn open(input: &Input, options: &ReadOptions) -> Result<Self, ReadError> {
        let layout = find_layout(input)?;
        let keys = &options.keys;
        let file = OpenDatabase::open(
            input,
            &layout.database,
            &layout.database,
            keys,
            Family::WeChatAndroid,
        )
        .map_err(|error| with_folder_check(input, &layout, options, error))?;
        if !is_ours(&file.db) && message_tables(&file).is_empty() {
            return Err(ReadError::Layout {
                file: layout.database,
                reason: "it has no table of messages".to_owned(),
            });
        }
        let mut problems = file.troubles();
        let listed =
            layout.beside(input, "WxFileIndex.db").and_then(|path| {
                match OpenDatabase::open(input, &path, &path, keys, Family::WeChatAndroid) {
                    Ok(database) => {
                        problems.extend(database.troubles());
                        Some(database)
                    }
                    Err(error) => {
                        problems.push(unopened(&path, &error));
                        None
                    }
                }
            });
        let owner = owner(&file, &mut |problem| {
            problems.push(problem);
            Ok(())
        })?;
        Ok(Self {
            layout,
            file,
            listed,
            owner,
            problems,
        })
    }

    /// The owner's username: what the user says, else what the database says, else who the owner's own rows name. Empty
    /// when nobody can tell.
    pub(super) fn settle_owner(&mut self, options: &ReadOptions) -> String {
        let stated = options.account.as_deref().map(str::trim);
        if let Some(stated) = stated.filter(|stated| !stated.is_empty()) {
            return stated.to_owned();
        }
        if let Some(username) = &self.owner.username {
            return username.clone();
        }
        let (owner, reason) = match self.writer_of_own_rows() {
            Some(writer) => (
                writer,
                "the owner was told by what own messages name as their sender; name the account if that is wrong",
            ),
            None => (
                String::new(),
                "whose account this is cannot be told; name the account, so that its chats meet those of other copies",
            ),
        };
        self.problems.push(Problem {
            origin: Origin {
                place: self.file.place("userinfo"),
                at: At::Whole,
            },
            kind: ProblemKind::Note,
            reason: reason.to_owned(),
        });
        owner
    }

    fn writer_of_own_rows(&self) -> Option<String> {
        let mut counts: FxHashMap<String, usize> = FxHashMap::default();
        let table = self.file.db.table("message")?;
        let mut cursor = self.file.db.scan(table, &COLUMNS).ok()?;
        for _ in 0..LOOKED_AT_ROWS {
            let Some(row) = cursor.next() else { break };
            let Ok(row) = row else { continue };
            if number(&row, column::IS_SEND) != Some(1) {
                continue;
            }
            let content = text(row.bytes(column::CONTENT).unwrap_or_default());
            let base = base_of(number(&row, column::KIND).unwrap_or(0));
            let named = match base {
                kind::TEXT => None,
                kind::VOICE | kind::VIDEO | kind::SHORT_VIDEO => {
                    let recording = Recording::parse(&content);
                    recording.map(|recording| recording.username.to_owned())
                }
                _ => None,
            };
            let named = named.or_else(|| {
                (base != kind::TEXT)
                    .then(|| stated_sender(&content))
                    .flatten()
            });
            if let Some(named) = named.filter(|name| !name.is_empty() && !is_room(name)) {
                *counts.entry(named).or_default() += 1;
            }
        }
        // The lesser name wins a tie, so that two readings agree.
        let most = counts
            .into_iter()
            .max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)));
        most.map(|(name, _)| name)
    }
}

/// A key that was computed from the number of another account is worth an explanation of its own.
fn with_folder_check(
    input: &Input,
    layout: &Layout,
    options: &ReadOptions,
    error: ReadError,
) -> ReadError {
    match uin_mismatch(input, layout, options) {
        Some(reason) if is_about_keys(&error) => ReadError::Layout {
            file: layout.database.clone(),
            reason,
        },
        _ => error,
    }
}

/// Whether the account's number that was given belongs to another folder.
pub(super) fn uin_mismatch(
    input: &Input,
    layout: &Layout,
    options: &ReadOptions,
) -> Option<String> {
    let folder = layout.account_folder(input)?;
    let uin = options.keys.uin()?;
    (folder_of(uin) != folder).then(|| {
        "the given uin belongs to another account: MD5 of \"mm\" and the uin is not the folder's name; give the uin of \
         this account, with its sign"
            .to_owned()
    })
}
