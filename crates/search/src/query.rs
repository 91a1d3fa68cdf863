//! The query language: `合同 from:张三 in:项目群 on:wechat before:2024-06 has:file kind:payment "完整短语" -草稿`.
//!
//! Words are joined by *and*. A word or an operator with `-` before it must not match. A value with spaces stands in
//! quotes. Several values of one operator are joined by commas and mean *or*. The colon may be full-width and the
//! operators have Chinese names, so that nobody has to switch the keyboard.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::fold;

/// Words that must (not) stand in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The folded words.
    pub folded: String,
    /// Whether they must not stand there.
    pub is_negated: bool,
}

/// Values of one operator: any of them must (not) hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Values as typed.
    pub values: Vec<String>,
    /// Whether none of them may hold.
    pub is_negated: bool,
}

/// A parsed query; the empty query matches every message.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Query {
    /// Words.
    pub terms: Vec<Term>,
    /// `from:` sender.
    pub from: Vec<Filter>,
    /// `in:` conversation.
    pub conversation: Vec<Filter>,
    /// `on:` platform.
    pub platform: Vec<Filter>,
    /// `kind:` kind of part.
    pub kind: Vec<Filter>,
    /// `has:` attachment, reply, link, or a kind of part.
    pub has: Vec<Filter>,
    /// `is:` recalled, deleted, mine.
    pub is: Vec<Filter>,
    /// `id:` message id.
    pub id: Vec<Filter>,
    /// Not before this instant, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before this instant.
    pub before_ms: Option<i64>,
}

/// What is wrong with a query.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum QueryError {
    /// A quote was opened and not closed.
    #[error("a quotation mark is not closed")]
    OpenQuote,
    /// An operator stands without a value.
    #[error("{0}: stands without a value")]
    NoValue(String),
    /// A date cannot be read.
    #[error("“{0}” is no date; write 2024, 2024-06 or 2024-06-15")]
    BadDate(String),
    /// A date operator cannot be turned round.
    #[error("-{0}: has no meaning; use before: or after:")]
    NegatedDate(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    From,
    In,
    On,
    Kind,
    Has,
    Is,
    Id,
    Before,
    After,
    During,
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "from" | "来自" | "发送者" => Operator::From,
        "in" | "会话" | "群" => Operator::In,
        "on" | "平台" => Operator::On,
        "kind" | "类型" => Operator::Kind,
        "has" | "含" => Operator::Has,
        "is" | "状态" => Operator::Is,
        "id" => Operator::Id,
        "before" | "之前" => Operator::Before,
        "after" | "since" | "之后" => Operator::After,
        "during" | "date" | "日期" => Operator::During,
        _ => return None,
    })
}

