//! Lists, pages and texts in the shapes that the tools write.

use hutong_model::{ConversationKind, Direction, Part, PartKind, PaymentKind};
use serde_json::json;

use super::{options, read_files, read_folder, recognition};
use crate::wechat::map::message_id;
use crate::{ReadError, Recognition};

#[test]
fn a_dump_in_json_with_its_people() {
    let messages = json!([
        {"id": 1, "MsgSvrID": "7291234567890123457", "type_name": "文本", "is_sender": 0, "talker": "wxid_zhang",
         "room_name": "wxid_zhang", "msg": "你好", "src": "", "extra": {}, "CreateTime": "2023-11-15 06:13:20"},
        {"id": 2, "MsgSvrID": "7291234567890123458", "type_name": "引用回复", "is_sender": 1, "talker": "wxid_me",
         "room_name": "wxid_zhang", "msg": "回答\n\n[引用]张三:你好", "src": "", "extra": {}, "CreateTime": "2023-11-15 06:13:21"},
        {"id": 3, "MsgSvrID": "7291234567890123459", "type_name": "转账", "is_sender": 0, "talker": "wxid_zhang",
         "room_name": "wxid_zhang", "msg": "<msg><appmsg><type>2000</type><wcpayinfo><feedesc>￥0.01</feedesc><paysubtype>1</paysubtype></wcpayinfo></appmsg></msg>",
         "src": "", "extra": {}, "CreateTime": "2023-11-15 06:13:22"},
        {"id": 4, "MsgSvrID": "7291234567890123460", "type_name": "文件", "is_sender": 0, "talker": "未知",
         "room_name": "wxid_zhang", "msg": "a.pdf", "src": "files/a.pdf", "extra": {}, "CreateTime": "2023-11-15 06:13:23"},
        {"id": 5, "type_name": "新玩意", "msg": "x", "is_sender": 0, "talker": "wxid_zhang", "room_name": "wxid_zhang", "CreateTime": "2023-11-15 06:13:24"}
    ]);
    let users = json!({"wxid_zhang": {"wxid": "wxid_zhang", "nickname": "张三", "remark": "老张", "account": "zs88",
        "describe": "", "headImgUrl": "", "ExtraBuf": {}, "LabelIDList": [], "extra": null}});
    let reading = read_files(&[
        ("a", messages.to_string().as_bytes()),
        ("users.json", users.to_string().as_bytes()),
        ("files/a.pdf", b"%PDF-1"),
    ]);
    assert_eq!(
        reading.senders(),
        [
            "wxid_zhang",
            "wxid_me",
            "wxid_zhang",
            "wxid_zhang",
            "wxid_zhang"
        ]
    );
    let zhang = reading
        .accounts()
        .into_iter()
        .find(|account| account.native_id == "wxid_zhang")
        .unwrap();
    assert_eq!(
        (zhang.remark.as_deref(), zhang.alias.as_deref()),
        (Some("老张"), Some("zs88"))
    );
    let messages = reading.messages();
    let [Part::Quote(quote), Part::Text(text)] = &messages[1].parts[..] else {
        panic!("{:?}", messages[1].parts)
    };
    assert_eq!(
        (quote.author_name.as_deref(), text.text.as_str()),
        (Some("张三"), "回答")
    );
    assert!(
        matches!(&messages[2].parts[0], Part::Payment(payment) if payment.kind == PaymentKind::Transfer && payment.amount.as_deref() == Some("0.01"))
    );
    let Part::File(file) = &messages[3].parts[0] else {
        panic!("file")
    };
    assert_eq!(
        (
            file.attachment.name.as_deref(),
            file.attachment.path.as_deref()
        ),
        (Some("a.pdf"), Some("files/a.pdf"))
    );
    assert!(
        matches!(&messages[4].parts[0], Part::Unknown(unknown) if unknown.kind == "新玩意" && unknown.raw == b"x")
    );
    assert_eq!(
        messages[0].id,
        message_id(messages[0].conversation, 7_291_234_567_890_123_457)
    );
}

