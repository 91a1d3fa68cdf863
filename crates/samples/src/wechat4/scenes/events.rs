//! Scenes of calls, nudges, recalls and system rows.

use crate::truth::{Kind, State};
use crate::wechat4::appmsg::App;
use crate::wechat4::bodies;
use crate::wechat4::draft::{Draft, Server};
use crate::wechat4::stage::{Revoked, Stage};
use crate::wechat4::sysmsg;

/// Calls of both generations in every outcome.
pub(super) fn calls(stage: &mut Stage<'_>) {
    let mate = stage.conversation();
    for (number, words) in [
        "通话时长 01:05",
        "已取消",
        "已拒绝",
        "对方无应答",
        "忙线未接听",
        "已在其它设备接听",
        "对方已取消",
    ]
    .into_iter()
    .enumerate()
    {
        let (sender, time) = (if number % 2 == 0 { mate } else { 0 }, stage.now());
        let body = bodies::call(
            &mut stage.rng,
            number % 3 == 0,
            words,
            if number == 0 { 65 } else { 0 },
            time,
        );
        stage.perform(Draft::new(Kind::Call, 50, Some(sender), body));
    }
    for wording in [4, 2, 3, 1] {
        let time = stage.now();
        let body = bodies::old_call(
            &mut stage.rng,
            wording == 4,
            wording,
            if wording == 4 { 130 } else { 0 },
            time,
        );
        stage.perform(Draft::new(Kind::Call, 50, Some(0), body));
    }
    for (base, body) in [
        (52, "<voipnotifymsg><msg>语音通话</msg></voipnotifymsg>"),
        (
            53,
            "<voipinvitemsg><roomid>1</roomid><invitetype>1</invitetype></voipinvitemsg>",
        ),
        (64, "{\"msgContent\": \"群语音通话已经结束\"}"),
    ] {
        stage.perform(Draft::new(Kind::Call, base, Some(mate), body.to_owned()));
    }
}

/// Nudges of both card forms and as a system row.
pub(super) fn nudges(stage: &mut Stage<'_>) {
    let actor = stage.somebody_else();
    let (from, to) = (stage.cast.party(actor), stage.cast.owner());
    let room = &stage.here().username;
    let (time, id) = (stage.now(), stage.foreign_id());
    let title = format!("\"{}\" 拍了拍我", from.nick);
    let inner = sysmsg::pat_records(room, from, to, time, id);
    let draft = stage.app(
        actor,
        App {
            code: 62,
            title: &title,
            inner: &inner,
            ..App::default()
        },
    );
    stage.perform(draft);
    let draft = stage.nudge(actor);
    stage.perform(draft);
    let draft = stage.nudge(0);
    stage.perform(draft);
    let mut draft = Draft::system(10_000, sysmsg::pat(room, from, to));
    draft.kind = Kind::Nudge;
    draft.sender = Some(actor);
    stage.perform(draft);
}

/// A row that a recall replaced, and one that a modified client kept beside the notice.
pub(super) fn recalls(stage: &mut Stage<'_>) {
    let sender = stage.somebody_else();
    let (session, name) = (&stage.here().username, &stage.cast.party(sender).nick);
    let words = format!("\"{name}\" 撤回了一条消息");
    let id = stage.foreign_id();
    let mut draft = Draft::system(10_002, sysmsg::recall(session, 1_031_000_001, id, &words));
    draft.server = Server::Again(id);
    draft.state = State::Recalled;
    stage.perform(draft);
    // Both rows stand.
    let mut original = Draft::text(sender, "这句话发错群了");
    original.state = State::Recalled;
    let id = stage.perform(original);
    stage.perform(Draft::system(
        10_002,
        sysmsg::recall(session, 1_031_000_002, id, &words),
    ));
    // As plain words, and with its time inside.
    let id = stage.foreign_id();
    let mut draft = Draft::system(10_000, format!("<revokemsg>{words}</revokemsg>"));
    draft.server = Server::Again(id);
    draft.state = State::Recalled;
    stage.perform(draft);
    let (id, time) = (stage.foreign_id(), stage.now());
    let inner = format!("<content>{words}</content><revoketime>{time}</revoketime>");
    let mut draft = Draft::system(10_002, sysmsg::recall(session, 1_031_000_003, id, &inner));
    draft.server = Server::Again(id);
    draft.state = State::Recalled;
    stage.perform(draft);
}

