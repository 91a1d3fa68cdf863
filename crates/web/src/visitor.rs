//! Who looks at the page, and how they want it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use hutong::sinks::Language;
use jiff::tz::TimeZone;

use crate::{Failure, Site, language};

/// Cookies by which a browser remembers its choices. They hold nothing private.
pub(crate) const LANGUAGE_COOKIE: &str = "hutong_language";
pub(crate) const THEME_COOKIE: &str = "hutong_theme";
pub(crate) const ZONE_COOKIE: &str = "hutong_zone";

/// Colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The theme with this name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Language of the page.
    pub(crate) language: Language,
    /// Colours of the page.
    pub(crate) theme: Theme,
    /// Zone of dates and times.
    pub(crate) zone: TimeZone,
    /// What a form must send along, empty for those without a session.
    pub(crate) form_token: String,
    /// Path and query that were asked for, for the way back after a form.
    pub(crate) address: String,
}

impl Visitor {
    /// Somebody without a session.
    pub(crate) fn stranger(site: &Site, headers: &HeaderMap) -> Self {
        let settings = site.settings();
        let language = cookie(headers, LANGUAGE_COOKIE)
            .and_then(language::named)
            .or_else(|| {
                headers
                    .get(header::ACCEPT_LANGUAGE)
                    .and_then(|value| value.to_str().ok())
                    .and_then(language::accepted)
            })
            .unwrap_or(settings.language);
        let zone = cookie(headers, ZONE_COOKIE)
            .map(|name| name.replace("%2F", "/"))
            .and_then(|name| TimeZone::get(&name).ok())
            .unwrap_or_else(|| settings.zone.clone());
        Self {
            language,
            theme: cookie(headers, THEME_COOKIE).map_or(Theme::System, Theme::named),
            zone,
            form_token: String::new(),
            address: String::new(),
        }
    }

    /// The word in the visitor's language.
    pub(crate) const fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.language.pick(zh, en)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Failure::NoSession)
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
}
