//! Tables of the WeChat 4 databases.

/// Tables of a message database besides the message tables; `is_session` came with newer builds.
pub(super) fn message_tables(has_session_column: bool, has_history: bool) -> String {
    let name2id = if has_session_column {
        "CREATE TABLE Name2Id(user_name TEXT PRIMARY KEY, is_session INTEGER DEFAULT 0);"
    } else {
        "CREATE TABLE Name2Id(user_name TEXT PRIMARY KEY);"
    };
    let history = if has_history {
        "CREATE TABLE HistoryAddMsgInfo(session_name_id INTEGER, history_id INTEGER, server_id INTEGER, is_revoke INTEGER, PRIMARY KEY(session_name_id, history_id, server_id));
         CREATE TABLE HistorySysMsgInfo(session_name_id INTEGER, history_id INTEGER, server_id INTEGER, is_revoke INTEGER, PRIMARY KEY(session_name_id, history_id, server_id));
         CREATE TABLE SendInfo(chat_name_id INTEGER, msg_local_id INTEGER, UNIQUE(chat_name_id, msg_local_id));"
    } else {
        ""
    };
    format!(
        "{name2id}
         CREATE TABLE TimeStamp(timestamp INTEGER);
         CREATE TABLE DeleteInfo(chat_name_id INTEGER, delete_table_name TEXT, UNIQUE(chat_name_id, delete_table_name));
         CREATE INDEX DeleteInfo_CHATNAMEID ON DeleteInfo(chat_name_id);
         CREATE INDEX DeleteInfo_TABLENAME ON DeleteInfo(delete_table_name);
         CREATE TABLE DeleteResInfo(local_id INTEGER PRIMARY KEY AUTOINCREMENT, session_name_id INTEGER, msg_create_time INTEGER, msg_local_id INTEGER, res_path TEXT);
         {history}
         CREATE TABLE wcdb_builtin_compression_record(tableName TEXT PRIMARY KEY, columns TEXT NOT NULL, rowid INTEGER) WITHOUT ROWID;"
    )
}

/// The way `local_id` is declared while a message table is filled; SQLite would look through
/// `sqlite_sequence` at every row otherwise. See `shard.rs`.
pub(super) const PLAIN_KEY: &str = "local_id INTEGER PRIMARY KEY /*AUTOINC*/";
/// The way `local_id` is declared in the finished file.
pub(super) const SEQUENCE_KEY: &str = "local_id INTEGER PRIMARY KEY AUTOINCREMENT";

/// A message table.
pub(super) fn message_table(hash: &str, key: &str) -> String {
    format!(
        "CREATE TABLE Msg_{hash}({key}, server_id INTEGER, local_type INTEGER, sort_seq INTEGER, real_sender_id INTEGER, \
         create_time INTEGER, status INTEGER, upload_status INTEGER, download_status INTEGER, server_seq INTEGER, \
         origin_source INTEGER, source TEXT, message_content TEXT, compress_content TEXT, packed_info_data BLOB, \
         WCDB_CT_message_content INTEGER DEFAULT NULL, WCDB_CT_source INTEGER DEFAULT NULL);"
    )
}

/// Indexes of a message table.
pub(super) fn message_indexes(hash: &str) -> String {
    format!(
        "CREATE INDEX Msg_{hash}_SENDERID ON Msg_{hash}(real_sender_id);
         CREATE INDEX Msg_{hash}_SERVERID ON Msg_{hash}(server_id);
         CREATE INDEX Msg_{hash}_SORTSEQ ON Msg_{hash}(sort_seq);
         CREATE INDEX Msg_{hash}_TYPE_SEQ ON Msg_{hash}(local_type, sort_seq);"
    )
}

/// Statement that adds a message row.
pub(super) fn message_insert(hash: &str) -> String {
    format!(
        "INSERT INTO Msg_{hash}(local_id, server_id, local_type, sort_seq, real_sender_id, create_time, status, \
         upload_status, download_status, server_seq, origin_source, source, message_content, packed_info_data, \
         WCDB_CT_message_content, WCDB_CT_source) VALUES(?1,?2,?3,?4,?5,?6,?7,0,?8,?9,1,?10,?11,?12,?13,?14)"
    )
}

pub(super) const MEDIA: &str = "
CREATE TABLE Name2Id(user_name TEXT PRIMARY KEY);
CREATE TABLE TimeStamp(timestamp INTEGER);
CREATE TABLE VoiceInfo(chat_name_id INTEGER, create_time INTEGER, local_id INTEGER, svr_id INTEGER, voice_data BLOB, data_index TEXT DEFAULT '0');";

pub(super) const MEDIA_INDEXES: &str = "
CREATE UNIQUE INDEX VoiceInfo_UNIQUE ON VoiceInfo(chat_name_id, create_time, local_id, data_index);
CREATE INDEX VoiceInfo_SVRID ON VoiceInfo(chat_name_id, svr_id);";

pub(super) const RESOURCE: &str = "
CREATE TABLE ChatName2Id(user_name TEXT PRIMARY KEY, update_time INTEGER);
CREATE TABLE SenderName2Id(user_name TEXT PRIMARY KEY);
CREATE TABLE MessageResourceInfo(message_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER, sender_id INTEGER, message_local_type INTEGER, message_create_time INTEGER, message_local_id INTEGER, message_svr_id INTEGER, message_origin_source INTEGER, packed_info BLOB);
CREATE TABLE MessageResourceDetail(resource_id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INTEGER, type INTEGER, size INTEGER, create_time INTEGER, access_time INTEGER, status INTEGER, data_index TEXT, packed_info BLOB);";

