//! What pages and pictures keep: both show the same blocks.

use hutong_model::PartKind;

use crate::{Fact, Feature, Treatment};

/// What becomes of everything that a chat can hold.
pub(crate) fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text
            | PartKind::Image
            | PartKind::Voice
            | PartKind::Video
            | PartKind::File
            | PartKind::Sticker
            | PartKind::Place
            | PartKind::Contact
            | PartKind::Link
            | PartKind::MiniApp
            | PartKind::ChannelPost
            | PartKind::Quote
            | PartKind::Forward
            | PartKind::Payment
            | PartKind::Call
            | PartKind::Nudge
            | PartKind::Announcement
            | PartKind::Poll
            | PartKind::System
            | PartKind::Card
            | PartKind::Unknown => Treatment::KEPT,
        },
        Feature::Fact(fact) => match fact {
            Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Hidden => Treatment::KEPT,
            Fact::Members => Treatment::kept(
                "最多列出 200 人，其余写明人数",
                "up to 200 are listed, more are counted",
            ),
            Fact::Reply => Treatment::kept(
                "写出被回复消息的时间、发送者和开头；相隔超过 4096 条时只写明是回复",
                "time, sender and beginning of the answered message; beyond 4,096 messages only that it is an answer",
            ),
            Fact::AttachmentBytes => Treatment::reduced(
                "图片放进页面；语音、视频和文件只写名称、时长和大小",
                "pictures are set in; of voices, films and files only names, lengths and sizes",
            ),
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::Milliseconds => {
                Treatment::dropped("时间写到秒", "times are written to the second")
            }
            Fact::MessageId | Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
        },
    }
}
