//! Tables: CSV with everything that happens to it.

use hutong_model::{At, Direction, NativeIdName, Part, PartKind};

use super::{read_files, read_with, recognition};
use crate::wechat::map::message_id;
use crate::{ReadOptions, Recognition};

const DUMP: &str = "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\n";

#[test]
fn a_dump_has_ids_rooms_and_the_owner() {
    let csv = format!(
        "{DUMP}1,7291234567890123457,文本,0,wxid_zhang,1@chatroom,\"第一行\n第二行,\"\"引号\"\"\",,2023-11-15 06:13:20\n\
         2,7291234567890123458,文本,1,wxid_owner,1@chatroom,回,,2023-11-15 06:13:21\n\
         3,0,系统通知,0,系统,1@chatroom,你邀请了某人,,2023-11-15 06:13:22\n\
         4,7291234567890123460,图片,0,wxid_zhang,1@chatroom,图片,img/a.jpg,2023-11-15 06:13:23\n"
    );
    let reading = read_files(&[("a.csv", csv.as_bytes()), ("img/a.jpg", b"\xFF\xD8\xFFx")]);
    let messages = reading.messages();
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[0].parts, [Part::text("第一行\n第二行,\"引号\"")]);
    assert_eq!(messages[0].origin.at, At::Line(2));
    assert_eq!(messages[1].origin.at, At::Line(4));
    assert_eq!(
        messages[0].id,
        message_id(messages[0].conversation, 7_291_234_567_890_123_457)
    );
    assert_eq!(messages[0].sent_at.0, 1_700_000_000_000);
    assert_eq!(
        reading.senders(),
        ["wxid_zhang", "wxid_owner", "-", "wxid_zhang"]
    );
    assert_eq!(messages[1].direction, Direction::Out);
    assert_eq!(messages[2].direction, Direction::None);
    let Part::Image(image) = &messages[3].parts[0] else {
        panic!("image")
    };
    assert_eq!(image.attachment.path.as_deref(), Some("img/a.jpg"));
    assert!(image.attachment.content.is_some());
}

#[test]
fn an_older_dump_keeps_words_and_source_in_one_column() {
    let row = |id: u32, word: &str, sender: u8, talker: &str, src: &str, msg: &str| {
        format!(
            "{id},{},{word},{sender},{talker},custom_id,\"{{\"\"src\"\": \"\"{src}\"\", \"\"msg\"\": \"\"{msg}\"\"}}\",2023-08-12 23:22:5{id}\n",
            7_291_234_567_890_123_450_i64 + i64::from(id)
        )
    };
    let csv = [
        "id,MsgSvrID,type_name,is_sender,talker,room_name,content,CreateTime\n".to_owned(),
        row(1, "系统通知", 0, "custom_id", "", "你已添加了某人"),
        row(2, "文本", 1, "我", "", "第一行\\n她说\\\"\"好\\\"\""),
        row(3, "文本", 0, "custom_id", "", "好"),
        row(4, "图片", 1, "我", "FileStorage\\\\Image\\\\a.dat", "图片"),
        row(5, "动画表情", 0, "custom_id", "http://x.example/e?m=1", "表情"),
        // Written by hand: no quotes around the field.
        "6,7291234567890123456,文本,0,custom_id,custom_id,{\"msg\": \"晚上见\"},2023-08-12 23:22:56\n"
            .to_owned(),
    ]
    .concat();
    let reading = read_files(&[
        ("e.csv", csv.as_bytes()),
        ("FileStorage/Image/a.dat", b"\xFF\xD8\xFFx"),
    ]);
    let messages = reading.messages();
    assert_eq!((reading.summary.rows_read, messages.len()), (6, 6));
    let kinds: Vec<PartKind> = messages.iter().map(|message| message.kind()).collect();
    assert_eq!(
        kinds,
        [
            PartKind::System,
            PartKind::Text,
            PartKind::Text,
            PartKind::Image,
            PartKind::Sticker,
            PartKind::Text
        ]
    );
    assert_eq!(messages[1].parts, [Part::text("第一行\n她说\"好\"")]);
    assert_eq!(messages[1].direction, Direction::Out);
    assert_eq!(messages[2].direction, Direction::In);
    assert_eq!(messages[5].parts, [Part::text("晚上见")]);
    let Part::Image(image) = &messages[3].parts[0] else {
        panic!("image")
    };
    assert!(image.attachment.content.is_some());
    let Part::Sticker(sticker) = &messages[4].parts[0] else {
        panic!("sticker")
    };
    assert_eq!(
        sticker.attachment.url.as_deref(),
        Some("http://x.example/e?m=1")
    );
    assert_eq!(
        messages[2].id,
        message_id(messages[2].conversation, 7_291_234_567_890_123_453)
    );
}

