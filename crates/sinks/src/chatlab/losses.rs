//! What becomes of everything that a chat can hold.

use hutong_model::PartKind;

use crate::{Fact, Feature, Treatment};

const NAME: Treatment = Treatment::kept("只留名称，没有内容", "by name, without its content");
const BESIDE: Treatment = Treatment::kept("在旁边的对照表里", "in the table beside the files");

pub(super) fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text
            | PartKind::Sticker
            | PartKind::Place
            | PartKind::Contact
            | PartKind::MiniApp
            | PartKind::ChannelPost
            | PartKind::Payment
            | PartKind::Call
            | PartKind::Nudge
            | PartKind::Announcement
            | PartKind::Poll
            | PartKind::System
            | PartKind::Card
            | PartKind::Unknown => Treatment::KEPT,
            PartKind::Image | PartKind::Video | PartKind::File => NAME,
            PartKind::Voice => Treatment::reduced(
                "转写的文字，没有时为时长",
                "its transcript, or its length where there is none",
            ),
            PartKind::Link => Treatment::reduced("标题和地址", "title and address"),
            PartKind::Quote => Treatment::kept(
                "指向被回复的消息；找不到时写成文字",
                "as a link to the answered message, or in words where that is not found",
            ),
            PartKind::Forward => {
                Treatment::kept("写成文字，每条一行", "in words, a line for each message")
            }
        },
        Feature::Fact(fact) => match fact {
            Fact::SenderId | Fact::GroupName | Fact::Recall | Fact::Hidden | Fact::Members => {
                Treatment::KEPT
            }
            Fact::MessageId | Fact::NativeIds | Fact::Milliseconds => BESIDE,
            Fact::Reply => Treatment::kept(
                "被回复的消息在同一文件中较近处时",
                "where the answered message stands in the same file, not too far back",
            ),
            Fact::Mentions => Treatment::dropped("只留文字", "only the words stay"),
            Fact::AttachmentBytes | Fact::Revisions | Fact::Reactions | Fact::Origin => {
                Treatment::NO_PLACE
            }
        },
    }
}
