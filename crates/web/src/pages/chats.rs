//! The list of chats.

use axum::extract::State;
use axum::response::Response;
use hutong::model::Names;
use maud::html;

use crate::frame::{Frame, Page, Section};
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Every chat, the latest first.
pub(crate) async fn list(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    site.touch();
    let chats = site
        .read(|open, _| {
            let mut chats: Vec<_> = open
                .stats
                .iter()
                .map(|(id, stats)| {
                    let title = open.names.conversation_title(*id).unwrap_or_default();
                    (*id, title.to_owned(), *stats)
                })
                .collect();
            chats.sort_by_key(|(id, _, stats)| (std::cmp::Reverse(stats.last_ms), *id));
            Ok(chats)
        })
        .await?;
    let title = visitor.pick("会话", "Chats");
    Ok(Page::new(
        Frame::new(Section::Chats, title),
        html! {
            h1 { (title) }
            ul.chats {
                @for (id, title, stats) in &chats {
                    li {
                        a href={ "/c/" (id.to_hex()) } { bdi { (title) } }
                        " " span.soft { (stats.messages) }
                    }
                }
            }
        },
    )
    .show(&visitor, &site))
}
