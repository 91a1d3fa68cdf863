//! Tables of the QQ NT databases.

use std::fmt::Write as _;

const COMMON: &str = "[40001] INTEGER PRIMARY KEY,[40002] INTEGER,[40003] INTEGER,[40010] INTEGER,[40011] INTEGER,\
[40012] INTEGER,[40013] INTEGER,[40020] TEXT,[40026] INTEGER,[40021] TEXT,[40027] INTEGER,\
[40040] INTEGER,[40041] INTEGER,[40050] INTEGER,[40052] INTEGER,[40090] TEXT,[40093] TEXT,\
[40800] BLOB,[40900] BLOB,[40105] INTEGER,[40005] INTEGER,[40058] INTEGER,";
const REST: &str = "[40006] INTEGER,[40100] INTEGER,[40600] BLOB,[40060] INTEGER,[40850] INTEGER,[40851] INTEGER,[40601] BLOB,\
[40801] BLOB,[40605] BLOB,[40030] INTEGER,[40033] INTEGER,[40062] BLOB,[40083] INTEGER,\
[40084] INTEGER,[40008] INTEGER,[40009] INTEGER";

/// The message tables that hold rows.
pub(super) const MESSAGE_TABLES: &[&str] = &[
    "c2c_msg_table",
    "group_msg_table",
    "dataline_msg_table",
    "c2c_temp_msg_table",
    "discuss_msg_table",
];

/// All tables of `nt_msg.db`.
pub(super) fn message_database() -> String {
    let mut sql = String::new();
    for table in [
        "c2c_msg_table",
        "group_msg_table",
        "dataline_msg_table",
        "c2c_temp_msg_table",
        "ai_assistant_msg_table",
    ] {
        let _ = write!(sql, "CREATE TABLE {table}({COMMON}{REST});");
    }
    let _ = write!(
        sql,
        "CREATE TABLE group_ai_assistant_msg_table({COMMON}{REST},[40031] INTEGER);"
    );
    let old = "[40100] INTEGER,[40600] BLOB,[40060] INTEGER";
    let _ = write!(
        sql,
        "CREATE TABLE discuss_msg_table({COMMON}{old},[40094] TEXT,[40030] INTEGER,[40033] INTEGER);"
    );
    let service = COMMON.replace("[40027] INTEGER,", "[40027] INTEGER,[40035] INTEGER,");
    let _ = write!(
        sql,
        "CREATE TABLE service_assistant_msg_table({service}[40006] INTEGER,{old},[40030] INTEGER,[40033] INTEGER);"
    );
    sql.push_str(OTHERS);
    for table in [
        "nt_kv_storage_table",
        "kv_tofu_msg_table",
        "msg_unread_info_table",
        "pai_yi_pai_msg_id_table",
        "eventflow_seq_storage_table",
        "game_msg_config_table",
    ] {
        let _ = write!(
            sql,
            "CREATE TABLE {table}([48901] TEXT PRIMARY KEY,[48902] BLOB);"
        );
    }
    for table in [
        "draft_storage_table_v1",
        "hidden_session_storage_table_v1",
        "them_module_storage_table_v1",
        "ark_to_markdown_config_table",
    ] {
        let _ = write!(
            sql,
            "CREATE TABLE {table}([43001] TEXT PRIMARY KEY,[43002] BLOB);"
        );
    }
    for table in [
        "c2c_msg_flow_table",
        "group_msg_flow_table",
        "c2c_temp_msg_flow_table",
        "discuss_msg_flow_table",
        "dataline_flow_table",
    ] {
        let _ = write!(
            sql,
            "CREATE TABLE {table}([41711] INTEGER PRIMARY KEY,[41712] INTEGER,[41713] BLOB);"
        );
    }
    sql
}

/// Indexes of the message tables.
pub(super) fn message_indexes() -> String {
    let mut sql = String::new();
    for table in MESSAGE_TABLES {
        let _ = write!(
            sql,
            "CREATE UNIQUE INDEX {table}_idx40027_40003_40002 ON {table}([40027],[40003],[40002]);
             CREATE INDEX {table}_idx40027_40058 ON {table}([40027],[40058]);
             CREATE INDEX {table}_idx40027_40003 ON {table}([40027],[40003]);"
        );
    }
    sql
}