pub(super) const REVOKE: &str = "
CREATE TABLE revokemessage(to_user_name TEXT, svr_id INTEGER, message_type INTEGER, revoke_time INTEGER, content TEXT, at_user_list TEXT);";

pub(super) const SESSION: &str = "
CREATE TABLE SessionTable(username TEXT PRIMARY KEY, type INTEGER, unread_count INTEGER, unread_first_msg_srv_id INTEGER, is_hidden INTEGER, summary TEXT, draft TEXT, status INTEGER, last_timestamp INTEGER, sort_timestamp INTEGER, last_clear_unread_timestamp INTEGER, last_msg_locald_id INTEGER, last_msg_type INTEGER, last_msg_sub_type INTEGER, last_msg_sender TEXT, last_sender_display_name TEXT, last_msg_ext_type INTEGER);
CREATE TABLE SessionDeleteTable(username TEXT PRIMARY KEY, delete_time INTEGER);";

pub(super) const HEAD_IMAGE: &str = "
CREATE TABLE head_image(username TEXT PRIMARY KEY, md5 TEXT, image_buffer BLOB, update_time INTEGER);";

const PERSON: &str = "(id INTEGER PRIMARY KEY, username TEXT, local_type INTEGER, alias TEXT, encrypt_username TEXT, flag INTEGER, delete_flag INTEGER, verify_flag INTEGER, remark TEXT, remark_quan_pin TEXT, remark_pin_yin_initial TEXT, nick_name TEXT, pin_yin_initial TEXT, quan_pin TEXT, big_head_url TEXT, small_head_url TEXT, head_img_md5 TEXT, chat_room_notify INTEGER, is_in_chat_room INTEGER, description TEXT, extra_buffer BLOB, chat_room_type INTEGER);";

/// Tables of `contact.db`.
pub(super) fn contact_tables() -> String {
    format!(
        "CREATE TABLE contact{PERSON}
         CREATE INDEX contact_LOCALTYPE ON contact(local_type);
         CREATE TABLE stranger{PERSON}
         CREATE INDEX stranger_LOCALTYPE ON stranger(local_type);
         CREATE TABLE chat_room(id INTEGER PRIMARY KEY, username TEXT, owner TEXT, ext_buffer BLOB);
         CREATE TABLE chatroom_member(room_id INTEGER, member_id INTEGER, UNIQUE(room_id, member_id));
         CREATE TABLE chat_room_info_detail(room_id_ INTEGER PRIMARY KEY, username_ TEXT, announcement_ TEXT, announcement_editor_ TEXT, announcement_publish_time_ INTEGER, chat_room_status_ INTEGER, room_top_msg_closed_id_list_text_ TEXT, xml_announcement_ TEXT, ext_buffer_ BLOB);
         CREATE TABLE contact_label(label_id_ INTEGER PRIMARY KEY, label_name_ TEXT, sort_order_ INTEGER);
         CREATE TABLE name2id(username TEXT PRIMARY KEY);
         CREATE TABLE encrypt_name2id(username TEXT PRIMARY KEY);
         CREATE TABLE biz_info(id INTEGER PRIMARY KEY, username TEXT, type INTEGER, accept_type INTEGER, child_type INTEGER, version INTEGER, external_info TEXT, brand_info TEXT, brand_icon_url TEXT, brand_list TEXT, brand_flag INTEGER, belong TEXT, ext_buffer BLOB);
         CREATE TABLE openim_acct_type(lang_id INTEGER, acct_type_id TEXT, wording TEXT);
         CREATE TABLE openim_appid(lang_id INTEGER, app_id TEXT, wording TEXT);
         CREATE TABLE openim_wording(lang_id INTEGER, wording_id TEXT, wording TEXT);"
    )
}

/// Tables of `hardlink.db`; `suffix` is `v3` or `v4`.
pub(super) fn hardlink_tables(suffix: &str) -> String {
    let mut sql = "CREATE TABLE dir2id(username TEXT PRIMARY KEY);
         CREATE TABLE db_info(Key TEXT PRIMARY KEY, ValueInt64 INTEGER, ValueDouble REAL, ValueStdStr TEXT, ValueBlob BLOB);
         CREATE TABLE talker_checkpoint_v3(username TEXT PRIMARY KEY, checkpoint INTEGER);"
        .to_owned();
    for kind in ["image", "video", "file"] {
        sql.push_str(&format!(
            "CREATE TABLE {kind}_hardlink_info_{suffix}(md5_hash INTEGER, md5 TEXT, type INTEGER, file_name TEXT, file_size INTEGER, modify_time INTEGER, dir1 INTEGER, dir2 INTEGER, _rowid_ INTEGER PRIMARY KEY, extra_buffer BLOB);
             CREATE TABLE {kind}_checkpoint_v3(username TEXT PRIMARY KEY, checkpoint INTEGER);"
        ));
    }
    sql
}

/// Indexes of `hardlink.db`.
pub(super) fn hardlink_indexes(suffix: &str) -> String {
    ["image", "video", "file"]
        .map(|kind| {
            format!(
                "CREATE INDEX {kind}_hardlink_info_{suffix}_MD5 ON {kind}_hardlink_info_{suffix}(md5_hash);
                 CREATE INDEX {kind}_hardlink_info_{suffix}_NAME ON {kind}_hardlink_info_{suffix}(file_name);"
            )
        })
        .concat()
}
