//! Files and links as a table.

use axum::extract::State;
use axum::response::Response;
use hutong::model::{AttachmentState, ConversationId, Message, Names, Part};
use hutong::sinks::paint::{Form, address as addresses};
use hutong::sinks::words;
use hutong::{Query, Reader, SearchCursor, SearchOrder, Selection};
use maud::{Markup, html};
use serde::Deserialize;

use super::Scope;
use crate::asked::{Asked, Id};
use crate::frame::{Frame, Page, Section};
use crate::pages::hits;
use crate::pages::pieces::{Moments, choice};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// Files on one page.
const SHOWN: usize = 60;
/// Messages that are looked at for one page; a name that hardly any file bears is looked for further on the next.
const LOOKED_AT: usize = 5_000;

/// Endings that are offered.
const TYPES: [&str; 14] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "zip", "rar", "7z", "mp3", "mp4",
    "apk",
];

/// What is wanted of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Words in the name.
    q: String,
    /// `link` for links; otherwise files.
    kind: String,
    /// Ending of the name.
    ending: String,
    after: String,
}

/// Of all chats.
pub(crate) async fn files(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    page(site, visitor, Scope(None), wanted).await
}

/// Of one chat.
pub(crate) async fn files_of_chat(
    State(site): State<Site>,
    visitor: Visitor,
    Id(chat): Id<ConversationId>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    page(site, visitor, Scope(Some(chat)), wanted).await
}

async fn page(
    site: Site,
    visitor: Visitor,
    scope: Scope,
    wanted: Wanted,
) -> Result<Response, Failure> {
    site.touch();
    let after = hits::place(&wanted.after)?;
    let now_ms = site.now_ms();
    let asker = visitor.clone();
    let content = site
        .read(move |open, reader| {
            let query = looked_for(&wanted);
            let needles: Vec<String> = query.terms.iter().map(|term| term.folded.clone()).collect();
            let kinds: &[&str] = if wanted.kind == "link" { &["link", "mini_app"] } else { &["file"] };
            let selection = scope.select(open, kinds, query)?;
            let found = Found::read(reader, &selection, after, &wanted, &needles)?;
            let pairs = [
                ("q", wanted.q.as_str()),
                ("kind", &wanted.kind),
                ("ending", &wanted.ending),
            ];
            Ok(html! {
                (scope.head(&asker, open, "files"))
                (sieve(&asker, scope, &wanted))
                div data-found {
                    @if found.rows.is_empty() {
                        p.nothing {
                            @if found.next.is_some() {
                                (asker.pick("到这里为止没有找到，更早的里面也许有。", "Nothing was found so far; there may be some among the earlier ones."))
                            } @else {
                                (asker.pick("没有这样的文件。", "There are no such files."))
                            }
                        }
                    } @else {
                        (table(&asker, open, now_ms, scope, &found.rows))
                    }
                    (scope.pager(&asker, "files", &pairs, after.is_some(), found.next.as_deref()))
                }
            })
        })
        .await?;
    let frame = Frame::new(
        Section::Gallery,
        visitor.pick("文件和链接", "Files and links"),
    )
    .style("lists.css")
    .style("gallery.css")
    .script("sieve.js");
    Ok(Page::new(frame, content).show(&visitor, &site))
}

/// Words and ending as words of a query: posting lists narrow to messages that may hold them.
fn looked_for(wanted: &Wanted) -> Query {
    let ending = Some(wanted.ending.trim())
        .filter(|ending| !ending.is_empty() && wanted.kind != "link")
        .map(|ending| format!(".{ending}"));
    Query {
        terms: wanted
            .q
            .split_whitespace()
            .take(8)
            .map(str::to_owned)
            .chain(ending)
            .map(|word| hutong::Term {
                folded: hutong::fold(&word).trim().to_owned(),
                is_negated: false,
            })
            .filter(|term| !term.folded.is_empty())
            .collect(),
        ..Query::default()
    }
}

/// A file or link in a message.
struct Row {
    message: Message,
    /// Which part of the message.
    part: usize,
}

/// A page of them.
struct Found {
    rows: Vec<Row>,
    next: Option<String>,
}

impl Found {
    fn read(
        reader: &mut Reader,
        selection: &Selection,
        after: Option<SearchCursor>,
        wanted: &Wanted,
        needles: &[String],
    ) -> Result<Self, Failure> {
        let mut rows: Vec<Row> = Vec::new();
        let mut looked_at = 0;
        let mut last = None;
        let mut has_more = false;
        reader.hits::<Failure>(selection, SearchOrder::NewestFirst, after, &mut |hit| {
            if rows.len() >= SHOWN || looked_at == LOOKED_AT {
                has_more = true;
                return Ok(false);
            }
            looked_at += 1;
            last = Some(hit.cursor);
            for (place, part) in hit.message.parts.iter().enumerate() {
                if is_wanted(part, wanted, needles) {
                    rows.push(Row {
                        message: hit.message.clone(),
                        part: place,
                    });
                }
            }
            Ok(true)
        })?;
        Ok(Self {
            rows,
            next: last
                .filter(|_| has_more)
                .map(|cursor: SearchCursor| cursor.to_string()),
        })
    }
}