impl Query {
    /// Parses a query. Dates without a zone are days in `zone`.
    ///
    /// A word with a colon that is no operator (`http://…`, `12:30`) is a plain word.
    ///
    /// # Errors
    /// [`QueryError`] with the words to show.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for piece in split(text)? {
            query.add(&piece, zone)?;
        }
        Ok(query)
    }

    fn add(&mut self, piece: &Piece, zone: &TimeZone) -> Result<(), QueryError> {
        let Some((operator, name, values)) = piece.operator() else {
            let folded = fold(&piece.text).trim().to_owned();
            if !folded.is_empty() {
                self.terms.push(Term {
                    folded,
                    is_negated: piece.is_negated,
                });
            }
            return Ok(());
        };
        if values.is_empty() {
            return Err(QueryError::NoValue(name));
        }
        let list = match operator {
            Operator::Before | Operator::After | Operator::During => {
                if piece.is_negated {
                    return Err(QueryError::NegatedDate(name));
                }
                return self.add_date(operator, &values.join(","), zone);
            }
            Operator::From => &mut self.from,
            Operator::In => &mut self.conversation,
            Operator::On => &mut self.platform,
            Operator::Kind => &mut self.kind,
            Operator::Has => &mut self.has,
            Operator::Is => &mut self.is,
            Operator::Id => &mut self.id,
        };
        list.push(Filter {
            values,
            is_negated: piece.is_negated,
        });
        Ok(())
    }

    fn add_date(
        &mut self,
        operator: Operator,
        text: &str,
        zone: &TimeZone,
    ) -> Result<(), QueryError> {
        let (start, end) =
            date_span(text, zone).ok_or_else(|| QueryError::BadDate(text.to_owned()))?;
        if operator != Operator::Before {
            self.since_ms = Some(self.since_ms.map_or(start, |known| known.max(start)));
        }
        let limit = match operator {
            Operator::Before => start,
            Operator::During => end,
            _ => return Ok(()),
        };
        self.before_ms = Some(self.before_ms.map_or(limit, |known| known.min(limit)));
        Ok(())
    }

    /// The folded words that must stand in a message, for marking them.
    #[must_use]
    pub fn wanted_words(&self) -> Vec<&str> {
        self.terms
            .iter()
            .filter(|term| !term.is_negated)
            .map(|term| term.folded.as_str())
            .collect()
    }

    /// Whether the words of the query agree with a folded text.
    #[must_use]
    pub fn words_match(&self, folded_text: &str) -> bool {
        self.terms
            .iter()
            .all(|term| folded_text.contains(&term.folded) != term.is_negated)
    }

    /// Whether an instant lies in the asked span.
    #[must_use]
    pub fn time_matches(&self, at_ms: i64) -> bool {
        self.since_ms.is_none_or(|since| at_ms >= since)
            && self.before_ms.is_none_or(|before| at_ms < before)
    }
}

/// First instant of a year, month or day and of the one after it, in milliseconds.
///
/// An RFC 3339 instant is a span of one millisecond.
fn date_span(text: &str, zone: &TimeZone) -> Option<(i64, i64)> {
    if text.contains(['T', 't']) {
        let instant = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
        return Some((instant, instant + 1));
    }
    let normal = text.replace(['/', '.', '年', '月'], "-");
    let mut numbers = normal
        .trim_end_matches(['-', '日', '号'])
        .split('-')
        .map(str::parse::<i16>);
    let year = numbers.next()?.ok()?;
    let month = numbers.next().transpose().ok()?;
    let day = numbers.next().transpose().ok()?;
    if numbers.next().is_some() {
        return None;
    }
    let part = |value: Option<i16>| i8::try_from(value.unwrap_or(1)).ok();
    let start = Date::new(year, part(month)?, part(day)?).ok()?;
    let step = match (month, day) {
        (_, Some(_)) => jiff::Span::new().days(1),
        (Some(_), None) => jiff::Span::new().months(1),
        (None, None) => jiff::Span::new().years(1),
    };
    let end = start.checked_add(step).ok()?;
    let instant = |date: Date| {
        Some(
            date.to_zoned(zone.clone())
                .ok()?
                .timestamp()
                .as_millisecond(),
        )
    };
    Some((instant(start)?, instant(end)?))
}

/// One piece of the query text: words between spaces, quotes taken into account.
struct Piece {
    text: String,
    /// Byte positions of `text` that stood in quotes, where operators and commas mean nothing.
    quoted: Vec<std::ops::Range<usize>>,
    is_negated: bool,
}

impl Piece {
    fn is_quoted(&self, position: usize) -> bool {
        self.quoted.iter().any(|range| range.contains(&position))
    }

    fn operator(&self) -> Option<(Operator, String, Vec<String>)> {
        let (position, colon) = self
            .text
            .char_indices()
            .find(|(_, character)| matches!(character, ':' | '：'))?;
        if self.is_quoted(position) {
            return None;
        }
        let name = self.text.get(..position)?.to_lowercase();
        let operator = operator(&name)?;
        let start = position + colon.len_utf8();
        let mut values = vec![String::new()];
        for (offset, character) in self.text.get(start..)?.char_indices() {
            if matches!(character, ',' | '，') && !self.is_quoted(start + offset) {
                values.push(String::new());
            } else if let Some(value) = values.last_mut() {
                value.push(character);
            }
        }
        values.retain(|value| !value.trim().is_empty());
        Some((operator, name, values))
    }
}