const OTHERS: &str = "
CREATE TABLE nt_uid_mapping_table([48901] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,[48902] TEXT,[48912] TEXT,[1002] INTEGER);
CREATE TABLE group_at_me_msg([40001] INTEGER PRIMARY KEY,[40027] INTEGER,[40020] TEXT,[40100] INTEGER,[40050] INTEGER,[40003] INTEGER);
CREATE TABLE recent_contact_top_table([41145] INTEGER PRIMARY KEY,[40010] INTEGER,[41103] INTEGER,[1000] TEXT,[60001] INTEGER);
CREATE TABLE recent_contact_delete_storage([1005] TEXT PRIMARY KEY,[40050] INTEGER,[49740] INTEGER);
CREATE TABLE recent_contact_v3_table([40055] INTEGER,[40010] INTEGER,[40027] INTEGER,[40021] TEXT,[40030] INTEGER,[40051] BLOB,[40041] INTEGER,[41102] INTEGER PRIMARY KEY,[40056] TEXT,[40050] INTEGER,[40003] INTEGER,[40094] TEXT,[40093] TEXT,[40090] TEXT,[40095] TEXT,[40096] TEXT,[40001] INTEGER,[41103] INTEGER,[41104] INTEGER,[40020] TEXT,[40033] INTEGER,[41220] INTEGER,[40600] BLOB,[41106] INTEGER,[41107] INTEGER,[41108] INTEGER,[41110] TEXT,[40011] INTEGER,[41114] INTEGER,[41115] BLOB,[41116] BLOB,[42261] INTEGER,[41124] INTEGER,[41123] INTEGER,[41130] INTEGER,[41136] INTEGER,[41131] BLOB,[40022] TEXT,[41127] TEXT,[40092] TEXT,[40091] TEXT,[40014] INTEGER,[41126] INTEGER,[41128] BLOB,[41133] INTEGER,[41134] INTEGER,[41135] TEXT,[49102] INTEGER,[49103] INTEGER,[41132] INTEGER,[41138] INTEGER,[41137] INTEGER,[41144] INTEGER,[41147] INTEGER,[41146] INTEGER,[41148] TEXT,[60001] INTEGER,[41150] BLOB,[40005] INTEGER,[40002] INTEGER,[40006] INTEGER,[41158] INTEGER,[41159] INTEGER);
CREATE TABLE service_assistant_contact([41102] INTEGER PRIMARY KEY,[40051] BLOB,[40050] INTEGER,[41110] TEXT,[40094] TEXT,[41131] BLOB,[40001] INTEGER);
CREATE TABLE ai_session_table([40055] INTEGER,[40021] TEXT,[40010] INTEGER,[60001] INTEGER,[40094] TEXT,[40050] INTEGER,[40003] INTEGER,PRIMARY KEY([40055],[40021]));
CREATE TABLE msg_backup_storage_table([50501] TEXT PRIMARY KEY,[50502] TEXT,[50503] INTEGER);";

/// Adds a row to a message table that has all columns.
pub(super) fn insert(table: &str) -> String {
    format!(
        "INSERT INTO {table}([40001],[40002],[40003],[40010],[40011],[40012],[40013],[40020],[40026],[40021],[40027],[40040],[40041],\
         [40050],[40052],[40090],[40093],[40800],[40900],[40005],[40058],[40100],[40600],[40060],[40850],[40851],[40030],[40033],[40062],[40083],[40084]) \
         VALUES(?1,?2,?3,?4,?5,?6,?7,?8,0,?9,?10,?11,2,?12,0,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?27)"
    )
}

