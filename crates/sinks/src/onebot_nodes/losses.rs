//! What becomes of everything that a chat can hold.

use hutong_model::PartKind;

use crate::{Fact, Feature, Treatment};

const IN_WORDS: Treatment = Treatment::kept("写成文字", "in words");

pub(super) fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text
            | PartKind::Image
            | PartKind::Video
            | PartKind::Sticker
            | PartKind::Nudge
            | PartKind::System => Treatment::KEPT,
            PartKind::Forward => Treatment::kept(
                "卡片里的卡片，最多三层",
                "as a card inside the card, three deep at most",
            ),
            PartKind::Voice | PartKind::File => Treatment::kept(
                "只留文字说明，卡片放不下它",
                "in words; a card cannot hold it",
            ),
            PartKind::Link => Treatment::reduced("标题和地址", "title and address"),
            PartKind::Quote
            | PartKind::Place
            | PartKind::Contact
            | PartKind::MiniApp
            | PartKind::ChannelPost
            | PartKind::Payment
            | PartKind::Call
            | PartKind::Announcement
            | PartKind::Poll
            | PartKind::Card
            | PartKind::Unknown => IN_WORDS,
        },
        Feature::Fact(fact) => match fact {
            Fact::AttachmentBytes => Treatment::reduced("图片和视频", "pictures and films"),
            Fact::Recall | Fact::Revisions | Fact::Reactions => IN_WORDS,
            Fact::Hidden => Treatment::KEPT,
            Fact::SenderId => Treatment::reduced(
                "QQ 号码保留，其他人用占位号码",
                "QQ numbers; placeholders for everybody else",
            ),
            Fact::GroupName => Treatment::kept(
                "没有备注时显示群名片",
                "shown where there is no remark of one's own",
            ),
            Fact::Mentions => Treatment::dropped("只留文字", "only the words stay"),
            Fact::Reply => Treatment::dropped("只留引用的文字", "only the quoted words stay"),
            Fact::Milliseconds => {
                Treatment::dropped("时间精确到秒", "times are exact to the second")
            }
            Fact::MessageId | Fact::NativeIds | Fact::Origin | Fact::Members => Treatment::NO_PLACE,
        },
    }
}
