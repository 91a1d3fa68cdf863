//! A year in review: pages to turn, and a picture to keep.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hutong::model::ConversationId;
use hutong::stats::chart::clean;
use hutong::stats::{Excerpt, Page as YearPage, YearReview, picture as draw};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

use super::conversation::elsewhere;
use super::statistics::{figure, stats_language, waiting, years};
use crate::asked::Asked;
use crate::counts::{Answer, Question, Standing, Whose, ask, opened};
use crate::frame::{Frame, Page, Section};
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// What the address asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    chat: Option<String>,
    /// `hide` leaves only the first character of names in the picture.
    names: Option<String>,
}

impl Wanted {
    fn chat(&self) -> Result<Option<ConversationId>, Failure> {
        self.chat
            .as_deref()
            .map(|chat| ConversationId::from_hex(chat).ok_or(Failure::NotFound))
            .transpose()
    }
}

/// The review, or the page that says how far it is.
async fn review(
    site: &Site,
    visitor: &Visitor,
    year: &str,
    wanted: &Wanted,
) -> Result<Result<Arc<YearReview>, Response>, Failure> {
    let year: i32 = year
        .parse()
        .ok()
        .filter(|year| (1..=9999).contains(year))
        .ok_or(Failure::NotFound)?;
    let chat = wanted.chat()?;
    let open = opened(site).await?;
    if let Some(chat) = chat.filter(|chat| !open.stats.contains_key(chat)) {
        return Err(elsewhere(&open, chat));
    }
    let (_, standing) = ask(site, Question::Year(chat, year), &visitor.zone).await?;
    match standing {
        Standing::Answered(Answer::Year(review)) => Ok(Ok(review)),
        Standing::Answered(Answer::Statistics(_)) => {
            Err(Failure::Broken("the answer to another question".to_owned()))
        }
        other => {
            let title = format!("{year}");
            Ok(Err(waiting(&other, &title, visitor, site)))
        }
    }
}

/// The pages.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(year): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let review = match review(&site, &visitor, &year, &wanted).await? {
        Ok(review) => review,
        Err(waiting) => return Ok(waiting),
    };
    let open = opened(&site).await?;
    let chat = wanted.chat()?;
    let whose = chat.map_or(Whose::Everything, Whose::Chat);
    let years = years(&open, whose, &visitor);
    let language = stats_language(&visitor);
    let title = review.title(language);
    let pages = review.pages(language);
    let query = chat.map_or_else(String::new, |chat| format!("?chat={}", chat.to_hex()));
    let content = html! {
        nav.years aria-label=(visitor.pick("年份", "Years")) {
            ul {
                @for one in &years {
                    li {
                        a href={ "/year/" (one) (query) } aria-current=[(*one == review.year).then_some("page")] { (one) }
                    }
                }
            }
        }
        div.pages #pages tabindex="0" role="group" aria-label=(visitor.pick("年度报告，用左右方向键翻页", "Year in review; turn pages with the arrow keys")) {
            @for (index, page) in pages.iter().enumerate() {
                (one_page(page, index, &visitor))
            }
            (last_page(&review, chat, &visitor))
        }
        nav.turn aria-label=(visitor.pick("翻页", "Turn pages")) hidden {
            button type="button" data-turn="-1" aria-label=(visitor.pick("上一页", "Previous page")) { "‹" }
            span data-place aria-live="polite" {}
            button type="button" data-turn="1" aria-label=(visitor.pick("下一页", "Next page")) { "›" }
        }
    };
    Ok(Page::new(
        Frame::new(Section::Statistics, title)
            .style("charts.css")
            .style("statistics.css")
            .style("year.css")
            .script("year.js"),
        content,
    )
    .show(&visitor, &site))
}

fn one_page(page: &YearPage, index: usize, visitor: &Visitor) -> Markup {
    let id = page.id;
    html! {
        section.leaf id=(id) aria-labelledby={ (id) "-h" } {
            @if index == 0 { h1 id={ (id) "-h" } { (page.title) } } @else { h2 id={ (id) "-h" } { (page.title) } }
            @if let Some((large, what)) = &page.large {
                p.large { strong { bdi { (large) } } " " span { (what) } }
            }
            @for line in &page.lines { p { (line) } }
            @for excerpt in &page.excerpts { (told(excerpt, visitor)) }
            @if let Some(drawn) = &page.figure { (figure(drawn, &page.title, visitor)) }
        }
    }
}

fn told(excerpt: &Excerpt, visitor: &Visitor) -> Markup {
    html! {
        blockquote {
            p { bdi { (excerpt.text) } }
            footer {
                bdi { (clean(&excerpt.sender, 40)) }
                @if excerpt.chat != excerpt.sender { " · " bdi { (clean(&excerpt.chat, 40)) } }
                " · " (excerpt.when) " · "
                a href={ "/m/" (excerpt.message.to_hex()) } { (visitor.pick("打开", "open")) }
            }
        }
    }
}

/// The picture and how to save it.
fn last_page(review: &YearReview, chat: Option<ConversationId>, visitor: &Visitor) -> Markup {
    let address = |names: &str| {
        let chat = chat.map_or_else(String::new, |chat| format!("&chat={}", chat.to_hex()));
        format!("/year/{}/picture.svg?names={names}{chat}", review.year)
    };
    html! {
        section.leaf #picture aria-labelledby="picture-h" {
            h2 #picture-h { (visitor.pick("一张图，带走这一年", "The year as a picture")) }
            p.ways {
                a.button data-save="svg" href=(address("show")) download={ "hutong-" (review.year) ".svg" } {
                    (visitor.pick("保存为 SVG", "Save as SVG"))
                }
                " "
                button type="button" data-save="png" hidden { (visitor.pick("保存为 PNG", "Save as PNG")) }
            }
            p hidden data-names {
                label { input type="checkbox" data-hide value=(address("hide")); " " (visitor.pick("隐去名字", "Hide names")) }
            }
            p.soft {
                a href=(address("hide")) download={ "hutong-" (review.year) ".svg" } {
                    (visitor.pick("隐去名字的 SVG", "SVG without names"))
                }
            }
            p role="status" data-status {}
            img.preview data-picture src=(address("show"))
                alt=(visitor.pick("这一年的数字画成的一张图，内容与前面各页相同", "The numbers of the pages before as one picture"));
        }
    }
}

/// The picture.
pub(crate) async fn picture(
    State(site): State<Site>,
    visitor: Visitor,
    Path(year): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let review = match review(&site, &visitor, &year, &wanted).await? {
        Ok(review) => review,
        Err(waiting) => return Ok(waiting),
    };
    let hide = wanted.names.as_deref() == Some("hide");
    let svg = draw(&review, stats_language(&visitor), hide);
    let mut response = svg.into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("image/svg+xml"),
    );
    Ok(response)
}
