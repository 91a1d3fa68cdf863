//! Second step: what it is, and which of it to read.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hutong::AttachmentMode;
use hutong::sinks::words;
use maud::{Markup, html};

use super::{draft, go_on, page, told};
use crate::frame::token_field;
use crate::site::lock;
use crate::visitor::Visitor;
use crate::wizard::{Draft, Item, KeyState, Typed, inspect};
use crate::{Failure, Site};

/// Files of one input that are listed by name.
const LISTED_FILES: usize = 200;

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    site.touch();
    let shared = draft(&site, &name)?;
    if lock(&shared).locked.is_some() {
        return go_on(&site, name, None).await;
    }
    let draft = lock(&shared);
    Ok(paint(&site, &visitor, &name, &draft, None))
}

fn paint(
    site: &Site,
    visitor: &Visitor,
    name: &str,
    draft: &Draft,
    trouble: Option<&str>,
) -> Response {
    let title = visitor.pick("找到了这些", "This was found");
    let refused = draft
        .batch()
        .map(|batch| site.uploads().refused(batch))
        .unwrap_or_default();
    let content = html! {
        h1 { (title) }
        @if let Some(trouble) = trouble {
            div.alert role="alert" { p { (trouble) } }
        }
        @if !refused.is_empty() {
            div.alert {
                p { (visitor.pick("这些文件名不能用，没有上传：", "These file names cannot be used and were not uploaded:")) }
                ul { @for path in refused.iter().take(20) { li { bdi { (path) } } } }
                @if refused.len() > 20 { p { "… " (refused.len()) } }
            }
        }
        form method="post" action={ "/welcome/" (name) } {
            (token_field(visitor))
            @for (index, item) in draft.items.iter().enumerate() {
                (card(visitor, index, item, draft.items.len() > 1))
            }
            (options(visitor, draft))
            p.go {
                button type="submit" { (visitor.pick("下一步", "Next")) }
            }
        }
        form method="post" action={ "/welcome/" (name) "/discard" } {
            (token_field(visitor))
            button.link type="submit" { (visitor.pick("放弃，重新选择", "Give up and choose again")) }
        }
    };
    let mut response = page(visitor, site, 1, title, &content);
    if trouble.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The words for how an input stands with its key.
pub(super) fn key_words(visitor: &Visitor, state: KeyState) -> Markup {
    html! {
        @match state {
            KeyState::NotNeeded => span.tag { (visitor.pick("不需要密钥", "needs no key")) },
            KeyState::Missing => span.tag.warn { (visitor.pick("已加密，需要密钥", "encrypted, takes a key")) },
            KeyState::Wrong => span.tag.warn { (visitor.pick("已加密，密钥不对", "encrypted, the key does not fit")) },
            KeyState::Fits => span.tag.good { (visitor.pick("已加密，密钥合适", "encrypted, the key fits")) },
            KeyState::Partly { open, of } => span.tag.warn {
                (visitor.pick("已加密，密钥只打开其中", "encrypted; the key opens")) " " (open) "/" (of)
            },
        }
    }
}

fn card(visitor: &Visitor, index: usize, item: &Item, is_one_of_many: bool) -> Markup {
    let about = item.found.source.about();
    let source = visitor.pick(about.name_zh, about.name_en);
    let inspection = &item.inspection;
    let id = format!("input-{index}");
    let count = |number: usize| words::grouped(number as u64);
    html! {
        section.card.input {
            div.head {
                input type="checkbox" name="choose" value=(index) id=(id) checked[item.is_chosen];
                h2 { label for=(id) { (source) @if is_one_of_many { span.soft { " · " (index + 1) } } } }
                (key_words(visitor, item.key_state))
            }
            dl.facts {
                dt { (visitor.pick("位置", "Where")) }
                dd { bdi { (item.label) } }
                @if !inspection.version.is_empty() {
                    dt { (visitor.pick("版本", "Version")) }
                    dd { bdi { (inspection.version) } }
                } @else {
                    dt { (visitor.pick("内容", "What")) }
                    dd { bdi { (item.found.description) } }
                }
                @if let Some(account) = &inspection.account {
                    dt { (visitor.pick("账号", "Account")) }
                    dd {
                        @if let Some(name) = &account.name { bdi { (name) } " " }
                        bdi.soft { (account.native_id) }
                    }
                }
                dt { (visitor.pick("大小", "Size")) }
                dd {
                    (words::size(item.size_bytes())) " · " (count(inspection.files.len())) " "
                    (visitor.pick("个文件", "files"))
                    @if item.is_encrypted() { " · " (visitor.pick("已加密", "encrypted")) }
                }
                @if let (Some(messages), Some(chats)) = (inspection.messages, inspection.conversations) {
                    dt { (visitor.pick("消息", "Messages")) }
                    dd { (words::grouped(messages)) " · " (words::grouped(chats)) " " (visitor.pick("个会话", "chats")) }
                }
            }
            @if let Some(trouble) = &item.trouble { (told(visitor, trouble)) }
            @for file in &inspection.files {
                @if let Some(trouble) = &file.trouble { p.warn { bdi { (file.path) } ": " (trouble) } }
            }
            details {
                summary { (visitor.pick("文件和账号", "Files and account")) }
                p {
                    label for={ "account-" (index) } {
                        (visitor.pick(
                            "自己的账号（文件夹里看不出来时才需要填）",
                            "Your own account (only where the files do not tell)",
                        ))
                    }
                    input id={ "account-" (index) } name={ "account-" (index) } value=(item.account) autocomplete="off" spellcheck="false";
                }
                ul.files {
                    @for file in inspection.files.iter().take(LISTED_FILES) {
                        li { bdi { (file.path) } " " span.soft { (words::size(file.size_bytes)) } }
                    }
                    @if inspection.files.len() > LISTED_FILES { li { "… " (count(inspection.files.len())) } }
                }
                // Some notes speak to those at a command line.
                @for note in inspection.notes.iter().filter(|note| !note.contains("--")) { p.soft { (note) } }
            }
        }
    }
}

fn options(visitor: &Visitor, draft: &Draft) -> Markup {
    let zone = draft.options.zone.as_deref().unwrap_or_default();
    let is_upload = draft.batch().is_some();
    html! {
        details.card {
            summary { (visitor.pick("更多选项", "More options")) }
            p {
                label for="attachments" { (visitor.pick("图片、语音和文件", "Pictures, voices and files")) }
                select #attachments name="attachments" {
                    @for (value, mode, zh, en) in ATTACHMENTS {
                        // What is uploaded will be removed: there is nothing to refer to.
                        @if !(is_upload && mode == AttachmentMode::Reference) {
                            option value=(value) selected[mode == draft.options.attachments] { (visitor.pick(zh, en)) }
                        }
                    }
                }
            }
            p {
                label for="zone" { (visitor.pick("文本记录的时区（文件里没写时区时）", "Zone of text records (where the files name none)")) }
                input #zone name="zone" value=(zone) placeholder="Asia/Shanghai" autocomplete="off" spellcheck="false";
            }
            p.check {
                input #salvage type="checkbox" name="salvage" value="yes" checked[draft.is_salvage];
                label for="salvage" { (visitor.pick("抢救：也读丢了首页的数据库（删除过的内容可能重现）", "Salvage: read databases that lost their first page, too (deleted rows may come back)")) }
            }
            p.check {
                input #raw type="checkbox" name="raw" value="yes" checked[draft.options.keep_raw];
                label for="raw" { (visitor.pick("在每条消息旁保存原始数据行（存档会变大）", "Keep each original row beside its message (the archive grows)")) }
            }
        }
    }
}

