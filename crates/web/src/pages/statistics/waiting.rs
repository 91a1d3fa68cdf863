//! What is shown while a count runs.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use hutong::stats::chart::thousands;
use maud::html;

use crate::Site;
use crate::counts::Standing;
use crate::frame::{Frame, Page, Section, token_field};
use crate::visitor::Visitor;

/// A page that says how far the count is and asks again by itself, also without scripts.
pub(crate) fn waiting(
    standing: &Standing,
    title: &str,
    visitor: &Visitor,
    site: &Site,
) -> Response {
    let frame = Frame::new(Section::Statistics, title).style("statistics.css");
    let (done, expected) = match standing {
        Standing::Counting(done, expected) => (*done, *expected),
        _ => {
            let content = html! {
                h1 { (title) }
                p { (visitor.pick("统计已停止。已经数完的会话不会重数。", "The count was stopped. Chats that were counted already will not be counted again.")) }
                p { a.button href=(visitor.address) { (visitor.pick("继续", "Go on")) } }
            };
            return Page::new(frame, content).show(visitor, site);
        }
    };
    let label = visitor.pick("正在统计消息", "Counting messages");
    let content = html! {
        h1 { (title) }
        section.card aria-live="polite" {
            h2 { (label) }
            @if expected > 0 {
                progress max=(expected) value=(done.min(expected)) aria-label=(label) {}
                p { (thousands(done.min(expected))) " / " (thousands(expected)) }
            } @else {
                progress aria-label=(label) {}
            }
            p.soft {
                (visitor.pick(
                    "只有第一次需要数；以后只数新导入的会话。这一页会自己刷新。",
                    "Only the first time takes this long; later, only chats with new messages are counted. This page refreshes by itself.",
                ))
            }
            form method="post" action="/stats/stop" {
                (token_field(visitor))
                button.quiet type="submit" { (visitor.pick("停止", "Stop")) }
            }
        }
    };
    let mut response = Page::new(frame, content).show(visitor, site);
    response.headers_mut().insert(
        HeaderName::from_static("refresh"),
        HeaderValue::from_static("2"),
    );
    response
}
