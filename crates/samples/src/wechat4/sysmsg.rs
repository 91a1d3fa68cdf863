//! Bodies of system rows (10000, 10002).

use crate::text::escaped;

use super::cast::Party;

/// A recall; the words are CDATA in `replacemsg`.
pub(super) fn recall(session: &str, message: i64, server_id: i64, words: &str) -> String {
    format!(
        "<sysmsg type=\"revokemsg\"><revokemsg><session>{session}</session><msgid>{message}</msgid><newmsgid>{server_id}</newmsgid>\
         <replacemsg><![CDATA[{words}]]></replacemsg></revokemsg></sysmsg>"
    )
}

/// A template with a list of members in the place of `$names$`.
pub(super) fn template(form: &str, words: &str, names: &[(&str, &[&Party])]) -> String {
    let links: String = names
        .iter()
        .map(|(name, members)| {
            let members: String = members
                .iter()
                .map(|member| {
                    format!(
                        "<member><username><![CDATA[{}]]></username><nickname><![CDATA[{}]]></nickname></member>",
                        member.username, member.nick
                    )
                })
                .collect();
            format!(
                "<link name=\"{name}\" type=\"link_profile\"><memberlist>{members}</memberlist><separator><![CDATA[、]]></separator></link>"
            )
        })
        .collect();
    format!(
        "<sysmsg type=\"sysmsgtemplate\"><sysmsgtemplate><content_template type=\"{form}\"><plain><![CDATA[]]></plain>\
         <template><![CDATA[{words}]]></template><link_list>{links}</link_list></content_template></sysmsgtemplate></sysmsg>"
    )
}

/// Members were removed from a room.
pub(super) fn removed(member: &Party) -> String {
    format!(
        "<sysmsg type=\"delchatroommember\"><delchatroommember><plain><![CDATA[你将\"{nick}\"移出了群聊]]></plain>\
         <text><![CDATA[你将\"{nick}\"移出了群聊]]></text><link><scene>room</scene><text><![CDATA[撤销]]></text>\
         <memberlist><username><![CDATA[{}]]></username></memberlist><qrcode><![CDATA[]]></qrcode></link></delchatroommember></sysmsg>",
        member.username,
        nick = member.nick,
    )
}

/// A message was pinned (1) or unpinned (2).
pub(super) fn top_message(room: &str, operation: u8, server_id: i64, member: &Party) -> String {
    format!(
        "<sysmsg type=\"mmchatroomtopmsg\"><mmchatroomtopmsg><chatroomname>{room}</chatroomname><op>{operation}</op>\
         <newmsgid>{server_id}</newmsgid><msgtype>1</msgtype><username>{}</username><nickname>{}</nickname></mmchatroomtopmsg></sysmsg>",
        member.username,
        escaped(&member.nick),
    )
}

/// A nudge as a system row.
pub(super) fn pat(room: &str, from: &Party, to: &Party) -> String {
    format!(
        "<sysmsg type=\"pat\"><pat><fromusername>{from}</fromusername><chatusername>{room}</chatusername>\
         <pattedusername>{to}</pattedusername><patsuffix><![CDATA[]]></patsuffix><patsuffixversion>0</patsuffixversion>\
         <template><![CDATA[\"${{{from}}}\" 拍了拍 \"${{{to}}}\"]]></template></pat></sysmsg>",
        from = from.username,
        to = to.username,
    )
}

/// Children of the first nudge card (62): a list of records.
pub(super) fn pat_records(
    room: &str,
    from: &Party,
    to: &Party,
    time: i64,
    server_id: i64,
) -> String {
    format!(
        "<patMsg><chatUser>{room}</chatUser><records><recordNum>1</recordNum><record><fromUser>{from}</fromUser>\
         <pattedUser>{to}</pattedUser><templete><![CDATA[${{{from}}} 拍了拍 ${{{to}}}]]></templete><createTime>{time}</createTime>\
         <svrId>{server_id}</svrId><readStatus>1</readStatus></record></records></patMsg>",
        from = from.username,
        to = to.username,
    )
}

/// Children of the second nudge card (62).
pub(super) fn pat_info(room: &str, from: &Party, to: &Party, suffix: &str) -> String {
    format!(
        "<patinfo><fromusername>{from}</fromusername><chatusername>{room}</chatusername><pattedusername>{to}</pattedusername>\
         <patsuffix><![CDATA[{suffix}]]></patsuffix><patsuffixversion>2</patsuffixversion>\
         <template><![CDATA[\"${{{from}}}\" 拍了拍 \"${{{to}}}\" {suffix}]]></template></patinfo>",
        from = from.username,
        to = to.username,
    )
}
