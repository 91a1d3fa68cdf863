//! Taking messages out: what, in which form, a look at it, and the download.

mod download;
mod preview;

use axum::extract::State;
use axum::response::Response;
use hutong::model::Names;
use hutong::sinks::{FORMATS, Format, OutputKind};
use hutong::{Choice, ChoiceError, Selection};
use maud::{Markup, html};
use serde::Deserialize;

use crate::asked::Asked;
use crate::frame::{Frame, Page, Section};
use crate::site::OpenArchive;
use crate::visitor::Visitor;
use crate::{Failure, Site};

pub(crate) use download::download;
use preview::Preview;

/// What to take out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// A chat by id or name; empty means all.
    chat: String,
    /// A query of the search language.
    q: String,
    /// First day.
    from: String,
    /// Last day.
    until: String,
    /// Id of the format.
    format: String,
    /// With pictures, voices and files.
    files: Option<String>,
    /// With service rows.
    hidden: Option<String>,
    /// A look at it is wanted.
    look: Option<String>,
}

impl Wanted {
    fn format(&self) -> Result<&'static dyn Format, Failure> {
        let id = if self.format.is_empty() {
            "html"
        } else {
            &self.format
        };
        hutong::sinks::format(id).ok_or_else(|| hutong::Error::NoSuchFormat(id.to_owned()).into())
    }

    /// Whether the download holds several files.
    fn is_packed(&self, format: &dyn Format) -> bool {
        let kind = format.about().output;
        kind == OutputKind::Folder || (self.files.is_some() && kind.takes_folder())
    }

    fn selection(&self, open: &OpenArchive, visitor: &Visitor) -> Result<Selection, Failure> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let choice = Choice {
            query: self.q.clone(),
            chats: filled(&self.chat).into_iter().collect(),
            from: filled(&self.from),
            until: filled(&self.until),
        };
        hutong::choose_messages(&open.archive, &open.names, &choice, &visitor.zone).map_err(
            |error| match error {
                ChoiceError::NoSuchChat(name) => Failure::bad(
                    format!("没有叫“{name}”的会话。"),
                    format!("There is no chat called “{name}”."),
                ),
                other => Failure::bad(other.to_string(), other.to_string()),
            },
        )
    }

    /// The same wish as a query string for the download.
    fn address(&self) -> String {
        let mut fields = form_fields(&[
            ("chat", &self.chat),
            ("q", &self.q),
            ("from", &self.from),
            ("until", &self.until),
            ("format", &self.format),
        ]);
        for (name, is_set) in [("files", &self.files), ("hidden", &self.hidden)] {
            if is_set.is_some() {
                fields.push_str(&format!("&{name}=on"));
            }
        }
        format!("/export/download?{fields}")
    }
}

/// Fields of a form, percent-encoded.
fn form_fields(fields: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    out
}

/// The form, and below it what would be written.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(mut wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    site.touch();
    let format = wanted.format()?;
    if wanted.look.is_none() {
        // A form that was not sent yet: pictures belong to a chat unless somebody says no.
        wanted.files = Some("on".to_owned());
    }
    let (title_of_chat, preview) = {
        let (wanted, visitor) = (wanted.clone(), visitor.clone());
        site.read(move |open, reader| {
            let title = hutong::model::ConversationId::from_hex(wanted.chat.trim())
                .and_then(|id| open.names.conversation_title(id))
                .map(str::to_owned);
            let preview = match &wanted.look {
                Some(_) => {
                    let selection = wanted.selection(open, &visitor)?;
                    Some(Preview::of(open, reader, &selection, &wanted, &visitor)?)
                }
                None => None,
            };
            Ok((title, preview))
        })
        .await?
    };
    let title = visitor.pick("导出", "Export");
    Ok(Page::new(
        Frame::new(Section::Chats, title).style("export.css"),
        html! {
            h1 { (title) }
            (form(&wanted, title_of_chat.as_deref(), format, &visitor))
            @if let Some(preview) = &preview {
                (preview.show(&wanted, &visitor))
            }
        },
    )
    .show(&visitor, &site))
}

fn form(
    wanted: &Wanted,
    title_of_chat: Option<&str>,
    chosen: &dyn Format,
    visitor: &Visitor,
) -> Markup {
    let pick = |zh, en| visitor.pick(zh, en);
    html! {
        form.card.export method="get" action="/export" {
            h2 { (pick("哪些消息", "Which messages")) }
            div.row {
                p {
                    label for="chat" { (pick("会话（名称或编号，空着就是全部）", "Chat (name or id; empty means all)")) }
                    input #chat name="chat" value=(wanted.chat) autocomplete="off";
                    @if let Some(title) = title_of_chat {
                        br; span.soft { bdi { (title) } }
                    }
                }
                p {
                    label for="q" { (pick("查找条件（可空）", "Search words (may be empty)")) }
                    input #q name="q" value=(wanted.q) autocomplete="off" placeholder=(pick("合同 来自：张三", "contract from:zs"));
                }
            }
            div.row {
                p {
                    label for="from" { (pick("从哪天", "From day")) }
                    input #from name="from" value=(wanted.from) placeholder="2024-01-31" autocomplete="off";
                }
                p {
                    label for="until" { (pick("到哪天", "Until day")) }
                    input #until name="until" value=(wanted.until) placeholder="2024-12" autocomplete="off";
                }
            }
            fieldset {
                legend { (pick("写成什么", "Written as")) }
                @for format in FORMATS {
                    @let about = format.about();
                    label.format {
                        input type="radio" name="format" value=(about.id) checked[about.id == chosen.about().id];
                        span {
                            strong { (pick(about.name_zh, about.name_en)) } " "
                            span.soft {
                                (pick("留下：", "keeps ")) (pick(about.keeps_zh, about.keeps_en))
                                (pick("；丢掉：", "; loses ")) (pick(about.loses_zh, about.loses_en))
                            }
                        }
                    }
                }
            }
            p.choices {
                label { input type="checkbox" name="files" checked[wanted.files.is_some()]; " "
                    (pick("带上图片、语音和文件（得到一个 zip）", "With pictures, voices and files (makes a zip)")) }
                label { input type="checkbox" name="hidden" checked[wanted.hidden.is_some()]; " "
                    (pick("带上平时不显示的系统行", "With service rows that are usually not shown")) }
            }
            p.warn { (pick("导出的内容不加密。", "What you export is not encrypted.")) }
            button type="submit" name="look" value="1" { (pick("先看看", "Look first")) }
        }
    }
}
