//! The frame around every page: head, navigation, foot.

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Site;
use crate::assets;
use crate::visitor::{Theme, Visitor};

/// A part of the site that the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Chats and what is in them.
    Chats,
    /// People.
    People,
    /// Search.
    Search,
    /// Pictures and files.
    Gallery,
    /// Statistics and the year in review.
    Statistics,
    /// Bringing in.
    Imports,
    /// Settings.
    Settings,
}

impl Section {
    const ALL: [Self; 7] = [
        Self::Chats,
        Self::People,
        Self::Search,
        Self::Gallery,
        Self::Statistics,
        Self::Imports,
        Self::Settings,
    ];

    const fn address(self) -> &'static str {
        match self {
            Self::Chats => "/",
            Self::People => "/people",
            Self::Search => "/search",
            Self::Gallery => "/gallery",
            Self::Statistics => "/stats",
            Self::Imports => "/imports",
            Self::Settings => "/settings",
        }
    }

    const fn name(self, visitor: &Visitor) -> &'static str {
        let (zh, en) = match self {
            Self::Chats => ("会话", "Chats"),
            Self::People => ("人物", "People"),
            Self::Search => ("搜索", "Search"),
            Self::Gallery => ("图库", "Gallery"),
            Self::Statistics => ("统计", "Statistics"),
            Self::Imports => ("导入", "Import"),
            Self::Settings => ("设置", "Settings"),
        };
        visitor.language.pick(zh, en)
    }
}

/// What a page says about itself.
#[derive(Debug)]
pub(crate) struct Frame {
    title: String,
    /// Without a section there is no navigation: the archive is not open.
    section: Option<Section>,
    styles: Vec<&'static str>,
    scripts: Vec<&'static str>,
}

impl Frame {
    /// A page of a section.
    pub(crate) fn new(section: Section, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: Some(section),
            styles: Vec::new(),
            scripts: Vec::new(),
        }
    }

    /// A page without navigation.
    pub(crate) fn bare(title: impl Into<String>) -> Self {
        Self {
            section: None,
            ..Self::new(Section::Chats, title)
        }
    }

    /// A further style sheet, by its name among the assets.
    pub(crate) fn style(mut self, name: &'static str) -> Self {
        self.styles.push(name);
        self
    }

    /// A script module, by its name among the assets.
    pub(crate) fn script(mut self, name: &'static str) -> Self {
        self.scripts.push(name);
        self
    }
}

/// A whole page.
#[derive(Debug)]
pub(crate) struct Page {
    frame: Frame,
    content: Markup,
}

impl Page {
    /// A page with this content inside its `<main>`.
    pub(crate) const fn new(frame: Frame, content: Markup) -> Self {
        Self { frame, content }
    }

    /// The answer.
    pub(crate) fn show(self, visitor: &Visitor, site: &Site) -> Response {
        let Self { frame, content } = self;
        let name = visitor.pick("互通", "Hutong");
        let theme = (visitor.theme != Theme::System).then_some(visitor.theme.name());
        let page = html! {
            (DOCTYPE)
            html lang=(visitor.language.tag()) data-theme=[theme] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover";
                    meta name="robots" content="noindex";
                    meta name="color-scheme" content="light dark";
                    @if !visitor.form_token.is_empty() {
                        meta name="form-token" content=(visitor.form_token);
                    }
                    title { (frame.title) " · " (name) }
                    link rel="icon" href=(assets::address("mark.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(assets::address("colours.css"));
                    link rel="stylesheet" href=(assets::address("page.css"));
                    @for style in &frame.styles {
                        link rel="stylesheet" href=(assets::address(style));
                    }
                    script type="module" src=(assets::address("page.js")) {}
                    @for script in &frame.scripts {
                        script type="module" src=(assets::address(script)) {}
                    }
                }
                body {
                    a.skip href="#main" { (visitor.pick("跳到内容", "Skip to content")) }
                    @if let Some(current) = frame.section {
                        header.bar {
                            a.brand href="/" aria-label=(visitor.pick("互通首页", "Hutong, home")) {
                                img src=(assets::address("mark.svg")) alt="" width="28" height="28";
                                span { (name) }
                            }
                            nav aria-label=(visitor.pick("主导航", "Main")) {
                                ul {
                                    @for section in Section::ALL {
                                        li {
                                            a href=(section.address()) aria-current=[(section == current).then_some("page")] {
                                                (section.name(visitor))
                                            }
                                        }
                                    }
                                }
                            }
                            form.find action="/search" role="search" aria-label=(visitor.pick("搜索全部", "Everywhere")) {
                                input type="search" name="q" aria-label=(visitor.pick("搜索全部消息", "Search all messages"))
                                    placeholder=(visitor.pick("搜索…", "Search…")) autocomplete="off" data-search;
                            }
                        }
                    }
                    main #main tabindex="-1" { (content) }
                    footer {
                        p {
                            (site.settings().program) " · "
                            (visitor.pick("只在本机，不连接网络", "on this machine only; connects to nothing"))
                        }
                    }
                }
            }
        };
        Html(page.into_string()).into_response()
    }
}

/// The hidden field that every form with `method=post` needs.
pub(crate) fn token_field(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name=(crate::safety::TOKEN_FIELD) value=(visitor.form_token); }
}

/// HTML bytes that one of our painters wrote and escaped.
pub(crate) fn painted(bytes: Vec<u8>) -> PreEscaped<String> {
    PreEscaped(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}
