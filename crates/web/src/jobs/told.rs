//! Errors in the words of both languages.

use hutong::sinks::Language;
use hutong::{Explanation, Surface};

use crate::Failure;

/// An error in the words of both languages, for readers who come later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    zh: Explanation,
    en: Explanation,
}

impl Told {
    /// Puts an error into words.
    pub(crate) fn new(error: &(dyn std::error::Error + 'static)) -> Self {
        Self {
            zh: hutong::explain(error, Language::Zh, Surface::Page),
            en: hutong::explain(error, Language::En, Surface::Page),
        }
    }

    /// A failure of the page in words.
    pub(crate) fn of(failure: &Failure) -> Self {
        match failure {
            Failure::UseCase(error) => Self::new(error),
            Failure::Archive(error) => Self::new(error),
            other => Self::text(other.tell(Language::Zh), other.tell(Language::En)),
        }
    }

    /// Words that stand ready.
    pub(crate) fn text(zh: impl Into<String>, en: impl Into<String>) -> Self {
        let plain = |what| Explanation {
            what,
            ..Explanation::default()
        };
        Self {
            zh: plain(zh.into()),
            en: plain(en.into()),
        }
    }

    /// The words in this language.
    pub(crate) const fn say(&self, language: Language) -> &Explanation {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}
