//! The columns of the messages.

use std::borrow::Cow;

use super::sheet::Column;
use crate::Language;

macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident = $width:literal, $zh:literal, $en:literal, $says_zh:literal, $says_en:literal;)*) => {
        /// What stands in a column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Field { $($(#[$meta])* $name,)* }

        impl Field {
            /// Every column, from left to right.
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn width(self) -> u8 {
                match self { $(Self::$name => $width,)* }
            }

            /// The heading.
            pub(super) const fn name(self, language: Language) -> &'static str {
                match self { $(Self::$name => language.pick($zh, $en),)* }
            }

            /// What stands in the column, for the sheet that explains the workbook.
            pub(super) const fn says(self, language: Language) -> &'static str {
                match self { $(Self::$name => language.pick($says_zh, $says_en),)* }
            }
        }
    };
}

fields! {
    Number = 8, "序号", "No.",
        "本工作簿内的第几条消息；内容太长时接着的几行序号相同", "which message of this workbook it is; rows that go on with a long text bear the same number";
    Time = 22, "时间", "Time",
        "发送时间，是真正的日期，可以排序、筛选、计算", "when it was sent; a real date that sorts, filters and calculates";
    Chat = 20, "会话", "Chat",
        "会话名称", "name of the chat";
    Sender = 18, "发送者", "Sender",
        "发送者的名字：备注、群名片、昵称，有哪个用哪个", "the sender's name: remark, name in the group or nickname, whichever is there first";
    Direction = 7, "方向", "Direction",
        "收到还是发出", "received or sent";
    Kind = 12, "类型", "Kind",
        "文字、图片、红包……；“续 2/3”是上一行太长而接下来的内容", "text, image, payment …; \"continued 2/3\" goes on with a text too long for one cell";
    Text = 60, "内容", "Text",
        "消息的全部文字，含引用、合并转发、撤回说明、修改前后的内容、表情回应", "all words of the message, with quotes, forwarded chats, recalls, other wordings and reactions";
    Files = 24, "附件", "Files",
        "附件的文件名，每行一个；没有找到的注明缺失", "names of attachments, one on each line; what was not found is marked as missing";
    Places = 24, "附件位置", "File path",
        "附件文件相对于本工作簿的位置（导出到文件夹时才有）", "where the files lie, seen from this workbook (only in a folder)";
    State = 10, "状态", "State",
        "已撤回、已删除；系统行", "recalled or deleted; service rows";
    Amount = 12, "金额", "Amount",
        "红包、转账的金额，是数字", "amount of a payment, a number";
    Currency = 7, "币种", "Currency",
        "金额的币种", "currency of the amount";
    Seconds = 10, "时长（秒）", "Seconds",
        "语音、视频、通话的时长，是数字", "length of a voice message, video or call, a number";
    Bytes = 12, "附件大小（字节）", "File bytes",
        "附件大小之和，是数字", "size of the attachments together, a number";
    Reply = 14, "回复的消息", "Reply to",
        "所回复的消息的编号", "id of the message that is answered";
    GroupName = 16, "当时的群名片", "Name at the time",
        "发送时的群名片，与“发送者”不同时才有", "the sender's name in the group at the time, where it differs";
    SenderId = 20, "发送者账号", "Sender id",
        "发送者在平台上的账号", "the sender's id on the platform";
    ChatId = 20, "会话编号", "Chat id",
        "会话在平台上的编号", "the chat's id on the platform";
    Mentions = 16, "提到的账号", "Mentioned ids",
        "@ 到的账号；所有人写作 @all", "ids of who is mentioned; @all for everybody";
    Digests = 20, "附件 SHA-256", "File SHA-256",
        "附件内容的摘要，每行一个，与附件一栏对应", "digests of the attachments, one on each line as in the column of files";
    MessageId = 34, "消息编号", "Message id",
        "互通给的编号，在每台电脑上都相同", "Hutong's id, the same on every machine";
    NativeIds = 30, "平台消息编号", "Platform's ids",
        "平台自己的消息编号", "the platform's own ids of the message";
    Platform = 10, "平台", "Platform",
        "微信、QQ……", "WeChat, QQ, …";
    Utc = 26, "UTC 时间", "UTC time",
        "发送时间，世界协调时，ISO 8601 文本", "when it was sent, in UTC, as ISO 8601 text";
    Origin = 40, "出处", "Origin",
        "从哪个文件、哪张表、哪一行读到", "file, table and row that it was read from";
}

/// The columns with their headings; that of the time names the zone.
pub(super) fn columns(language: Language, zone: &str) -> Vec<Column<'static>> {
    Field::ALL
        .iter()
        .map(|field| Column {
            heading: if *field == Field::Time {
                Cow::Owned(format!("{} ({zone})", field.name(language)))
            } else {
                Cow::Borrowed(field.name(language))
            },
            width: field.width(),
        })
        .collect()
}