#[test]
fn rows_with_one_server_id_stay_two_messages_only_when_they_differ() {
    let row = |text: &str| {
        format!("1,7291234567890123457,文本,0,wxid_zhang,wxid_zhang,{text},,2023-11-15 06:13:20\n")
    };
    let csv = format!("{DUMP}{}{}{}", row("一"), row("一"), row("二"));
    let reading = read_files(&[("a", csv.as_bytes())]);
    let messages = reading.messages();
    assert_eq!(reading.summary.rows_read, 3);
    assert_eq!(messages[0].id, messages[1].id);
    assert_ne!(messages[0].id, messages[2].id);
    assert!(
        messages[2]
            .native_ids
            .iter()
            .any(|id| id.name == NativeIdName::ServerId)
    );
}

#[test]
fn ids_that_a_spreadsheet_damaged_are_no_ids() {
    let csv = format!(
        "{DUMP}1,7.29123E+18,文本,0,wxid_zhang,wxid_zhang,一,,2023-11-15 06:13:20\n\
         2,7291234567890120000,文本,0,wxid_zhang,wxid_zhang,二,,2023-11-15 06:13:20\n"
    );
    let reading = read_files(&[("a", csv.as_bytes())]);
    for message in reading.messages() {
        assert_eq!(message.id.space(), hutong_model::IdSpace::TEXT);
    }
}