/// Adds a row to the table of discussions, which lacks the later columns.
pub(super) const INSERT_DISCUSSION: &str = "INSERT INTO discuss_msg_table([40001],[40002],[40003],[40010],[40011],[40012],[40013],[40020],[40026],[40021],[40027],[40040],[40041],\
[40050],[40052],[40090],[40093],[40800],[40900],[40005],[40058],[40100],[40600],[40060],[40094],[40030],[40033]) \
VALUES(?1,?2,?3,?4,?5,?6,?7,?8,0,?9,?10,?11,2,?12,0,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24)";

pub(super) const PROFILE: &str = "
CREATE TABLE profile_info_v6([1000] TEXT PRIMARY KEY,[1001] TEXT,[1002] INTEGER,[20002] TEXT,[20009] TEXT,[20011] TEXT,[20004] TEXT,[20006] INTEGER,[20007] INTEGER,[20008] INTEGER,[20014] INTEGER,[20070] INTEGER,[20072] BLOB,[24103] INTEGER,[24104] INTEGER,[21000] BLOB);
CREATE TABLE buddy_list([1000] TEXT PRIMARY KEY,[1001] TEXT,[1002] INTEGER,[25007] INTEGER);
CREATE TABLE category_list_v2([1000] TEXT PRIMARY KEY,[25011] BLOB);
CREATE TABLE buddy_req_list_5([21204] INTEGER,[21001] TEXT,[20002] TEXT,[21508] TEXT,[21509] TEXT,[60001] INTEGER);
CREATE TABLE profile_info_adelie([1000] TEXT PRIMARY KEY,[1002] INTEGER,[320001] TEXT);";

pub(super) const GROUP: &str = "
CREATE TABLE group_list([60001] INTEGER PRIMARY KEY,[60007] TEXT,[60026] TEXT,[60002] TEXT,[60004] INTEGER,[60005] INTEGER,[60006] INTEGER,[60340] INTEGER);
CREATE TABLE group_detail_info_ver1([60001] INTEGER PRIMARY KEY,[60007] TEXT,[60026] TEXT,[60002] TEXT,[60004] INTEGER,[60005] INTEGER,[60006] INTEGER,[60217] TEXT,[60216] TEXT,[60340] INTEGER);
CREATE TABLE group_member3([60001] INTEGER,[1000] TEXT,[1001] TEXT,[1002] INTEGER,[64003] TEXT,[20002] TEXT,[64007] INTEGER,[64008] INTEGER,[64009] INTEGER,[64010] INTEGER,[64016] INTEGER,[64023] TEXT,[64035] INTEGER,PRIMARY KEY([60001],[1000]));
CREATE TABLE group_member_level_info([60001] INTEGER PRIMARY KEY,[67100] INTEGER,[67103] BLOB);
CREATE TABLE group_essence([60001] INTEGER,[67501] INTEGER,[67502] INTEGER,[67503] TEXT,[67504] INTEGER,[67505] INTEGER,[67506] TEXT,[67507] INTEGER,[67508] INTEGER);
CREATE TABLE group_bulletin([60001] INTEGER PRIMARY KEY,[64205] BLOB);
CREATE TABLE group_notify_list([61001] INTEGER,[61002] INTEGER,[61003] INTEGER,[61004] BLOB,[61005] BLOB,[61007] BLOB,[61010] TEXT,[60001] INTEGER);
CREATE TABLE group_ext_list([60001] INTEGER PRIMARY KEY,[66732] BLOB);";

pub(super) const FILES: &str = "
CREATE TABLE files_in_chat_table([45001] INTEGER PRIMARY KEY,[82300] INTEGER,[40001] INTEGER,[45403] TEXT,[45404] TEXT,[40020] TEXT,[40021] TEXT,[40010] INTEGER,[82301] INTEGER,[45002] INTEGER,[45003] INTEGER,[45402] TEXT,[45405] INTEGER,[40050] INTEGER,[82302] INTEGER);";

pub(super) const RICH_MEDIA: &str = "
CREATE TABLE file_table([45401] INTEGER PRIMARY KEY,[40001] INTEGER,[45001] INTEGER,[45402] TEXT,[45403] TEXT,[45405] INTEGER,[45985] INTEGER,[45503] TEXT,[40021] TEXT,[64914] INTEGER);";
