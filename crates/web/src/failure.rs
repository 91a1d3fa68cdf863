//! What goes wrong on the way to an answer, and how it is told.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use hutong::model::ConversationId;
use hutong::sinks::Language;
use hutong::{ArchiveError, Surface};
use maud::html;

use crate::Site;
use crate::frame::{Frame, Page};
use crate::visitor::Visitor;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no archive yet.
    #[error("there is no archive yet")]
    NoArchive,
    /// The archive is closed.
    #[error("the archive is locked")]
    Locked,
    /// Nothing has this address.
    #[error("there is nothing here")]
    NotFound,
    /// The chat in this address was linked, and is shown in another one.
    #[error("{from} is shown in {to}")]
    Moved {
        /// The chat in the address.
        from: ConversationId,
        /// The chat that shows its messages.
        to: ConversationId,
    },
    /// Something has this address, but not for this kind of request.
    #[error("this address does not take such requests")]
    NotAllowed,
    /// The request makes no sense; says what about it.
    #[error("{en}")]
    Bad {
        /// For the reader of Chinese.
        zh: String,
        /// For the reader of English.
        en: String,
    },
    /// Who asks has no session.
    #[error("no session")]
    NoSession,
    /// The request does not come from our own page.
    #[error("this request does not come from Hutong's own page")]
    Foreign,
    /// The body is larger than can be taken.
    #[error("the request is too large")]
    TooLarge,
    /// The archive says no.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A use case says no.
    #[error(transparent)]
    UseCase(#[from] hutong::Error),
    /// Something of ours is broken.
    #[error("{0}")]
    Broken(String),
}

impl Failure {
    /// A request that makes no sense.
    pub(crate) fn bad(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Bad {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NoArchive | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Moved { .. } => StatusCode::SEE_OTHER,
            Self::NotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Locked => StatusCode::LOCKED,
            Self::Bad { .. } => StatusCode::BAD_REQUEST,
            Self::NoSession => StatusCode::UNAUTHORIZED,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UseCase(
                hutong::Error::NoSuchPath { .. }
                | hutong::Error::NothingRecognized { .. }
                | hutong::Error::NothingChosen { .. }
                | hutong::Error::NoSuchSource(_)
                | hutong::Error::NoSuchFormat(_)
                | hutong::Error::Read { .. },
            ) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Archive(_) | Self::UseCase(_) | Self::Broken(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// A word that programs can rely on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoArchive => "no_archive",
            Self::Locked => "locked",
            Self::NotFound => "not_found",
            Self::Moved { .. } => "moved",
            Self::NotAllowed => "not_allowed",
            Self::Bad { .. } => "bad_request",
            Self::NoSession => "no_session",
            Self::Foreign => "foreign_request",
            Self::TooLarge => "too_large",
            Self::Archive(_) => "archive",
            Self::UseCase(_) => "refused",
            Self::Broken(_) => "broken",
        }
    }

    /// What happened, for people.
    #[must_use]
    pub fn tell(&self, language: Language) -> String {
        let pick = |zh: &str, en: &str| language.pick(zh, en).to_owned();
        match self {
            Self::NoArchive => pick("还没有存档。", "There is no archive yet."),
            Self::Locked => pick("存档已锁上。", "The archive is locked."),
            Self::NotFound => pick(
                "这里什么也没有：地址有误，或所指的内容已不在存档中。",
                "There is nothing here: the address is wrong, or what it names is not in the archive.",
            ),
            Self::Moved { to, .. } => {
                pick("这个会话现在显示在：/c/", "This chat is now shown in /c/") + &to.to_hex()
            }
            Self::NotAllowed => pick(
                "这个地址不接受这种请求。",
                "This address does not take such requests.",
            ),
            Self::Bad { zh, en } => pick(zh, en),
            Self::NoSession => pick(
                "这个浏览器还没有进门。请用程序打印的一次性链接打开；在运行 hutong 的窗口里按回车可得到新的链接。",
                "This browser has not been let in. Open the one-time link that the program printed; pressing Enter in the \
                 window in which hutong runs prints a new one.",
            ),
            Self::Foreign => pick(
                "这个请求不是从互通自己的页面发出的，没有执行。请回到页面重试。",
                "This request did not come from Hutong's own page and was not carried out. Go back to the page and try again.",
            ),
            Self::TooLarge => pick("请求太大。", "The request is too large."),
            Self::Archive(ArchiveError::WrongPassphrase) => {
                pick("口令不对。", "The passphrase is wrong.")
            }
            Self::Archive(error) => sentence(error, language),
            Self::UseCase(error) => sentence(error, language),
            Self::Broken(what) => format!(
                "{}{what}",
                language.pick("程序出错：", "Something in the program is broken: ")
            ),
        }
    }
}

/// An error of a use case in one sentence: what failed, why, and what to try.
fn sentence(error: &(dyn std::error::Error + 'static), language: Language) -> String {
    let words = hutong::explain(error, language, Surface::Page);
    let mut text = words.what;
    for why in &words.why {
        text.push_str(language.pick("：", ": "));
        text.push_str(why);
    }
    text.push_str(language.pick("。", "."));
    if let Some(hint) = &words.hint {
        text.push_str(language.pick("建议：", " Try: "));
        text.push_str(hint);
        text.push_str(language.pick("。", "."));
    }
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        // Put into words by `render`, which knows who asked.
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

/// Puts failures into words: JSON for programs, a page for people, and the way on where there is one.
pub(crate) async fn render(State(site): State<Site>, request: Request, next: Next) -> Response {
    let visitor = request
        .extensions()
        .get::<Visitor>()
        .cloned()
        .unwrap_or_else(|| Visitor::stranger(&site, request.headers()));
    let is_program = request.uri().path().starts_with("/api/")
        || request
            .headers()
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let wants_page = request.method() == axum::http::Method::GET && !is_program;
    let asked = request.uri().to_string();
    let response = next.run(request).await;
    let Some(failure) = response
        .extensions()
        .get::<std::sync::Arc<Failure>>()
        .cloned()
    else {
        return response;
    };
    if is_program {
        let body = serde_json::json!({
            "error": {"code": failure.code(), "message": failure.tell(visitor.language)}
        });
        let mut answer = (failure.status(), Json(body)).into_response();
        if let Some(allowed) = response.headers().get(header::ALLOW) {
            answer.headers_mut().insert(header::ALLOW, allowed.clone());
        }
        return answer;
    }
    if wants_page {
        match &*failure {
            Failure::NoArchive => return Redirect::to("/welcome").into_response(),
            Failure::Locked => return Redirect::to("/unlock").into_response(),
            Failure::Moved { from, to } => {
                let there = asked.replace(&from.to_hex(), &to.to_hex());
                return Redirect::to(&there).into_response();
            }
            _ => {}
        }
    }
    let title = visitor.language.pick("不行", "This did not work");
    let page = Page::new(
        Frame::bare(title),
        html! {
            section.notice {
                h1 { (title) }
                p { (failure.tell(visitor.language)) }
                p { a href="/" { (visitor.language.pick("回到首页", "Back to the start")) } }
            }
        },
    );
    let mut response = page.show(&visitor, &site);
    *response.status_mut() = failure.status();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
