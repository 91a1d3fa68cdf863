//! Pictures, videos and files: of one chat or of all, the newest first.

mod files;
mod pictures;

pub(crate) use files::{files, files_of_chat};
pub(crate) use pictures::{pictures, pictures_of_chat};

use hutong::model::{ConversationId, Names};
use hutong::{Filter, Query, Selection};
use maud::{Markup, html};

use crate::Failure;
use crate::listing::address;
use crate::pages::conversation::elsewhere;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Where a list looks: in one chat or in all.
#[derive(Clone, Copy, Debug)]
struct Scope(Option<ConversationId>);

impl Scope {
    /// The address of one of the lists here.
    fn path(self, list: &str) -> String {
        self.0.map_or_else(
            || format!("/{list}"),
            |chat| format!("/c/{}/{list}", chat.to_hex()),
        )
    }

    /// What to look for here.
    fn select(
        self,
        open: &OpenArchive,
        kinds: &[&str],
        query: Query,
    ) -> Result<Selection, Failure> {
        let query = Query {
            kind: vec![Filter {
                values: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                is_negated: false,
            }],
            ..query
        };
        let mut selection = open
            .select(query)
            .map_err(|error| Failure::Broken(error.to_string()))?;
        if let Some(chat) = self.0 {
            if open.archive.shown_in(chat) != chat || open.names.conversation(chat).is_none() {
                return Err(elsewhere(open, chat));
            }
            open.archive
                .restrict_to_conversations(&mut selection, &[chat]);
        }
        Ok(selection)
    }

    /// The title, and the way to the other list and to the chat.
    fn head(self, visitor: &Visitor, open: &OpenArchive, current: &str) -> Markup {
        let tabs = [
            ("gallery", visitor.pick("图片和视频", "Pictures and videos")),
            ("files", visitor.pick("文件和链接", "Files and links")),
        ];
        html! {
            div.head {
                h1 {
                    @if let Some(chat) = self.0 {
                        bdi { (open.names.conversation_title(chat).unwrap_or_default()) } " · "
                    }
                    (tabs.iter().find(|(list, _)| *list == current).map_or("", |(_, name)| name))
                }
                p.tabs {
                    @for (list, name) in tabs {
                        a href=(self.path(list)) aria-current=[(list == current).then_some("page")] { (name) }
                    }
                    @if let Some(chat) = self.0 {
                        a href={ "/c/" (chat.to_hex()) } { (visitor.pick("回到会话", "Back to the chat")) }
                    }
                }
            }
        }
    }

    /// The way back to the beginning and on to what is older.
    fn pager(
        self,
        visitor: &Visitor,
        list: &str,
        pairs: &[(&str, &str)],
        is_later: bool,
        next: Option<&str>,
    ) -> Markup {
        let path = self.path(list);
        html! {
            nav.pager aria-label=(visitor.pick("翻页", "Pages")) {
                @if is_later {
                    a.button.quiet href=(address(&path, pairs)) { (visitor.pick("回到最新", "Back to the newest")) }
                }
                @if let Some(next) = next {
                    @let further: Vec<(&str, &str)> = pairs.iter().copied().chain([("after", next)]).collect();
                    a.button.quiet rel="next" href=(address(&path, &further)) { (visitor.pick("更早的", "Earlier")) }
                }
            }
        }
    }
}
