//! What becomes of everything that a chat can hold.

use hutong_model::PartKind;

use crate::{Fact, Feature, Treatment};

const IN_WORDS: Treatment = Treatment::kept("写成文字", "in words");

pub(super) fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text => {
                Treatment::kept("超过 50,000 字的截断", "cut behind 50,000 characters")
            }
            PartKind::Image | PartKind::Sticker => Treatment::kept(
                "不超过 300 KB 的图片，其余写成文字",
                "pictures up to 300 KB, others in words",
            ),
            PartKind::Forward => Treatment::kept("单独一页", "on a page of its own"),
            PartKind::Nudge | PartKind::System => Treatment::KEPT,
            PartKind::Link => Treatment::reduced("标题和地址", "title and address"),
            PartKind::Voice
            | PartKind::Video
            | PartKind::File
            | PartKind::Quote
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
            Fact::MessageId | Fact::Hidden => Treatment::KEPT,
            Fact::Recall | Fact::Revisions | Fact::Reactions => IN_WORDS,
            Fact::AttachmentBytes => Treatment::dropped(
                "小图片以外都放不下",
                "there is no room for anything but small pictures",
            ),
            Fact::GroupName => Treatment::kept(
                "没有备注时显示群名片",
                "shown where there is no remark of one's own",
            ),
            Fact::Mentions => Treatment::dropped("只留文字", "only the words stay"),
            Fact::Reply => Treatment::dropped("只留引用的文字", "only the quoted words stay"),
            Fact::Milliseconds => {
                Treatment::dropped("时间精确到分", "times are exact to the minute")
            }
            Fact::SenderId | Fact::NativeIds | Fact::Origin | Fact::Members => Treatment::NO_PLACE,
        },
    }
}