/// The owner's recall: `message_revoke.db` keeps the words.
pub(super) fn own_recall(stage: &mut Stage<'_>) {
    let id = stage.foreign_id();
    let mut draft = Draft::system(
        10_002,
        sysmsg::recall(
            &stage.here().username,
            1_031_000_009,
            id,
            "你撤回了一条消息",
        ),
    );
    draft.server = Server::Again(id);
    draft.state = State::Recalled;
    stage.perform(draft);
    if stage.is_held {
        let row = Revoked {
            to: stage.conversation(),
            server_id: id,
            time: stage.now(),
            content: "其实我想说的是晚安".to_owned(),
        };
        stage.revoked.push(row);
    }
}

/// Templates with names in place of placeholders.
pub(super) fn templates(stage: &mut Stage<'_>) {
    let (host, guest, other) = (
        stage.somebody_else(),
        stage.somebody_else(),
        stage.somebody_else(),
    );
    let (host, guest, other) = (
        stage.cast.party(host),
        stage.cast.party(guest),
        stage.cast.party(other),
    );
    for form in [
        "tmpl_type_profile",
        "tmpl_type_profilewithrevoke",
        "tmpl_type_profilewithrevokeqrcode",
        "tmpl_type_admin_explain",
        "new_tmpl_type_succeed_contact",
    ] {
        let body = sysmsg::template(
            form,
            "\"$username$\"邀请\"$names$\"加入了群聊",
            &[("username", &[host]), ("names", &[guest, other])],
        );
        stage.perform(Draft::system(10_000, body));
    }
    stage.perform(Draft::system(
        10_002,
        sysmsg::template(
            "tmpl_type_profile",
            "\"$adder$\"通过扫描二维码加入群聊",
            &[("adder", &[guest])],
        ),
    ));
}

/// Rows with server id 0, some in one second.
pub(super) fn without_server_id(stage: &mut Stage<'_>) {
    for words in [
        "你已成为群管理员",
        "群主已启用“群聊邀请确认”",
        "群主已启用“群聊邀请确认”",
        "以下为新消息",
    ] {
        let mut draft = Draft::system(10_000, words);
        draft.server = Server::Zero;
        draft.wait = 0;
        stage.perform(draft);
    }
}

/// The rest of the system rows.
pub(super) fn other_system_rows(stage: &mut Stage<'_>) {
    let member = stage.somebody_else();
    let member = stage.cast.party(member);
    let room = &stage.here().username;
    let pinned = stage.foreign_id();
    let bodies = [
        (10_000, "<img src=\"SystemMessages_HongbaoIcon.png\"/>  豆子领取了你的<_wc_custom_link_ color=\"#FD9931\" href=\"weixin://weixinhongbao/opendetail?sendid=1\">红包</_wc_custom_link_>".to_owned()),
        (10_000, "收到红包，请在手机上<a href=\"weixin://help\">查看</a>".to_owned()),
        (10_000, "你邀请\"小麦\"加入了群聊".to_owned()),
        (10_000, sysmsg::removed(member)),
        (10_002, sysmsg::top_message(room, 1, pinned, member)),
        (10_002, sysmsg::top_message(room, 2, pinned, member)),
        (10_002, "<sysmsg type=\"editrevokecontent\"><editrevokecontent><text><![CDATA[你撤回了一条消息]]></text><link><text>重新编辑</text></link></editrevokecontent></sysmsg>".to_owned()),
        (10_002, "<sysmsg type=\"paymsg\"><paymsg><appmsgcontent><![CDATA[%E6%94%B6%E6%AC%BE]]></appmsgcontent></paymsg></sysmsg>".to_owned()),
        (10_002, "<sysmsg type=\"NewXmlChatRoomAccessVerifyApplication\"><NewXmlChatRoomAccessVerifyApplication><text><![CDATA[豆子想邀请朋友加入群聊]]></text></NewXmlChatRoomAccessVerifyApplication></sysmsg>".to_owned()),
        (10_002, "<sysmsg type=\"multivoip\"><multivoip><wording>语音通话已经结束</wording></multivoip></sysmsg>".to_owned()),
        (10_002, "<sysmsg type=\"ilinkvoip\"><ilinkvoip><wording>通话</wording></ilinkvoip></sysmsg>".to_owned()),
        (10_002, "<sysmsg type=\"roomtoolstips\"><roomtoolstips><text><![CDATA[群待办已更新]]></text></roomtoolstips></sysmsg>".to_owned()),
        (10_002, "<sysmsg type=\"functionmsg\"><functionmsg><cgi>/cgi-bin/x</cgi></functionmsg></sysmsg>".to_owned()),
        (9_999, "{\"type\": \"notice\", \"text\": \"系统通知\"}".to_owned()),
        (51, "<msg><op id=\"2\"><username>filehelper</username></op></msg>".to_owned()),
    ];
    for (base, body) in bodies {
        stage.perform(Draft::system(base, body));
    }
}
