//! What becomes of everything that a chat can hold.

use hutong_model::PartKind;

use crate::{Fact, Feature, Treatment};

const IN_WORDS: Treatment = Treatment::kept("写成文字", "in words");

pub(super) fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text | PartKind::Nudge | PartKind::System => Treatment::KEPT,
            PartKind::Image | PartKind::Video | PartKind::File | PartKind::Sticker => {
                Treatment::KEPT
            }
            PartKind::Voice => {
                Treatment::kept("转成 WAV，附转写的文字", "as WAV, with its transcript")
            }
            PartKind::Quote => Treatment::kept(
                "回复归入话题；找不到被回复的消息时写成文字",
                "an answer joins a thread; in words where the answered message is not found",
            ),
            PartKind::Link => Treatment::reduced("标题和地址", "title and address"),
            PartKind::Forward
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
            Fact::AttachmentBytes
            | Fact::SenderId
            | Fact::Members
            | Fact::MessageId
            | Fact::Hidden => Treatment::KEPT,
            Fact::Milliseconds => Treatment::reduced(
                "同一频道里时间相同的消息错开一毫秒",
                "messages of the same time in a channel are set a thousandth of a second apart",
            ),
            Fact::Reactions => Treatment::kept(
                "常见表情成为回应，其余写成文字",
                "as reactions where Mattermost has the emoji, in words otherwise",
            ),
            Fact::Recall | Fact::Revisions => IN_WORDS,
            Fact::Mentions => Treatment::dropped("只留文字", "only the words stay"),
            Fact::Reply => Treatment::kept(
                "归入话题，话题只有一层",
                "as a thread, and threads are one level deep",
            ),
            Fact::GroupName => Treatment::dropped(
                "每个用户只有一个名字",
                "everybody has one name on the whole server",
            ),
            Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
        },
    }
}