#[test]
fn turns_for_training_are_refused_with_a_reason() {
    let training = json!([{"conversations": [{"role": "system", "content": "x"}, {"role": "user", "content": "你好"}]}]).to_string();
    assert!(
        matches!(recognition(training.as_bytes()), Recognition::Maybe(why) if why.contains("no times"))
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a_train.json"), training).unwrap();
    assert!(
        matches!(read_folder(folder.path(), &options()), Err(ReadError::Layout { reason, .. }) if reason.contains("export the chat again"))
    );
}

#[test]
fn short_lists_have_names_and_words() {
    let list = json!([{"nickname": "张三", "message": "你好", "time": "2023-11-15 06:13:20"},
                      {"nickname": "我", "message": "[图片]", "time": "2023-11-15 06:13:21"}]);
    let reading = read_files(&[("a", list.to_string().as_bytes())]);
    assert_eq!(reading.senders(), ["张三", "我"]);
    assert_eq!(reading.parts()[1].kind(), PartKind::Image);
    let list = json!([{"sender": "张三", "content": "你好", "timestamp": 1_700_000_000}]);
    let reading = read_files(&[("a", list.to_string().as_bytes())]);
    assert_eq!(reading.messages()[0].sent_at.0, 1_700_000_000_000);
}

#[test]
fn memotrace_text_and_page() {
    let text = "2023-11-15 06:13:20 张三\n你好\n第二行\n\n2023-11-15 06:13:21 我\n[图片]\n\n";
    let reading = read_files(&[("张三.txt", text.as_bytes())]);
    assert_eq!(reading.senders(), ["张三", "我"]);
    assert_eq!(reading.parts()[0], &Part::text("你好\n第二行"));
    assert_eq!(reading.parts()[1].kind(), PartKind::Image);
    let page = "<!DOCTYPE html><html><script>const chatMessages = [\n\
        {type:1,text:'你好&amp;',is_send:0,avatar_path:'x',timestamp:1700000000,is_chatroom:0,displayname:'张三',},\n\
        {type:0,text:'张三撤回了一条消息',is_send:0,timestamp:1700000001,is_chatroom:0,displayname:''},\n\
        {type:49,sub_type:57,text:'回答',is_send:1,timestamp:1700000002,is_chatroom:0,displayname:'我',refer_text:'张三：你好'},\n\
        {type:49,sub_type:6,text:'',file_name:'a.pdf',file_size:'12',is_send:1,timestamp:1700000003,is_chatroom:0,displayname:'我'},\n\
        {type:34,text:'',voice_to_text:'喂',is_send:0,timestamp:1700000004,is_chatroom:0,displayname:'张三'},\n]</script></html>";
    let reading = read_files(&[("p", page.as_bytes())]);
    assert_eq!(reading.senders(), ["张三", "-", "我", "我", "张三"]);
    let kinds: Vec<_> = reading.parts().into_iter().map(Part::kind).collect();
    assert_eq!(
        kinds,
        [
            PartKind::Text,
            PartKind::System,
            PartKind::Quote,
            PartKind::File,
            PartKind::Voice
        ]
    );
    assert_eq!(reading.parts()[0], &Part::text("你好&"));
}

#[test]
fn chatlog_says_itself_what_a_room_is() {
    for (talker, native_id) in [
        ("12345@chatroom", "12345@chatroom"),
        ("12345", "12345@chatroom"),
        ("old-room", "old-room"),
    ] {
        let row = |sender: &str, second: i64| {
            json!({"seq": second * 1000, "time": format!("2023-11-15T06:13:{second:02}+08:00"), "talker": talker, "talkerName": "老友群",
            "isChatRoom": true, "sender": sender, "senderName": sender, "isSelf": false, "type": 1, "subType": 0, "content": "你好"})
        };
        let list = json!([row("wxid_zhang", 20), row("wxid_li", 21)]);
        let reading = read_files(&[("a", list.to_string().as_bytes())]);
        let chats: Vec<_> = reading
            .conversations()
            .iter()
            .map(|chat| (chat.kind, chat.native_id.as_str()))
            .collect();
        assert_eq!(chats, [(ConversationKind::Group, native_id)]);
    }
}

#[test]
fn chatlog_lists_texts_and_webhooks() {
    let message = json!({"seq": 1_700_000_000_000_i64, "time": "2023-11-15T06:13:20+08:00", "talker": "1@chatroom", "talkerName": "老友群",
        "isChatRoom": true, "sender": "wxid_zhang", "senderName": "张三", "isSelf": false, "type": 1, "subType": 0, "content": "你好"});
    let mut answer = message.clone();
    answer["seq"] = json!(1_700_000_001_000_i64);
    answer["time"] = json!("2023-11-15T06:13:21+08:00");
    answer["sender"] = json!("wxid_me");
    answer["isSelf"] = json!(true);
    answer["type"] = json!(49);
    answer["subType"] = json!(57);
    answer["content"] = json!("回答");
    answer["contents"] = json!({"host": "127.0.0.1:5030", "refer": message});
    let mut bundle = message.clone();
    bundle["type"] = json!(49);
    bundle["subType"] = json!(19);
    bundle["content"] = json!("");
    bundle["contents"] = json!({"title": "聊天记录", "desc": "张三: 你好", "recordInfo": {"Title": "聊天记录", "Desc": "x",
        "DataList": {"Count": "2", "DataItems": [{"DataType": "1", "SourceName": "张三", "SourceTime": "2023-11-15 06:13:20", "DataDesc": "你好"},
        {"DataType": "8", "SourceName": "李四", "DataTitle": "a.pdf", "DataSize": "12"}]}}});
    let mut voice = message.clone();
    voice["type"] = json!(34);
    voice["contents"] = json!({"voice": "7291234567890123457"});
    let list = json!([message, answer, bundle, voice]);
    let reading = read_files(&[("a", list.to_string().as_bytes())]);
    assert_eq!(
        reading.senders(),
        ["wxid_zhang", "wxid_me", "wxid_zhang", "wxid_zhang"]
    );
    let messages = reading.messages();
    let [Part::Quote(quote), Part::Text(text)] = &messages[1].parts[..] else {
        panic!("{:?}", messages[1].parts)
    };
    assert_eq!(
        (quote.author_native_id.as_deref(), text.text.as_str()),
        (Some("wxid_zhang"), "回答")
    );
    assert_eq!(quote.parts, [Part::text("你好")]);
    let Part::Forward(forward) = &messages[2].parts[0] else {
        panic!("forward")
    };
    assert_eq!(forward.messages.len(), 2);
    assert_eq!(
        messages[3].id,
        message_id(messages[3].conversation, 7_291_234_567_890_123_457)
    );
    let hook = json!({"keyword": "", "lastTime": "2023-11-15 06:13:20", "length": 4, "messages": list, "sender": "", "talker": "1@chatroom"});
    assert_eq!(
        read_files(&[("a", hook.to_string().as_bytes())])
            .messages()
            .len(),
        4
    );
    let text = "张三(wxid_zhang) [老友群(1@chatroom)] 2023-11-15 06:13:20\n你好\n\n我 [老友群(1@chatroom)] 2023-11-15 06:13:21\n![图片](http://127.0.0.1/image/a)\n\n\
                系统消息 [老友群(1@chatroom)] 2023-11-15 06:13:22\n张三退出了群聊\n";
    let reading = read_files(&[("t", text.as_bytes())]);
    assert_eq!(reading.senders(), ["wxid_zhang", "我", "-"]);
    assert_eq!(reading.messages()[0].conversation, messages[0].conversation);
    let text = "张三(wxid_zhang) 05-01 08:00:00\n你好\n";
    let reading = read_files(&[("t", text.as_bytes())]);
    assert_eq!(reading.messages().len(), 1);
}

#[test]
fn weflow_and_echotrace_files() {
    let messages = json!([
        {"localId": 1, "createTime": 1_700_000_000, "formattedTime": "2023-11-15 06:13:20", "type": "文本消息", "localType": 1, "content": "你好",
         "isSend": 0, "senderUsername": "wxid_zhang", "senderDisplayName": "张三", "source": "", "senderAvatarKey": "wxid_zhang", "platformMessageId": "7291234567890123457"},
        {"localId": 2, "createTime": 1_700_000_001, "type": "引用消息", "localType": 244_813_135_921_i64, "content": "回答", "isSend": 1,
         "senderUsername": "wxid_me", "senderDisplayName": "我", "platformMessageId": "7291234567890123458",
         "replyToMessageId": "7291234567890123457", "quotedSender": "张三", "quotedContent": "你好"},
        {"localId": 3, "createTime": 1_700_000_002, "type": "动画表情", "localType": 47, "content": "[动画表情]", "isSend": 0, "senderUsername": "wxid_zhang",
         "emojiMd5": "00112233445566778899aabbccddeeff", "emojiCaption": "好"},
        {"localId": 4, "createTime": 1_700_000_003, "type": "位置消息", "localType": 48, "content": "[位置]", "isSend": 0, "senderUsername": "wxid_zhang",
         "locationLat": 39.9, "locationLng": 116.4, "locationPoiname": "公园", "locationLabel": "路 1 号"},
        {"localId": 5, "createTime": 1_700_000_004, "type": "链接消息", "localType": 21_474_836_529_i64, "content": "[链接] 题", "isSend": 0, "senderUsername": "wxid_zhang",
         "linkTitle": "题", "linkUrl": "https://a.example/"},
        {"localId": 6, "createTime": 1_700_000_005, "type": "系统消息", "localType": 10000, "content": "张三撤回了一条消息", "isSend": null, "senderUsername": null}
    ]);
    let session = json!({"wxid": "wxid_zhang", "nickname": "张三", "remark": "老张", "displayName": "老张", "type": "私聊", "lastTimestamp": 1, "messageCount": 6});
    let flow = json!({"weflow": {"version": "1.0.3", "exportedAt": 1, "generator": "WeFlow"}, "session": session, "messages": messages, "avatars": {}});
    let reading = read_files(&[("a", flow.to_string().as_bytes())]);
    assert_eq!(
        reading.senders(),
        [
            "wxid_zhang",
            "wxid_me",
            "wxid_zhang",
            "wxid_zhang",
            "wxid_zhang",
            "-"
        ]
    );
    let read = reading.messages();
    assert_eq!(read[1].reply_to, [read[0].id]);
    let kinds: Vec<_> = reading.parts().into_iter().map(Part::kind).collect();
    assert_eq!(
        kinds,
        [
            PartKind::Text,
            PartKind::Quote,
            PartKind::Sticker,
            PartKind::Place,
            PartKind::Link,
            PartKind::System
        ]
    );
    assert!(
        matches!(reading.parts()[3], Part::Place(place) if place.name.as_deref() == Some("公园") && place.latitude.as_deref() == Some("39.9"))
    );
    let mut plain = messages.clone();
    for message in plain.as_array_mut().unwrap() {
        message.as_object_mut().unwrap().remove("platformMessageId");
    }
    let trace = json!({"session": session, "messages": plain, "avatars": {}, "exportTime": "2023-11-15T06:13:20.000"});
    let traced = read_files(&[("a", trace.to_string().as_bytes())]);
    assert_eq!(traced.messages().len(), 6);
    assert!(
        matches!(recognition(trace.to_string().as_bytes()), Recognition::Yes(what) if what.contains("echotrace"))
    );
    let http = json!({"success": true, "talker": "wxid_zhang", "count": 1, "hasMore": false, "media": {}, "messages": [
        {"localId": 1, "serverId": "7291234567890123457", "localType": 1, "createTime": 1_700_000_000, "isSend": 0, "senderUsername": "wxid_zhang", "content": "你好", "rawContent": "你好"}]});
    let answered = read_files(&[("a", http.to_string().as_bytes())]);
    assert_eq!(answered.messages()[0].sent_at, read[0].sent_at);
    let arkme = json!({"weflow": {"version": "1.0.3", "format": "arkme-json"}, "session": {"wxid": "1@chatroom", "displayName": "老友群", "type": "群聊"},
        "senders": [{"senderID": 1, "wxid": "wxid_zhang", "displayName": "张三", "nickname": "张三", "groupNickname": "三哥"}, {"senderID": 2, "wxid": "wxid_me", "displayName": "我"}],
        "messages": [{"localId": 1, "createTime": 1_700_000_000, "type": "文本消息", "localType": 1, "content": "你好", "isSend": 0, "senderID": 1},
                     {"localId": 2, "createTime": 1_700_000_000, "type": "文本消息", "localType": 1, "content": "好", "isSend": 1, "senderID": 2}],
        "groupMembers": [{"wxid": "wxid_li", "displayName": "李四", "nickname": "李四", "remark": "", "alias": "", "isFriend": true, "messageCount": 0}]});
    let arkme = read_files(&[("a", arkme.to_string().as_bytes())]);
    assert_eq!(arkme.senders(), ["wxid_zhang", "wxid_me"]);
    assert_eq!(arkme.messages()[1].direction, Direction::Out);
    assert!(
        arkme
            .accounts()
            .iter()
            .any(|account| account.native_id == "wxid_li")
    );
}

#[test]
fn weflow_statements() {
    let sql = "CREATE TABLE weflow_messages(session_id TEXT, local_id INTEGER, message_id TEXT, create_time INTEGER, sender TEXT, is_send INTEGER, local_type INTEGER, media_type TEXT, content TEXT, media_path TEXT);\n\
        INSERT INTO weflow_messages (session_id, local_id, message_id, create_time, sender, is_send, local_type, media_type, content, media_path) VALUES\n\
        ('wxid_zhang', 1, '7291234567890123457', 1700000000, 'wxid_zhang', 0, 1, NULL, 'it''s; (好)\n行', NULL),\n\
        ('wxid_zhang', 2, '7291234567890123458', 1700000001, 'wxid_me', 1, 3, 'image', '[图片]', 'media/a.png');\n";
    let reading = read_files(&[("s", sql.as_bytes()), ("media/a.png", b"\x89PNG")]);
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_me"]);
    assert_eq!(reading.parts()[0], &Part::text("it's; (好)\n行"));
    assert!(
        matches!(reading.parts()[1], Part::Image(image) if image.attachment.path.as_deref() == Some("media/a.png"))
    );
}

#[test]
fn a_data_analysis_folder() {
    let manifest = json!({"schemaVersion": 1, "exportedAt": "2023-11-15T06:13:20", "exportId": "x", "account": "wxid_me", "source": "wechat", "format": "json", "scope": "all", "filters": {}, "options": {}, "stats": {}});
    let meta = json!({"schemaVersion": 1, "username": "wxid_zhang", "displayName": "张三", "avatarPath": "", "isGroup": false, "exportedAt": "x", "messageCount": 2});
    let messages = json!({"schemaVersion": 1, "username": "wxid_zhang", "messages": [
        {"id": "message_0:Msg_x:1", "localId": 1, "serverId": 7_291_234_567_890_123_457_i64, "createTime": 1_700_000_000, "createTimeText": "2023-11-15 06:13:20", "sortSeq": 1_700_000_000_000_i64,
         "type": 1, "renderType": "text", "isSent": false, "senderUsername": "wxid_zhang", "conversationUsername": "wxid_zhang", "isGroup": false, "content": "你好"},
        {"id": "message_0:Msg_x:2", "localId": 2, "serverId": 7_291_234_567_890_123_458_i64, "createTime": 1_700_000_001, "sortSeq": 1_700_000_001_000_i64, "type": 3, "renderType": "image", "isSent": true,
         "senderUsername": "wxid_me", "conversationUsername": "wxid_zhang", "isGroup": false, "content": "[图片]", "offlineMedia": [{"kind": "image", "path": "media/images/a.jpg"}]}]});
    let reading = read_files(&[
        ("manifest.json", manifest.to_string().as_bytes()),
        (
            "conversations/0001_x/meta.json",
            meta.to_string().as_bytes(),
        ),
        (
            "conversations/0001_x/messages.json",
            messages.to_string().as_bytes(),
        ),
        ("media/images/a.jpg", b"\xFF\xD8\xFF"),
    ]);
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_me"]);
    assert!(matches!(reading.parts()[1], Part::Image(image) if image.attachment.content.is_some()));
    assert!(
        reading
            .accounts()
            .iter()
            .any(|account| account.is_owner && account.native_id == "wxid_me")
    );
}

#[test]
fn one_message_has_one_id_in_every_export_that_knows_it() {
    let csv = "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\n1,7291234567890123457,文本,0,wxid_zhang,1@chatroom,你好,,2023-11-15 06:13:20\n";
    let json = json!({"weflow": {}, "session": {"wxid": "1@chatroom", "displayName": "群", "type": "群聊"}, "messages": [
        {"localId": 9, "createTime": 1_700_000_000, "type": "文本消息", "localType": 1, "content": "你好", "isSend": 0, "senderUsername": "wxid_zhang", "platformMessageId": "7291234567890123457"}]});
    let reading = read_files(&[("a", csv.as_bytes()), ("b", json.to_string().as_bytes())]);
    let messages = reading.messages();
    assert_eq!(messages[0].id, messages[1].id);
    let text = "张三(wxid_zhang) [群(1@chatroom)] 2023-11-15 06:13:20\n你好\n";
    let list = json!([{"seq": 1_700_000_000_000_i64, "time": "2023-11-15T06:13:20+08:00", "talker": "1@chatroom", "sender": "wxid_zhang", "type": 1, "content": "你好"}]);
    let reading = read_files(&[("a", text.as_bytes()), ("b", list.to_string().as_bytes())]);
    let messages = reading.messages();
    assert_eq!(messages[0].id, messages[1].id);
}

#[test]
fn exports_below_an_export_are_read_too() {
    let text = "张三(wxid_zhang) 2023-11-15 06:13:20\n你好\n";
    let other = "李四(wxid_li) 2023-11-15 06:13:20\n你好\n";
    let reading = read_files(&[
        ("a.txt", text.as_bytes()),
        ("more/b.txt", other.as_bytes()),
        ("media/c.txt", text.as_bytes()),
    ]);
    assert_eq!(reading.senders(), ["wxid_zhang", "wxid_li"]);
}

#[test]
fn weflow_keeps_answers_in_brackets_and_what_it_cannot_name() {
    let flow = json!({
        "weflow": {"version": "1.0.3", "generator": "WeFlow"},
        "session": {"wxid": "wxid_zhang", "nickname": "张三", "type": "私聊"},
        "messages": [
            {"localId": 1, "createTime": 1_700_000_000, "type": "引用消息", "content": "好好休息[引用 李四：忙了[捂脸]一下午]", "isSend": 0},
            {"localId": 2, "createTime": 1_700_000_001, "type": "引用消息", "content": "[引用 李四：[图片]]", "isSend": 0},
            {"localId": 3, "createTime": 1_700_000_002, "type": "未知类型(88)", "content": null, "isSend": 0},
            {"localId": 4, "createTime": 1_700_000_003, "type": "文本消息", "content": {"k": [1, null]}, "isSend": 0},
            {"localId": 5, "createTime": 1_700_000_004, "type": "文本消息", "content": "[引用 我：字]", "isSend": 1}
        ]
    });
    let reading = read_files(&[("a", flow.to_string().as_bytes())]);
    let read = reading.messages();
    let Part::Quote(quote) = &read[0].parts[0] else {
        panic!("quote")
    };
    assert_eq!(quote.author_name.as_deref(), Some("李四"));
    assert_eq!(quote.parts, [Part::text("忙了[捂脸]一下午")]);
    assert_eq!(read[0].parts[1], Part::text("好好休息"));
    let Part::Quote(quote) = &read[1].parts[0] else {
        panic!("quote")
    };
    assert_eq!(quote.parts[0].kind(), PartKind::Image);
    let Part::Unknown(unknown) = &read[2].parts[0] else {
        panic!("unknown")
    };
    assert_eq!(unknown.kind, "未知类型(88)");
    assert!(String::from_utf8_lossy(&unknown.raw).contains("\"localId\":3"));
    assert_eq!(read[3].parts, [Part::text("{\"k\":[1,null]}")]);
    // What somebody typed stays typed.
    assert_eq!(read[4].parts, [Part::text("[引用 我：字]")]);
}
