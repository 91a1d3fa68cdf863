//! Writes `nt_msg.db` from a stream of rows.

use std::path::Path;
use std::sync::mpsc::Receiver;

use rusqlite::{CachedStatement, params};

use crate::ForgeError;
use crate::store::Store;

use super::cast::{Cast, Role};
use super::container::Wrapper;
use super::schema;

/// The message table that a row stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Private,
    Group,
    Device,
    Temporary,
    Discussion,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Private => "c2c_msg_table",
            Self::Group => "group_msg_table",
            Self::Device => "dataline_msg_table",
            Self::Temporary => "c2c_temp_msg_table",
            Self::Discussion => "discuss_msg_table",
        }
    }
}

/// How the columns that name the sender are filled.
#[derive(Clone, Debug, Default)]
pub(super) enum Names {
    /// Uid, number, card and nick as the cast has them.
    #[default]
    Full,
    /// As a migration from an old client left them: no uid, `name(number)` as card.
    Migrated { card: String, has_uin: bool },
}

/// One message row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) table: Table,
    pub(super) conversation: u32,
    pub(super) chat_type: i64,
    pub(super) msg_id: i64,
    pub(super) random: u32,
    pub(super) sequence: i64,
    pub(super) client_sequence: i64,
    pub(super) msg_type: i64,
    pub(super) sub_type: i64,
    pub(super) send_type: i64,
    pub(super) sender: Option<u32>,
    pub(super) names: Names,
    pub(super) time: i64,
    pub(super) body: Option<Vec<u8>>,
    pub(super) cached: Option<Vec<u8>>,
    pub(super) reactions: Option<Vec<u8>>,
    pub(super) reaction_total: i64,
    pub(super) at_flag: i64,
    pub(super) reply_to: i64,
    pub(super) reply_time: i64,
    pub(super) is_legacy: bool,
}

/// What the writer is told.
#[derive(Debug)]
pub(super) enum Job {
    Rows(Vec<Row>),
    /// From here on rows stand in the write-ahead log only.
    Log,
}

/// What stands in the finished database.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Report {
    pub(super) rows: u64,
    pub(super) log_rows: u64,
}

/// The newest row of a conversation.
#[derive(Clone, Copy, Debug, Default)]
struct Newest {
    time: i64,
    sequence: i64,
    msg_id: i64,
    chat_type: i64,
    sender: u32,
}

struct Writer<'a> {
    store: &'a Store,
    cast: &'a Cast,
    statements: [CachedStatement<'a>; 5],
    newest: Vec<Newest>,
}

const BATCHES_PER_COMMIT: u32 = 512;
/// Placeholder of 40062: one entry without content.
const NO_REACTIONS: &[u8] = &[0xF2, 0xC7, 0x13, 0x00];
/// Placeholder of 40900.
const NO_CACHE: &[u8] = &[0xA2, 0xFC, 0x13, 0x00];
/// Status bytes that replies carry.
const REPLY_STATUS: &[u8] = &[0x14, 0x00];

/// Writes rows until the sender hangs up, then wraps the file.
pub(super) fn write(
    folder: &Path,
    wrapper: &Wrapper,
    cast: &Cast,
    jobs: &Receiver<Job>,
) -> Result<Report, ForgeError> {
    const NAME: &str = "nt_msg.db";
    let store = wrapper.create(folder, NAME)?;
    let mut report = Report::default();
    store.run(&schema::message_database())?;
    store.run("BEGIN")?;
    map_uids(&store, cast)?;
    let mut is_logging = false;
    {
        let mut writer = Writer::new(&store, cast)?;
        let mut batches = 0;
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Rows(rows) => {
                    report.rows += rows.len() as u64;
                    if is_logging {
                        report.log_rows += rows.len() as u64;
                    }
                    for row in &rows {
                        writer.write(row).map_err(|source| store.explain(source))?;
                    }
                    batches += 1;
                    if batches % BATCHES_PER_COMMIT == 0 {
                        store.run("COMMIT; BEGIN")?;
                    }
                }
                Job::Log => {
                    finish(&store)?;
                    store.leave_stale_frames()?;
                    store.run("BEGIN")?;
                    is_logging = true;
                }
            }
        }
        writer.recent_contacts()?;
    }
    if is_logging {
        store.run("COMMIT")?;
    } else {
        finish(&store)?;
    }
    if report.log_rows > 0 {
        store.close_with_log()?;
    } else {
        store.close()?;
    }
    wrapper.wrap(folder, NAME)?;
    Ok(report)
}

/// Indexes are cheaper at the end.
fn finish(store: &Store) -> Result<(), ForgeError> {
    store.run("COMMIT")?;
    store.run(&schema::message_indexes())?;
    store.enter_wal()
}

/// The mapping knows everybody but one, and of another one not the number.
fn map_uids(store: &Store, cast: &Cast) -> Result<(), ForgeError> {
    for (number, party) in (0_u32..).zip(&cast.parties) {
        if party.is_group() || number == cast.stars.mate {
            continue;
        }
        store.put(
            "INSERT INTO nt_uid_mapping_table([48901],[48902],[1002]) VALUES(?1,?2,?3)",
            params![Cast::sort_number(number), party.uid, party.uin as i64],
        )?;
    }
    store.run(
        "INSERT INTO recent_contact_delete_storage VALUES('1_u_invented_and_deleted0', 1650000000, 1650000000000);
         INSERT INTO nt_kv_storage_table VALUES('forged', x'01');",
    )
}