const ATTACHMENTS: [(&str, AttachmentMode, &str, &str); 3] = [
    (
        "copy",
        AttachmentMode::Copy,
        "复制进存档（推荐）",
        "Copy into the archive (recommended)",
    ),
    (
        "reference",
        AttachmentMode::Reference,
        "只记住它们，不复制",
        "Only take note of them",
    ),
    ("none", AttachmentMode::None, "不要", "Leave them out"),
];

/// Takes the choice over and leads on.
pub(crate) async fn choose(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    site.touch();
    let shared = draft(&site, &name)?;
    let trouble = {
        let shared = shared.clone();
        let visitor = visitor.clone();
        site.blocking(move |site| apply(site, &visitor, &mut lock(&shared), &fields))
            .await?
    };
    if let Some(trouble) = trouble {
        return Ok(paint(
            &site,
            &visitor,
            &name,
            &lock(&shared),
            Some(&trouble),
        ));
    }
    go_on(&site, name, None).await
}

/// Applies the form; gives what is wrong with it.
fn apply(
    site: &Site,
    visitor: &Visitor,
    draft: &mut Draft,
    fields: &[(String, String)],
) -> Result<Option<String>, Failure> {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
    };
    let is_salvage = field("salvage").is_some();
    if is_salvage != draft.is_salvage {
        draft.is_salvage = is_salvage;
        draft.look(site, &hutong::KeyRing::default(), &Typed::default())?;
    }
    draft.options.keep_raw = field("raw").is_some();
    draft.options.attachments = ATTACHMENTS
        .iter()
        .find(|(value, ..)| Some(*value) == field("attachments"))
        .map_or(AttachmentMode::Copy, |(_, mode, ..)| *mode);
    for (index, item) in draft.items.iter_mut().enumerate() {
        let number = index.to_string();
        item.is_chosen = fields
            .iter()
            .any(|(name, value)| name == "choose" && *value == number);
        let account = field(&format!("account-{index}")).unwrap_or_default();
        if account != item.account {
            item.account = account.to_owned();
            let result = inspect(&item.found, &item.keys, &item.account);
            item.take(result);
        }
    }
    let zone = field("zone").unwrap_or_default();
    draft.options.zone = Some(zone.to_owned()).filter(|zone| !zone.is_empty());
    if !zone.is_empty() && jiff::tz::TimeZone::get(zone).is_err() {
        return Ok(Some(format!(
            "{}{zone}",
            visitor.pick(
                "没有这个时区（请写成 Asia/Shanghai 这样）：",
                "There is no such zone (write it like Asia/Shanghai): "
            )
        )));
    }
    if !draft.items.iter().any(|item| item.is_chosen) {
        let text = visitor.pick("请至少选一项。", "Choose at least one.");
        return Ok(Some(text.to_owned()));
    }
    draft.is_settled = true;
    Ok(None)
}
