//! The tables of messages that databases are known to have, for databases that have lost their own definitions.
//!
//! Only what is needed to bring messages back: a database that still says what its tables are is never compared with
//! these.

#[cfg(any(feature = "qq", feature = "wechat"))]
use hutong_sqlite::LostTable;

/// A table told by its columns alone.
#[cfg(any(feature = "qq", feature = "wechat"))]
const fn table(name: &'static str, columns: &'static str) -> LostTable {
    LostTable {
        name,
        columns,
        marks: &[],
        numbered_by: "",
    }
}

/// QQ NT: `FORMAT.md` of `qq_nt`, "Message tables". All have the same columns; the chat type (40010) tells them apart.
#[cfg(feature = "qq")]
pub(crate) const QQ_NT: &[LostTable] = &[
    LostTable {
        name: "group_msg_table",
        columns: NT_COLUMNS,
        marks: &[("40010", &[2])],
        numbered_by: "",
    },
    LostTable {
        name: "c2c_msg_table",
        columns: NT_COLUMNS,
        marks: &[(
            "40010",
            &[1, 99, 100, 101, 102, 103, 104, 105, 111, 116, 117, 42],
        )],
        numbered_by: "",
    },
    LostTable {
        name: "dataline_msg_table",
        columns: NT_COLUMNS,
        marks: &[("40010", &[8, 134])],
        numbered_by: "",
    },
    table(
        "nt_uid_mapping_table",
        "[48901] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,[48902] TEXT,[48912] TEXT,[1002] INTEGER",
    ),
];

#[cfg(feature = "qq")]
const NT_COLUMNS: &str = "[40001] INTEGER PRIMARY KEY,[40002] INTEGER,[40003] INTEGER,[40010] INTEGER,[40011] INTEGER,\
    [40012] INTEGER,[40013] INTEGER,[40020] TEXT,[40026] INTEGER,[40021] TEXT,[40027] INTEGER,[40040] INTEGER,\
    [40041] INTEGER,[40050] INTEGER,[40052] INTEGER,[40090] TEXT,[40093] TEXT,[40800] BLOB,[40900] BLOB,[40105] INTEGER,\
    [40005] INTEGER,[40058] INTEGER,[40006] INTEGER,[40100] INTEGER,[40600] BLOB,[40060] INTEGER,[40850] INTEGER,\
    [40851] INTEGER,[40601] BLOB,[40801] BLOB,[40605] BLOB,[40030] INTEGER,[40033] INTEGER,[40062] BLOB,[40083] INTEGER,\
    [40084] INTEGER,[40008] INTEGER,[40009] INTEGER";

/// WeChat 4: message shards.
#[cfg(feature = "wechat")]
pub(crate) const WECHAT_PC4: &[LostTable] = &[
    table(
        "Msg_*",
        "local_id INTEGER PRIMARY KEY AUTOINCREMENT, server_id INTEGER, local_type INTEGER, sort_seq INTEGER, \
         real_sender_id INTEGER, create_time INTEGER, status INTEGER, upload_status INTEGER, download_status INTEGER, \
         server_seq INTEGER, origin_source INTEGER, source TEXT, message_content TEXT, compress_content TEXT, \
         packed_info_data BLOB, WCDB_CT_message_content INTEGER DEFAULT NULL, WCDB_CT_source INTEGER DEFAULT NULL",
    ),
    table(
        "Name2Id",
        "user_name TEXT PRIMARY KEY, is_session INTEGER DEFAULT 0",
    ),
];

/// WeChat 3 on Windows.
#[cfg(feature = "wechat")]
pub(crate) const WECHAT_PC3: &[LostTable] = &[
    table(
        "MSG",
        "localId INTEGER PRIMARY KEY AUTOINCREMENT, TalkerId INT DEFAULT 0, MsgSvrID INT, Type INT, SubType INT, IsSender INT, \
         CreateTime INT, Sequence INT DEFAULT 0, StatusEx INT DEFAULT 0, FlagEx INT, Status INT, MsgServerSeq INT, \
         MsgSequence INT, StrTalker TEXT, StrContent TEXT, DisplayContent TEXT, Reserved0 INT DEFAULT 0, \
         Reserved1 INT DEFAULT 0, Reserved2 INT DEFAULT 0, Reserved3 INT DEFAULT 0, Reserved4 TEXT, Reserved5 TEXT, \
         Reserved6 TEXT, CompressContent BLOB, BytesExtra BLOB, BytesTrans BLOB",
    ),
    table("Name2ID", "UsrName TEXT PRIMARY KEY"),
];

