//! A stretch of a chat without a long silence: its messages as Markdown, and what was found in them.

use hutong_model::{Message, PartKind, Timestamp};
use rustc_hash::FxHashMap;

use super::findings::Kind;
use super::title::{Counts, Known};
use super::vault::plain;
use crate::clock::Local;
use crate::md::escape::Dialect;
use crate::{Language, words};

/// A longer session goes on under another heading.
const MAX_MESSAGES: u64 = 1000;

/// So does one with more text.
const MAX_BODY_BYTES: usize = 512 * 1024;

/// So many findings of each kind are shown at the head of a session.
const SHOWN: usize = 10;

/// Of a session, so many findings are kept.
const MAX_FINDINGS: usize = 5000;

/// So many names stand in a title.
const NAMES: usize = 3;

/// Something found in a message.
pub(super) struct Finding {
    pub(super) kind: Kind,
    pub(super) at: String,
    pub(super) name: String,
    /// As it was said.
    pub(super) words: String,
    pub(super) target: Target,
}

/// Where a finding leads.
pub(super) enum Target {
    Nowhere,
    Web(String),
    /// A file of the vault, seen from its root.
    File(String),
}

impl Finding {
    /// Appends its words, as a link where it leads somewhere; `up` leads from the page to the root of the vault.
    pub(super) fn write(&self, up: &str, out: &mut String) {
        match &self.target {
            Target::Nowhere => plain(&self.words, out),
            Target::Web(url) => {
                out.push('[');
                plain(&self.words, out);
                out.push_str("](<");
                out.push_str(&Dialect::Vault.address(url));
                out.push_str(">)");
            }
            Target::File(path) => {
                out.push('[');
                plain(&self.words, out);
                out.push_str("](<");
                out.push_str(up);
                out.push_str(path);
                out.push_str(">)");
            }
        }
    }
}

/// A session as it grows.
pub(super) struct Session {
    pub(super) number: u64,
    pub(super) first: Local,
    pub(super) last: Local,
    pub(super) last_at: Timestamp,
    pub(super) messages: u64,
    pub(super) body: String,
    /// Who spoke and how often, by the number of the person.
    speakers: FxHashMap<usize, u64>,
    pub(super) counts: Counts,
    pub(super) findings: Vec<Finding>,
    kinds: Vec<(PartKind, u64)>,
    /// The first words, for a session without telling ones.
    pub(super) excerpt: String,
    /// Whose message was the last.
    pub(super) last_sender: Option<usize>,
}

impl Session {
    pub(super) fn new(number: u64, message: &Message, local: Local) -> Self {
        Self {
            number,
            first: local,
            last: local,
            last_at: message.sent_at,
            messages: 0,
            body: String::new(),
            speakers: FxHashMap::default(),
            counts: Counts::default(),
            findings: Vec::new(),
            kinds: Vec::new(),
            excerpt: String::new(),
            last_sender: None,
        }
    }

    pub(super) const fn is_full(&self) -> bool {
        self.messages >= MAX_MESSAGES || self.body.len() >= MAX_BODY_BYTES
    }

    pub(super) fn note(&mut self, message: &Message, local: Local, person: Option<usize>) {
        self.messages += 1;
        self.last = local;
        self.last_at = message.sent_at;
        if let Some(person) = person {
            *self.speakers.entry(person).or_default() += 1;
        }
        let kind = message.kind();
        match self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.kinds.push((kind, 1)),
        }
    }

    pub(super) fn find(&mut self, finding: Finding) {
        let is_known = |known: &Finding| known.kind == finding.kind && known.words == finding.words;
        let is_repeated =
            finding.kind != Kind::File && self.findings.iter().rev().take(50).any(is_known);
        if !is_repeated && self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Those who spoke, the most talkative first.
    pub(super) fn speakers(&self) -> Vec<(usize, u64)> {
        let mut speakers: Vec<_> = self
            .speakers
            .iter()
            .map(|(person, count)| (*person, *count))
            .collect();
        speakers.sort_by_key(|(person, count)| (std::cmp::Reverse(*count), *person));
        speakers
    }

    /// What it was about: telling words, else its beginning, else what was sent.
    pub(super) fn topic(&self, known: &Known, language: Language) -> String {
        let telling = self.counts.telling(known);
        if !telling.is_empty() {
            return telling.join(language.pick("、", ", "));
        }
        if !self.excerpt.is_empty() {
            return self.excerpt.clone();
        }
        let mut kinds = self.kinds.clone();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        let kinds: Vec<String> = kinds
            .iter()
            .take(2)
            .map(|(kind, count)| format!("{} {count}", words::part(language, *kind)))
            .collect();
        kinds.join(language.pick("、", ", "))
    }

    /// `陈雨、林海等 5 人`.
    pub(super) fn who(&self, name: &dyn Fn(usize) -> String, language: Language) -> String {
        let speakers = self.speakers();
        let names: Vec<String> = speakers
            .iter()
            .take(NAMES)
            .map(|(person, _)| name(*person))
            .collect();
        let mut who = names.join(language.pick("、", ", "));
        if speakers.len() > NAMES {
            let more = match language {
                Language::Zh => format!("等 {} 人", speakers.len()),
                Language::En => format!(" and {} more", speakers.len() - NAMES),
            };
            who.push_str(&more);
        }
        who
    }

    /// The findings as a callout; nothing when nothing was found.
    pub(super) fn callout(&self, language: Language, up: &str, out: &mut String) {
        if self.findings.is_empty() {
            return;
        }
        out.push_str(language.pick("> [!summary] 要点\n", "> [!summary] Points\n"));
        for kind in Kind::ALL {
            let all: Vec<&Finding> = self
                .findings
                .iter()
                .filter(|one| one.kind == kind)
                .collect();
            if all.is_empty() {
                continue;
            }
            let is_line = matches!(kind, Kind::Decision | Kind::Question);
            out.push_str(&format!("> - **{}**", kind.name(language)));
            for (index, finding) in all.iter().take(SHOWN).enumerate() {
                if is_line {
                    out.push_str(&format!("\n>   - `{}` ", finding.at));
                    plain(&finding.name, out);
                    out.push_str(language.pick("：", ": "));
                    finding.write(up, out);
                } else {
                    out.push_str(match index {
                        0 => language.pick("：", ": "),
                        _ => language.pick("；", "; "),
                    });
                    finding.write(up, out);
                    out.push_str(language.pick("（", " ("));
                    plain(&finding.name, out);
                    out.push_str(&format!(" {}", finding.at));
                    out.push_str(language.pick("）", ")"));
                }
            }
            if all.len() > SHOWN {
                let more = all.len() - SHOWN;
                out.push_str(&match language {
                    Language::Zh => format!(" …… 另有 {more} 处"),
                    Language::En => format!(" … and {more} more"),
                });
            }
            out.push('\n');
        }
        out.push('\n');
    }
}
