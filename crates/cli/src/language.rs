//! Chinese or English: `--lang`, else the locale.

use std::ffi::OsString;

/// Language of everything that is said to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// The word in this language.
    pub(crate) const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The language before the arguments are parsed, because help texts need it already.
    pub(crate) fn from_arguments(arguments: impl Iterator<Item = OsString>) -> Self {
        let arguments: Vec<String> = arguments
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let after = |index: usize| arguments.get(index + 1).map(String::as_str);
        for (index, argument) in arguments.iter().enumerate() {
            let value = argument
                .strip_prefix("--lang=")
                .or_else(|| (argument == "--lang").then(|| after(index)).flatten());
            match value {
                Some("zh") => return Self::Zh,
                Some("en") => return Self::En,
                _ => {}
            }
        }
        Self::from_locale()
    }

    fn from_locale() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match set("LC_ALL")
            .or_else(|| set("LC_MESSAGES"))
            .or_else(|| set("LANG"))
        {
            Some(locale) if locale.to_lowercase().starts_with("zh") => Self::Zh,
            Some(_) => Self::En,
            // Windows sets none of these; most of its users here read Chinese.
            None if cfg!(windows) => Self::Zh,
            None => Self::En,
        }
    }

    pub(crate) const fn for_sinks(self) -> hutong::sinks::Language {
        match self {
            Self::Zh => hutong::sinks::Language::Zh,
            Self::En => hutong::sinks::Language::En,
        }
    }
}