#[test]
fn tables_come_in_several_encodings_and_with_rubbish() {
    let (gbk, _, _) = encoding_rs::GB18030.encode(
        "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\r\n1,5,文本,0,wxid_zhang,wxid_zhang,你好世界,,2023-11-15 06:13:20\r\n",
    );
    let reading = read_files(&[("a", gbk.as_ref())]);
    assert_eq!(reading.messages()[0].parts, [Part::text("你好世界")]);
    let mut bom = b"\xEF\xBB\xBF".to_vec();
    bom.extend_from_slice(DUMP.as_bytes());
    bom.extend_from_slice("1,5,文本,0,wxid_zhang,wxid_zhang,你\0好,,2023-11-15 06:13:20\n\n2,6,文本\n3,7,文本,0,a,wxid_zhang,x,,never\n".as_bytes());
    let reading = read_files(&[("a", &bom)]);
    assert_eq!(reading.messages()[0].parts, [Part::text("你好")]);
    assert_eq!((reading.rejected(), reading.summary.rows_read), (2, 3));
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_row() {
    let csv = format!(
        "{DUMP}1,5,文本,0,wxid_zhang,wxid_zhang,\"一,,2023-11-15 06:13:20\n\
         2,6,文本,0,wxid_zhang,wxid_zhang,二,,2023-11-15 06:13:21\n"
    );
    let reading = read_files(&[("a", csv.as_bytes())]);
    assert_eq!((reading.messages().len(), reading.rejected()), (1, 1));
}

#[test]
fn the_owner_is_named_by_the_user_where_the_file_only_says_me() {
    let csv = format!("{DUMP}1,5,文本,1,我,wxid_zhang,一,,2023-11-15 06:13:20\n");
    let reading = read_files(&[("a", csv.as_bytes())]);
    assert_eq!(reading.senders(), ["我"]);
    assert_eq!(reading.messages()[0].direction, Direction::Out);
    let options = ReadOptions {
        account: Some("wxid_owner".to_owned()),
        ..ReadOptions::default()
    };
    let named = read_with(&[("a", csv.as_bytes())], &options);
    assert_eq!(named.senders(), ["wxid_owner"]);
    assert_ne!(
        named.messages()[0].conversation,
        reading.messages()[0].conversation
    );
}

#[test]
fn the_other_side_in_the_owners_rows_is_not_the_owner() {
    let csv = format!(
        "{DUMP}1,5,文本,1,wxid_zhang,wxid_zhang,一,,2023-11-15 06:13:20\n\
         2,6,文本,0,wxid_zhang,wxid_zhang,二,,2023-11-15 06:13:21\n"
    );
    let reading = read_files(&[("a", csv.as_bytes())]);
    assert_eq!(reading.senders(), ["我", "wxid_zhang"]);
    assert_eq!(reading.messages()[0].direction, Direction::Out);
}

#[test]
fn memotrace_tables_of_one_chat_and_of_all() {
    let header = "\u{feff}localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\r\n";
    let room = format!(
        "{header}1,3,1,0,0,1700000000,,你好,2023-11-15 06:13:20,老张,张三,wxid_zhang\r\n\
         2,3,1,0,0,1700000001,,嗯,2023-11-15 06:13:21,,李四,wxid_li\r\n\
         3,3,10000,0,0,1700000002,,\"\"\"张三\"\"邀请\"\"王五\"\"加入了群聊\",2023-11-15 06:13:22,,,\r\n\
         4,3,49,57,1,1700000003,,,2023-11-15 06:13:23,,我自己,wxid_me\r\n"
    );
    let reading = read_files(&[("老友群_utf8.csv", room.as_bytes())]);
    assert_eq!(reading.conversations()[0].name.as_deref(), Some("老友群"));
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_li", "-", "wxid_me"]);
    let zhang = reading
        .accounts()
        .into_iter()
        .find(|account| account.native_id == "wxid_zhang")
        .unwrap();
    assert_eq!(
        (zhang.nickname.as_deref(), zhang.remark.as_deref()),
        (Some("张三"), Some("老张"))
    );
    // Rows of a chat between two have no names at all.
    let direct = format!(
        "{header}1,2,1,0,0,1700000000,,你好,2023-11-15 06:13:20\r\n2,2,3,0,1,1700000001,,,2023-11-15 06:13:21\r\n"
    );
    let reading = read_files(&[("老张_utf8.csv", direct.as_bytes())]);
    assert_eq!(reading.rejected(), 0);
    assert_eq!(reading.conversations()[0].native_id, "老张");
    assert_eq!(reading.parts()[1].kind(), PartKind::Image);
    let all = format!(
        "{header}1,2,1,0,0,1700000000,,你好,2023-11-15 06:13:20,老张,张三,老张\r\n\
         2,3,1,0,0,1700000001,,大家好,2023-11-15 06:13:21,,老友群,李四\r\n\
         3,3,1,0,1,1700000002,,好,2023-11-15 06:13:22,,老友群,我\r\n"
    );
    let reading = read_files(&[("messages.csv", all.as_bytes())]);
    let titles: Vec<_> = reading
        .conversations()
        .iter()
        .map(|chat| (chat.native_id.as_str(), chat.kind.as_str()))
        .collect();
    assert_eq!(titles, [("老张", "direct"), ("老友群", "group")]);
    assert_eq!(reading.senders(), ["老张", "李四", "我"]);
}

#[test]
fn weclone_and_chatlog_tables() {
    let csv = "id,MsgSvrID,type_name,is_sender,talker,msg,src,CreateTime\r\n\
               1,7291234567890123457,文本,0,wxid_zhang,你好,,2023-11-15T06:13:20+08:00\r\n\
               2,7291234567890123458,语音,1,wxid_me,,,2023-11-15T06:13:21\r\n";
    let reading = read_files(&[("张三.csv", csv.as_bytes())]);
    assert_eq!(reading.conversations()[0].native_id, "wxid_zhang");
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_me"]);
    assert_eq!(reading.messages()[1].sent_at.0, 1_700_000_001_000);
    let csv = "Time,SenderName,Sender,TalkerName,Talker,Content\n\
               2023-11-15 06:13:20,张三,wxid_zhang,老友群,1@chatroom,你好\n\
               2023-11-15 06:13:21,,系统消息,老友群,1@chatroom,张三邀请李四加入了群聊\n\
               2023-11-15 06:13:22,我,wxid_me,老友群,1@chatroom,![图片](http://127.0.0.1:5030/image/abc)\n";
    let reading = read_files(&[("x", csv.as_bytes())]);
    assert_eq!(reading.senders(), ["wxid_zhang", "-", "wxid_me"]);
    assert_eq!(reading.parts()[2].kind(), PartKind::Image);
    assert_eq!(reading.conversations()[0].name.as_deref(), Some("老友群"));
}

#[test]
fn other_tables_are_not_ours() {
    assert_eq!(recognition(b"name,age\nx,1\n"), Recognition::No);
    assert_eq!(recognition(b""), Recognition::No);
    assert!(matches!(recognition(DUMP.as_bytes()), Recognition::Yes(_)));
}