/// Whether this part is what is looked for: the message's other words do not count.
fn is_wanted(part: &Part, wanted: &Wanted, needles: &[String]) -> bool {
    let words = match part {
        Part::File(file) if wanted.kind != "link" => {
            let name = file.attachment.name.as_deref().unwrap_or_default();
            let ending = wanted.ending.trim().to_lowercase();
            if !ending.is_empty() && !name.to_lowercase().ends_with(&format!(".{ending}")) {
                return false;
            }
            name.to_owned()
        }
        Part::Link(link) if wanted.kind == "link" => [&link.title, &link.description, &link.url]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("\n"),
        Part::MiniApp(app) if wanted.kind == "link" => [&app.title, &app.app, &app.url]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("\n"),
        _ => return false,
    };
    let folded = hutong::fold(&words);
    needles.iter().all(|needle| folded.contains(needle))
}

fn sieve(visitor: &Visitor, scope: Scope, wanted: &Wanted) -> Markup {
    let kinds = [
        ("", visitor.pick("文件", "Files")),
        ("link", visitor.pick("链接", "Links")),
    ];
    let mut endings = vec![("", visitor.pick("所有格式", "All types"))];
    endings.extend(TYPES.iter().map(|ending| (*ending, *ending)));
    html! {
        form.sieve action=(scope.path("files")) data-sieve {
            input type="search" name="q" value=(wanted.q) maxlength="200" autocomplete="off" spellcheck="false"
                aria-label=(visitor.pick("按名称筛选", "Filter by name"))
                placeholder=(visitor.pick("名称里的词", "Words in the name"));
            (choice("kind", visitor.pick("文件或链接", "Files or links"), &kinds, &wanted.kind))
            (choice("ending", visitor.pick("格式", "Type"), &endings, &wanted.ending))
            button.quiet type="submit" { (visitor.pick("筛选", "Filter")) }
        }
    }
}

fn table(visitor: &Visitor, open: &OpenArchive, now_ms: i64, scope: Scope, rows: &[Row]) -> Markup {
    let mut moments = Moments::new(visitor, now_ms);
    let title = visitor.pick("文件和链接", "Files and links");
    html! {
        div.table tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr {
                    th scope="col" { (visitor.pick("名称", "Name")) }
                    th.number scope="col" { (visitor.pick("大小", "Size")) }
                    th scope="col" { (visitor.pick("谁", "Who")) }
                    @if scope.0.is_none() { th scope="col" { (visitor.pick("会话", "Chat")) } }
                    th scope="col" { (visitor.pick("时间", "When")) }
                    th scope="col" { (visitor.pick("上下文", "Context")) }
                } }
                tbody {
                    @for row in rows {
                        @let message = &row.message;
                        tr {
                            th scope="row" { (name(visitor, message.parts.get(row.part))) }
                            td.number { (size(message.parts.get(row.part))) }
                            td { bdi { (sender(open, message)) } }
                            @if scope.0.is_none() {
                                td {
                                    a href={ "/c/" (message.conversation.to_hex()) } {
                                        bdi { (open.names.conversation_title(message.conversation).unwrap_or_default()) }
                                    }
                                }
                            }
                            td { (moments.long(message.sent_at.0)) }
                            td { a href=(addresses::message(message.id)) { (visitor.pick("查看", "Show")) } }
                        }
                    }
                }
            }
        }
    }
}

fn sender<'a>(open: &'a OpenArchive, message: &'a Message) -> &'a str {
    message
        .sender
        .and_then(|sender| open.names.display_name(message.conversation, sender))
        .or(message.sender_name.as_deref())
        .unwrap_or_default()
}

/// The name, as a link to the content where the archive has it.
fn name(visitor: &Visitor, part: Option<&Part>) -> Markup {
    match part {
        Some(Part::File(file)) => {
            let name = file
                .attachment
                .name
                .as_deref()
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| visitor.pick("没有名称", "without a name"));
            match (file.attachment.state, file.attachment.sha256) {
                (AttachmentState::Stored, Some(digest)) => html! {
                    a href=(addresses::media(digest, Form::Original)) download=(name) { bdi { (name) } }
                },
                (AttachmentState::Referenced, _) => html! {
                    bdi { (name) } " " span.tag { (visitor.pick("未存入存档", "not in the archive")) }
                },
                _ => {
                    html! { bdi { (name) } " " span.tag.gone { (visitor.pick("缺失", "missing")) } }
                }
            }
        }
        Some(Part::Link(link)) => named_link(link.title.as_deref(), link.url.as_deref()),
        Some(Part::MiniApp(app)) => named_link(
            app.title.as_deref().or(app.app.as_deref()),
            app.url.as_deref(),
        ),
        _ => html! {},
    }
}

/// Title and address as words; the message itself bears the link.
fn named_link(title: Option<&str>, url: Option<&str>) -> Markup {
    html! {
        @if let Some(title) = title { bdi { (title) } }
        @if let Some(url) = url { span.url { bdi { (url) } } }
    }
}

fn size(part: Option<&Part>) -> String {
    match part {
        Some(Part::File(file)) => file.attachment.size_bytes.map(words::size),
        _ => None,
    }
    .unwrap_or_default()
}