/// WeChat on Android.
#[cfg(feature = "wechat")]
pub(crate) const WECHAT_ANDROID: &[LostTable] = &[
    table(
        "message",
        "msgId INTEGER PRIMARY KEY, msgSvrId INTEGER, type INT, status INT, isSend INT, isShowTimer INTEGER, \
         createTime INTEGER, talker TEXT, content TEXT, imgPath TEXT, reserved TEXT, lvbuffer BLOB, transContent TEXT, \
         transBrandWording TEXT, talkerId INTEGER, bizClientMsgId TEXT, bizChatId INTEGER DEFAULT -1, bizChatUserId TEXT, \
         msgSeq INTEGER, flag INT, solitaireFoldInfo BLOB, historyId TEXT",
    ),
    LostTable {
        name: "userinfo",
        columns: "id INTEGER PRIMARY KEY, type INT, value TEXT",
        marks: &[("type", &[1, 2, 3, 4])],
        numbered_by: "",
    },
];

/// WeChat on iOS; on macOS 3 the columns are others.
#[cfg(feature = "wechat")]
pub(crate) const WECHAT_IOS: &[LostTable] = &[table(
    "Chat_*",
    "TableVer INTEGER DEFAULT 1, MesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, MesSvrID INTEGER DEFAULT 0, \
     CreateTime INTEGER DEFAULT 0, Message TEXT, Status INTEGER DEFAULT 0, ImgStatus INTEGER DEFAULT 0, Type INTEGER, \
     Des INTEGER",
)];

/// WeChat 3 on macOS.
#[cfg(feature = "wechat")]
pub(crate) const WECHAT_MAC3: &[LostTable] = &[table(
    "Chat_*",
    "mesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, mesSvrID INTEGER, msgCreateTime INTEGER, msgContent TEXT, \
     msgStatus INTEGER, msgImgStatus INTEGER, messageType INTEGER, mesDes INTEGER, msgSource TEXT, IntRes1 INTEGER, \
     IntRes2 INTEGER, StrRes1 TEXT, StrRes2 TEXT, msgVoiceText TEXT, msgSeq INTEGER, CompressContent BLOB, ConBlob BLOB",
)];

/// QQ on Android before NT. The table's name is the MD5 of the other side's number, which every row states too.
#[cfg(feature = "qq")]
pub(crate) const QQ_ANDROID: &[LostTable] = &[
    LostTable {
        name: "mr_friend_*_New",
        columns: MR_COLUMNS,
        marks: &[("istroop", &[0])],
        numbered_by: "",
    },
    LostTable {
        name: "mr_troop_*_New",
        columns: MR_COLUMNS,
        marks: &[("istroop", &[1])],
        numbered_by: "",
    },
];

#[cfg(feature = "qq")]
const MR_COLUMNS: &str = "_id INTEGER PRIMARY KEY AUTOINCREMENT,extInt INTEGER,extLong INTEGER,extStr TEXT,\
    extraflag INTEGER,frienduin TEXT,isValid INTEGER,isread INTEGER,issend INTEGER,istroop INTEGER,longMsgCount INTEGER,\
    longMsgId INTEGER,longMsgIndex INTEGER,msgData BLOB,msgId INTEGER,msgUid INTEGER,msgseq INTEGER,msgtype INTEGER,\
    selfuin TEXT,sendFailCode INTEGER,senderuin TEXT,shmsgseq INTEGER,time INTEGER,uniseq INTEGER,versionCode INTEGER,\
    vipBubbleID INTEGER";

/// QQ on the iPhone before NT. Chats between two state the other side's number in their rows, groups do not state theirs.
#[cfg(feature = "qq")]
pub(crate) const QQ_IOS: &[LostTable] = &[
    LostTable {
        name: "tb_c2cMsg_#",
        columns: "uin INTEGER,time DOUBLE,type INTEGER,read INTEGER,content TEXT,msgId INTEGER,flag INTEGER,picUrl TEXT",
        marks: &[("flag", &[0, 1, 2, 3])],
        numbered_by: "uin",
    },
    table(
        "tb_TroopMsg_#",
        "SendUin INTEGER,MsgTime INTEGER,sMsgType INTEGER,read INTEGER,strMsg TEXT,MsgID INTEGER,nickname TEXT,picUrl TEXT",
    ),
];

/// Decrypted `Msg3.0.db` of QQ for Windows. Rows do not state whose chat they are: all come back as groups without a name.
#[cfg(feature = "qq")]
pub(crate) const QQ_PC: &[LostTable] = &[table(
    "group_#",
    "Time INTEGER, Rand INTEGER, SenderUin INTEGER, MsgContent BLOB, Info BLOB, PRIMARY KEY(Time,Rand)",
)];