impl<'a> Writer<'a> {
    fn new(store: &'a Store, cast: &'a Cast) -> Result<Self, ForgeError> {
        let prepare = |table: Table| {
            let sql = if table == Table::Discussion {
                schema::INSERT_DISCUSSION.to_owned()
            } else {
                schema::insert(table.name())
            };
            store
                .connection
                .prepare_cached(&sql)
                .map_err(|source| store.explain(source))
        };
        Ok(Self {
            store,
            cast,
            statements: [
                prepare(Table::Private)?,
                prepare(Table::Group)?,
                prepare(Table::Device)?,
                prepare(Table::Temporary)?,
                prepare(Table::Discussion)?,
            ],
            newest: vec![Newest::default(); cast.parties.len()],
        })
    }

    fn write(&mut self, row: &Row) -> rusqlite::Result<()> {
        let peer = self.cast.party(row.conversation);
        let sender = row.sender.map(|number| self.cast.party(number));
        let is_group = peer.is_group();
        let partition = if is_group {
            peer.uin as i64
        } else {
            Cast::sort_number(row.conversation)
        };
        let (mut uid, mut uin) =
            sender.map_or(("", 0), |sender| (sender.uid.as_str(), sender.uin as i64));
        let mut card = None;
        let mut nick = "";
        match (&row.names, sender) {
            (Names::Migrated { card: old, has_uin }, _) => {
                uid = "";
                card = Some(old.clone());
                if !has_uin {
                    uin = 0;
                }
            }
            (Names::Full, Some(sender)) => {
                card = row
                    .sender
                    .filter(|_| is_group)
                    .and_then(|number| self.cast.card(row.conversation, number));
                // Private rows mostly have a name for the owner only.
                if card.is_none() && (is_group || row.sender == Some(0)) {
                    nick = &sender.nick;
                }
            }
            (Names::Full, None) => {}
        }
        let card = card.as_deref().unwrap_or("");
        let day = (row.time + 28_800).div_euclid(86_400) * 86_400 - 28_800;
        let is_own = row.sender == Some(0);
        let cached = row
            .cached
            .as_deref()
            .or((row.msg_type == 9).then_some(NO_CACHE));
        let status = (row.msg_type == 9).then_some(REPLY_STATUS);
        let statement = match row.table {
            Table::Private => &mut self.statements[0],
            Table::Group => &mut self.statements[1],
            Table::Device => &mut self.statements[2],
            Table::Temporary => &mut self.statements[3],
            Table::Discussion => &mut self.statements[4],
        };
        if row.table == Table::Discussion {
            statement.execute(params![
                row.msg_id,
                row.random,
                row.sequence,
                row.chat_type,
                row.msg_type,
                row.sub_type,
                row.send_type,
                uid,
                peer.uid,
                partition,
                is_own,
                row.time,
                card,
                nick,
                row.body,
                cached,
                row.client_sequence,
                day,
                row.at_flag,
                status,
                row.is_legacy,
                peer.nick,
                peer.uin as i64,
                uin,
            ])?;
        } else {
            let reactions = row
                .reactions
                .as_deref()
                .or((is_group && row.msg_id & 1 == 0).then_some(NO_REACTIONS));
            statement.execute(params![
                row.msg_id,
                row.random,
                row.sequence,
                row.chat_type,
                row.msg_type,
                row.sub_type,
                row.send_type,
                uid,
                peer.uid,
                partition,
                is_own,
                row.time,
                card,
                nick,
                row.body,
                cached,
                row.client_sequence,
                day,
                row.at_flag,
                status,
                row.is_legacy,
                row.reply_to,
                row.reply_time,
                peer.uin as i64,
                uin,
                reactions,
                row.reaction_total,
            ])?;
        }
        if matches!(row.at_flag, 1 | 6) {
            self.store
                .connection
                .prepare_cached("INSERT INTO group_at_me_msg VALUES(?1,?2,?3,?4,?5,?6)")?
                .execute(params![
                    row.msg_id,
                    partition,
                    uid,
                    row.at_flag,
                    row.time,
                    row.sequence
                ])?;
        }
        if let Some(newest) = self.newest.get_mut(row.conversation as usize) {
            *newest = Newest {
                time: row.time,
                sequence: row.sequence,
                msg_id: row.msg_id,
                chat_type: row.chat_type,
                sender: row.sender.unwrap_or(0),
            };
        }
        Ok(())
    }

    /// The list of conversations: a copy of what stands elsewhere, with gaps.
    fn recent_contacts(&self) -> Result<(), ForgeError> {
        for (number, (party, newest)) in (0_u32..).zip(self.cast.parties.iter().zip(&self.newest)) {
            if newest.msg_id == 0 || number % 19 == 3 {
                continue;
            }
            let partition = if party.is_group() {
                party.uin as i64
            } else {
                Cast::sort_number(number)
            };
            let sender = self.cast.party(newest.sender);
            self.store.put(
                "INSERT INTO recent_contact_v3_table([40010],[40027],[40021],[40030],[41102],[40050],[40003],[40094],[41135],[40093],[40001],[40020],[40033],[41220],[60001]) \
                 VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,0)",
                params![
                    newest.chat_type,
                    partition,
                    party.uid,
                    party.uin as i64,
                    i64::from(number) + 1,
                    newest.time,
                    newest.sequence,
                    party.nick,
                    party.remark,
                    sender.nick,
                    newest.msg_id,
                    sender.uid,
                    sender.uin as i64,
                    if party.role == Role::Group && number % 3 == 0 { 4 } else { 1 },
                ],
            )?;
        }
        Ok(())
    }
}
