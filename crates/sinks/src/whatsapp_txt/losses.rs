//! What becomes of everything that a chat can hold.

use hutong_model::PartKind;

use crate::{Fact, Feature, Treatment};

const NO_IDS: Treatment = Treatment::dropped("这种格式没有编号", "the format has no ids");

pub(crate) fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text
            | PartKind::Image
            | PartKind::Video
            | PartKind::File
            | PartKind::Sticker
            | PartKind::Nudge
            | PartKind::System => Treatment::KEPT,
            PartKind::Voice => {
                Treatment::kept("转成 WAV，附转写的文字", "as WAV, with its transcript")
            }
            PartKind::Quote
            | PartKind::Forward
            | PartKind::Place
            | PartKind::Contact
            | PartKind::MiniApp
            | PartKind::ChannelPost
            | PartKind::Payment
            | PartKind::Call
            | PartKind::Announcement
            | PartKind::Poll
            | PartKind::Card
            | PartKind::Unknown => Treatment::kept("写成文字", "in words"),
            PartKind::Link => Treatment::reduced("标题和地址", "title and address"),
        },
        Feature::Fact(fact) => match fact {
            Fact::AttachmentBytes | Fact::Hidden => Treatment::KEPT,
            Fact::Recall | Fact::Revisions | Fact::Reactions => {
                Treatment::kept("写成文字", "in words")
            }
            Fact::GroupName => Treatment::kept(
                "没有备注时显示群名片",
                "shown where there is no remark of one's own",
            ),
            Fact::Mentions => Treatment::dropped("只留文字", "only the words stay"),
            Fact::Reply => Treatment::dropped("只留引用的文字", "only the quoted words stay"),
            Fact::SenderId | Fact::MessageId | Fact::NativeIds | Fact::Origin => NO_IDS,
            Fact::Milliseconds => {
                Treatment::dropped("时间精确到秒", "times are exact to the second")
            }
            Fact::Members => Treatment::dropped("没有成员表", "there is no list of members"),
        },
    }
}
