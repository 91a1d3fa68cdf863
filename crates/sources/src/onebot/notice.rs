//! Notices and requests: what happened to a chat or a message.

use std::sync::Arc;

use hutong_model::{
    AccountId, At, Attachment, Change, Direction, File, Message, MessageId, Nudge, OriginPlace,
    Part, Reaction, State, System, SystemEvent, Unknown,
};

use super::chat::{Here, id};
use super::event::{Desk, NO_CHAT, NO_TIME};
use super::segment::emoji;
use crate::json_export::origin;
use crate::json_stream::Node;

/// What a notice says.
pub(super) struct Notice {
    /// The line to show in the chat.
    pub(super) message: Option<Box<Message>>,
    /// What happened to an earlier message: its id in the program, and the change.
    pub(super) change: Option<(Here, String, Change)>,
}

/// A line of the messenger.
pub(super) fn system(event: SystemEvent, text: String, accounts: Vec<AccountId>) -> Part {
    Part::System(Box::new(System {
        event,
        text,
        accounts,
    }))
}

/// 1小时2分钟.
fn span(seconds: i64) -> String {
    let mut text = String::new();
    let mut rest = seconds;
    for (unit, name) in [(86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒")] {
        if rest >= unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    text
}

/// The people that a notice names.
struct Cast {
    user: Option<String>,
    operator: Option<String>,
    target: Option<String>,
}

impl Desk<'_> {
    /// What a notice or request says; nothing for those that tell of the program alone.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of notice")]
    pub(super) fn notice(
        &mut self,
        event: &Node<'_>,
        place: &Arc<OriginPlace>,
        at: At,
        bytes: &[u8],
    ) -> Result<Option<Notice>, &'static str> {
        let text = |key: &str| event.get(key).text().unwrap_or_default().into_owned();
        let is_v12 = !event.get("detail_type").is_null();
        let mut kind = text(if is_v12 { "detail_type" } else { "notice_type" });
        let sub = text("sub_type");
        if kind == "notify" {
            kind.clone_from(&sub);
        }
        if matches!(
            kind.as_str(),
            "input_status" | "bot_offline" | "offline_file_progress" | "client_status"
        ) {
            return Ok(None);
        }
        let is_request = [event.get("post_type"), event.get("type")]
            .iter()
            .any(|kind| kind.str() == Some("request"));
        if is_request {
            kind = format!(
                "request_{}",
                text(if is_v12 {
                    "detail_type"
                } else {
                    "request_type"
                })
            );
        }
        let (sent_at, precision) = self.time(event).ok_or(NO_TIME)?;
        let here = self.here(event).ok_or(NO_CHAT)?;
        let cast = Cast {
            user: id(event.get("user_id")),
            operator: id(event.get("operator_id")).or_else(|| id(event.get("sender_id"))),
            target: id(event.get("target_id")),
        };
        let message_id = id(event.get("message_id"));
        let name = |desk: &Self, id: &Option<String>| {
            id.as_deref()
                .map_or_else(String::new, |id| desk.chats.people.name_of(id).to_owned())
        };
        let (user, operator, target) = (
            name(self, &cast.user),
            name(self, &cast.operator),
            name(self, &cast.target),
        );
        let by_other = cast.operator.is_some() && cast.operator != cast.user;
        let accounts: Vec<AccountId> = [&cast.user, &cast.operator, &cast.target]
            .into_iter()
            .flatten()
            .map(|id| self.chats.people.account(id, None))
            .collect();
        let user_account = cast
            .user
            .as_deref()
            .map(|id| self.chats.people.account(id, None));

        let mut change = None;
        let mut state = State::Normal;
        let mut sender = None;
        use SystemEvent::{Joined, Left, Muted, Notice as Plain, Pinned, Renamed};
        let part = match kind.as_str() {
            "group_recall"
            | "friend_recall"
            | "group_message_delete"
            | "private_message_delete"
            | "channel_message_delete" => {
                let by = cast.operator.clone().or_else(|| cast.user.clone());
                let by_account = by.as_deref().map(|id| self.chats.people.account(id, None));
                let text = if by_other {
                    format!("{operator}撤回了{user}的一条消息")
                } else {
                    format!("{}撤回了一条消息", name(self, &by))
                };
                let recall = Change::Recall {
                    by: by_account,
                    at: Some(sent_at),
                };
                change = message_id.clone().map(|id| (here, id, recall));
                state = State::Recalled {
                    by: by_account,
                    at: Some(sent_at),
                };
                system(SystemEvent::Recalled, text, accounts)
            }
            "group_msg_emoji_like" => {
                let likes = event.get("likes").list();
                let found = likes.first().and_then(|like| {
                    let emoji = emoji(&id(like.get("emoji_id"))?);
                    let count = like.get("count").unsigned().unwrap_or(1);
                    let reaction = Reaction {
                        emoji,
                        count,
                        accounts: user_account.into_iter().collect(),
                    };
                    Some((here, message_id.clone()?, Change::Reaction(reaction)))
                });
                if found.is_some() {
                    return Ok(Some(Notice {
                        message: None,
                        change: found,
                    }));
                }
                system(Plain, format!("{user}回应了一条消息"), accounts)
            }
            "group_upload" | "offline_file" => {
                let file = event.get("file");
                sender = user_account;
                Part::File(Box::new(File {
                    attachment: Attachment {
                        name: file.get("name").words(),
                        size_bytes: file.get("size").unsigned(),
                        url: file.get("url").words(),
                        ..Attachment::default()
                    },
                }))
            }
            "group_increase" | "group_member_increase" => {
                let text = if by_other {
                    format!("{operator}邀请{user}加入了群聊")
                } else {
                    format!("{user}加入了群聊")
                };
                system(Joined, text, accounts)
            }
            "group_decrease" | "group_member_decrease" => {
                let text = if sub.starts_with("kick") && !operator.is_empty() {
                    format!("{user}被{operator}移出群聊")
                } else if sub == "disband" {
                    "群聊已解散".to_owned()
                } else {
                    format!("{user}退出了群聊")
                };
                system(
                    if sub == "disband" {
                        SystemEvent::Disbanded
                    } else {
                        Left
                    },
                    text,
                    accounts,
                )
            }
            "group_ban" => {
                let whom = if user.is_empty() {
                    "全体成员"
                } else {
                    &user
                };
                let seconds = event.get("duration").integer().unwrap_or(0);
                let text = if sub == "lift_ban" || seconds == 0 {
                    format!("{whom}被{operator}解除禁言")
                } else {
                    format!("{whom}被{operator}禁言{}", span(seconds))
                };
                system(Muted, text, accounts)
            }
            "group_admin" => {
                let verb = if sub == "unset" {
                    "不再是"
                } else {
                    "成为"
                };
                system(Plain, format!("{user}{verb}管理员"), accounts)
            }
            "friend_add" | "friend_increase" => {
                system(Plain, format!("{user}成为了好友"), accounts)
            }
            "friend_decrease" => system(Plain, format!("{user}不再是好友"), accounts),
            "poke" => {
                let actor = id(event.get("sender_id")).or_else(|| cast.user.clone());
                let actor_account = actor
                    .as_deref()
                    .map(|id| self.chats.people.account(id, None));
                let verb = event
                    .get("raw_info")
                    .list()
                    .iter()
                    .find_map(|info| info.get("txt").words());
                let verb = verb.unwrap_or_else(|| "戳了戳".to_owned());
                sender = actor_account;
                Part::Nudge(Box::new(Nudge {
                    actor: actor_account,
                    target: cast
                        .target
                        .as_deref()
                        .map(|id| self.chats.people.account(id, None)),
                    text: format!("{}{verb}{target}", name(self, &actor)),
                }))
            }
            "lucky_king" => system(Plain, format!("{target}是{user}的红包的运气王"), accounts),
            "honor" => {
                let honor = match text("honor_type").as_str() {
                    "talkative" => "龙王",
                    "performer" => "群聊之火",
                    "emotion" => "快乐源泉",
                    _ => "群荣誉",
                };
                system(Plain, format!("{user}获得了{honor}"), accounts)
            }
            "title" => system(
                Plain,
                format!("{user}获得了头衔{}", text("title")),
                accounts,
            ),
            "essence" => {
                let verb = if sub == "delete" { "移出" } else { "设为" };
                system(Pinned, format!("{operator}将一条消息{verb}精华"), accounts)
            }
            "group_card" => system(
                Plain,
                format!("{user}将群名片改为{}", text("card_new")),
                accounts,
            ),
            "group_name" => {
                let title = ["name_new", "group_name", "name"]
                    .iter()
                    .map(|key| text(key));
                let title = title
                    .into_iter()
                    .find(|title| !title.is_empty())
                    .unwrap_or_default();
                system(Renamed, format!("{user}将群名修改为“{title}”"), accounts)
            }
            "request_friend" => system(
                Plain,
                format!("{user}请求添加好友：{}", text("comment")),
                accounts,
            ),
            "request_group" => {
                let verb = if sub == "invite" {
                    "邀请加入群聊"
                } else {
                    "请求加入群聊"
                };
                system(
                    Plain,
                    format!("{user}{verb}：{}", text("comment")),
                    accounts,
                )
            }
            "gray_tip" => {
                let content = event.first(&["content", "text", "raw_info"]);
                let words = content.words().unwrap_or_else(|| content.to_json());
                system(Plain, words, accounts)
            }
            _ => Part::Unknown(Box::new(Unknown {
                kind: format!("onebot notice {kind}"),
                text: None,
                raw: bytes.to_vec(),
            })),
        };
        let conversation = here.conversation;
        let fields: [&[u8]; 6] = [
            kind.as_bytes(),
            sub.as_bytes(),
            &sent_at.0.to_le_bytes(),
            cast.user.as_deref().unwrap_or_default().as_bytes(),
            cast.operator
                .as_deref()
                .or(cast.target.as_deref())
                .unwrap_or_default()
                .as_bytes(),
            message_id.as_deref().unwrap_or_default().as_bytes(),
        ];
        let id = MessageId::new(conversation, "onebot_notice", &fields);
        let platform = self.chats.people.platform().clone();
        let mut message = Message::new(platform, id, conversation, sent_at, origin(place, at));
        message.precision = precision;
        self.count += 1;
        message.order = self.count;
        message.sender = sender;
        let own = self.chats.people.owner().map(str::to_owned);
        let is_own = sender.is_some()
            && own.is_some_and(|own| Some(self.chats.people.account(&own, None)) == sender);
        message.direction = match sender {
            None => Direction::None,
            Some(_) if is_own => Direction::Out,
            Some(_) => Direction::In,
        };
        message.parts = vec![part];
        message.state = state;
        message.raw = self.keep_raw.then(|| bytes.to_vec());
        Ok(Some(Notice {
            message: Some(Box::new(message)),
            change,
        }))
    }
}
