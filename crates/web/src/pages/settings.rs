//! Language, colours and zone; what the archive is.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::sinks::Language;
use maud::html;
use serde::Deserialize;

use crate::frame::{Frame, Page, Section, token_field};
use crate::pages::enter::set_cookie;
use crate::visitor::{LANGUAGE_COOKIE, THEME_COOKIE, Theme, Visitor, ZONE_COOKIE};
use crate::{Failure, Site, language};

/// Choices live in the browser for a year.
const KEPT_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The page.
pub(crate) async fn show(State(site): State<Site>, visitor: Visitor) -> Response {
    let title = visitor.pick("设置", "Settings");
    let zone = visitor.zone.iana_name().unwrap_or_default().to_owned();
    Page::new(
        Frame::new(Section::Settings, title),
        html! {
            h1 { (title) }
            form.card method="post" action="/settings/view" {
                (token_field(&visitor))
                h2 { (visitor.pick("显示", "How pages look")) }
                p {
                    label for="language" { (visitor.pick("语言", "Language")) }
                    select #language name="language" {
                        @for (language, name) in [(Language::Zh, "中文"), (Language::En, "English")] {
                            option value=(language.tag()) selected[language == visitor.language] { (name) }
                        }
                    }
                }
                p {
                    label for="theme" { (visitor.pick("颜色", "Colours")) }
                    select #theme name="theme" {
                        @for (theme, zh, en) in [
                            (Theme::System, "跟随系统", "As the system"),
                            (Theme::Light, "浅色", "Light"),
                            (Theme::Dark, "深色", "Dark"),
                        ] {
                            option value=(theme.name()) selected[theme == visitor.theme] { (visitor.pick(zh, en)) }
                        }
                    }
                }
                p {
                    label for="zone" { (visitor.pick("时区", "Time zone")) }
                    input #zone name="zone" value=(zone) placeholder="Asia/Shanghai" autocomplete="off" spellcheck="false";
                }
                button type="submit" { (visitor.pick("保存", "Save")) }
            }
            section.card {
                h2 { (visitor.pick("存档", "The archive")) }
                p { a href="/archive" { (visitor.pick("它在哪里、有多少、是否完好", "Where it is, how much it holds, whether it is whole")) } }
            }
            form.card method="post" action="/lock" {
                (token_field(&visitor))
                h2 { (visitor.pick("锁上", "Lock")) }
                p { (visitor.pick("关闭存档，钥匙从内存中清除。", "Closes the archive; its key leaves the memory.")) }
                button type="submit" { (visitor.pick("锁上存档", "Lock the archive")) }
            }
        },
    )
    .show(&visitor, &site)
}

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    language: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    zone: String,
}

/// Keeps the choices in cookies of this browser.
pub(crate) async fn choose(Form(choice): Form<Choice>) -> Result<Response, Failure> {
    let mut response = Redirect::to("/settings").into_response();
    let headers = response.headers_mut();
    let mut keep = |name: &str, value: &str| {
        set_cookie(
            headers,
            &format!("{name}={value}; Path=/; SameSite=Strict; HttpOnly; Max-Age={KEPT_SECONDS}"),
        )
    };
    if let Some(language) = language::named(&choice.language) {
        keep(LANGUAGE_COOKIE, language.tag())?;
    }
    keep(THEME_COOKIE, Theme::named(&choice.theme).name())?;
    let zone = choice.zone.trim();
    if !zone.is_empty() {
        let known = jiff::tz::TimeZone::get(zone).map_err(|_| {
            Failure::bad(
                format!("没有叫 {zone} 的时区，请写成 Asia/Shanghai 这样。"),
                format!("There is no zone called {zone}; write it like Asia/Shanghai."),
            )
        })?;
        keep(ZONE_COOKIE, known.iana_name().unwrap_or("UTC"))?;
    }
    Ok(response)
}