fn split(text: &str) -> Result<Vec<Piece>, QueryError> {
    let mut pieces = Vec::new();
    let mut piece = Piece {
        text: String::new(),
        quoted: Vec::new(),
        is_negated: false,
    };
    let mut open: Option<(char, usize)> = None;
    let mut previous_is_space = true;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if let Some((closing, start)) = open {
            if character == closing {
                piece.quoted.push(start..piece.text.len());
                open = None;
            } else {
                piece.text.push(character);
            }
        } else if let Some(closing) = closing_quote(character) {
            open = Some((closing, piece.text.len()));
        } else if character.is_whitespace() {
            if !piece.text.is_empty() || !piece.quoted.is_empty() {
                pieces.push(std::mem::replace(
                    &mut piece,
                    Piece {
                        text: String::new(),
                        quoted: Vec::new(),
                        is_negated: false,
                    },
                ));
            }
        } else if matches!(character, '-' | '−' | '－')
            && previous_is_space
            && characters
                .peek()
                .is_some_and(|next| !next.is_whitespace() && *next != '-')
        {
            piece.is_negated = true;
        } else {
            piece.text.push(character);
        }
        previous_is_space = open.is_none() && character.is_whitespace();
    }
    if open.is_some() {
        return Err(QueryError::OpenQuote);
    }
    if !piece.text.is_empty() {
        pieces.push(piece);
    }
    Ok(pieces)
}

const fn closing_quote(opening: char) -> Option<char> {
    match opening {
        '"' => Some('"'),
        '“' | '”' => Some('”'),
        '「' => Some('」'),
        '『' => Some('』'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Query {
        Query::parse(text, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn the_example_of_the_design_is_understood() {
        let query = parse(
            "合同 from:张三 in:项目群 on:wechat before:2024-06 has:file kind:payment \"完整 短语\" -草稿",
        );
        assert_eq!(query.wanted_words(), ["合同", "完整 短语"]);
        assert_eq!(
            query.terms[2],
            Term {
                folded: "草稿".into(),
                is_negated: true
            }
        );
        assert_eq!(query.from[0].values, ["张三"]);
        assert_eq!(query.conversation[0].values, ["项目群"]);
        assert_eq!(query.platform[0].values, ["wechat"]);
        assert_eq!(query.has[0].values, ["file"]);
        assert_eq!(query.kind[0].values, ["payment"]);
        assert_eq!(query.before_ms, Some(1_717_200_000_000));
    }

    #[test]
    fn chinese_names_full_width_colons_and_several_values_work() {
        let query = parse("来自：张三，李四 日期:2024年5月1日 -类型:image");
        assert_eq!(query.from[0].values, ["张三", "李四"]);
        assert_eq!(
            (query.since_ms, query.before_ms),
            (Some(1_714_521_600_000), Some(1_714_608_000_000))
        );
        assert!(query.kind[0].is_negated);
        assert_eq!(
            parse("in:\"王 五, 群\"").conversation[0].values,
            ["王 五, 群"]
        );
    }

    #[test]
    fn a_minus_sign_of_any_width_negates() {
        for text in ["-草稿", "−草稿", "－草稿"] {
            assert!(parse(text).terms[0].is_negated, "{text}");
        }
    }

    #[test]
    fn a_colon_in_a_plain_word_stays_there() {
        assert_eq!(
            parse("https://a.example 12:30 a-b -").wanted_words(),
            ["https://a.example", "12:30", "a-b", "-"]
        );
        assert_eq!(parse("\"from:x\"").wanted_words(), ["from:x"]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| Query::parse(text, &TimeZone::UTC).unwrap_err();
        assert_eq!(error("\"abc"), QueryError::OpenQuote);
        assert_eq!(error("from:"), QueryError::NoValue("from".into()));
        assert_eq!(error("before:soon"), QueryError::BadDate("soon".into()));
        assert_eq!(
            error("before:2024-13"),
            QueryError::BadDate("2024-13".into())
        );
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in "\\PC{0,40}") {
            let _ = Query::parse(&text, &TimeZone::UTC);
        }
    }
}
