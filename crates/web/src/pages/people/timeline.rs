//! One timeline of what was said in private with a person, whichever messenger it was said in.

use hutong::model::{AccountId, ConversationId, ConversationKind};
use hutong::{Query, Reader, SearchCursor};
use maud::{Markup, html};

use crate::Failure;
use crate::listing::address;
use crate::pages::hits::{self, HitList};
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Messages on one page.
const SHOWN: usize = 40;

/// Direct chats with any of these accounts.
pub(super) fn direct_chats(open: &OpenArchive, accounts: &[AccountId]) -> Vec<ConversationId> {
    let mut found: Vec<ConversationId> = open
        .names
        .conversations
        .values()
        .filter(|conversation| {
            conversation.kind == ConversationKind::Direct
                && conversation
                    .peer
                    .is_some_and(|peer| accounts.contains(&peer))
                && open.stats.contains_key(&conversation.id)
        })
        .map(|conversation| conversation.id)
        .collect();
    found.sort_unstable();
    found
}

/// The newest messages of these chats, or those before a place, each with a label of where it was said.
pub(super) fn timeline(
    open: &OpenArchive,
    reader: &mut Reader,
    visitor: &Visitor,
    now_ms: i64,
    path: &str,
    chats: &[ConversationId],
    before: Option<SearchCursor>,
) -> Result<Markup, Failure> {
    if chats.is_empty() {
        return Ok(html! {});
    }
    let mut selection = open
        .select(Query::default())
        .map_err(|error| Failure::Broken(error.to_string()))?;
    open.archive
        .restrict_to_conversations(&mut selection, chats);
    let found = HitList::read(reader, &selection, before, SHOWN)?;
    Ok(html! {
        section aria-labelledby="timeline" {
            h2 #timeline { (visitor.pick("私聊时间线", "Private messages, newest first")) }
            @if chats.len() > 1 {
                p.soft {
                    (visitor.pick(
                        "几个账号的私聊按时间排在一起。",
                        "Private chats of several accounts, in one order of time.",
                    ))
                }
            }
            (hits::list(open, visitor, now_ms, &found.hits, &[], chats.len() > 1))
            nav.pager aria-label=(visitor.pick("翻页", "Pages")) {
                @if before.is_some() {
                    a.button.quiet href={ (path) "#timeline" } { (visitor.pick("回到最新", "Back to the newest")) }
                }
                @if let Some(next) = &found.next {
                    a.button.quiet rel="next" href={ (address(path, &[("before", next)])) "#timeline" } {
                        (visitor.pick("更早的", "Earlier"))
                    }
                }
            }
        }
    })
}
