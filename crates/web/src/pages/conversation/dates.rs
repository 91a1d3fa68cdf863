//! The date rail: how much was said in each month, and the way there.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use hutong::Reader;
use hutong::model::ConversationId;
use hutong::sinks::words::grouped;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, PreEscaped, html};

use crate::Failure;
use crate::site::{OpenArchive, lock};
use crate::visitor::Visitor;

/// Stretches without messages can be long where a clock was wrong; no more years than this are counted month by month.
const MAX_YEARS: i16 = 120;

/// So many chats are remembered; some kilobytes each.
const MAX_KNOWN: usize = 2000;

/// Height of a full bar in the drawing.
const HIGH: u64 = 22;

/// Messages of a chat by month.
#[derive(Debug, Default)]
pub(crate) struct Months {
    first_year: i16,
    /// From January of the first year to December of the last.
    counts: Vec<u64>,
    /// First and last day with messages.
    pub(super) days: Option<(Date, Date)>,
}

/// Counting a large chat takes longer than painting a page of it, and the counts hold as long as the archive stands as it is.
#[derive(Debug, Default)]
pub(crate) struct MonthsOfChats {
    known: Mutex<HashMap<(ConversationId, String), Arc<Months>>>,
}

impl MonthsOfChats {
    /// The months of a chat as they are in a zone.
    pub(super) fn of(
        &self,
        open: &OpenArchive,
        reader: &mut Reader,
        id: ConversationId,
        zone: &TimeZone,
    ) -> Result<Arc<Months>, Failure> {
        let Some(name) = zone.iana_name() else {
            return Ok(Arc::new(Months::read(open, reader, id, zone)?));
        };
        let key = (id, name.to_owned());
        if let Some(months) = lock(&self.known).get(&key) {
            return Ok(Arc::clone(months));
        }
        let months = Arc::new(Months::read(open, reader, id, zone)?);
        let mut known = lock(&self.known);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, Arc::clone(&months));
        Ok(months)
    }
}

impl Months {
    /// Counts.
    fn read(
        open: &OpenArchive,
        reader: &mut Reader,
        id: ConversationId,
        zone: &TimeZone,
    ) -> Result<Self, Failure> {
        let Some(stats) = open.stats.get(&id) else {
            return Ok(Self::default());
        };
        let day = |instant_ms: i64| {
            jiff::Timestamp::from_millisecond(instant_ms)
                .ok()
                .map(|instant| zone.to_datetime(instant).date())
        };
        let Some((first, last)) = day(stats.first_ms).zip(day(stats.last_ms)) else {
            return Ok(Self::default());
        };
        let days = Some((first, last));
        let first_year = first.year().max(last.year().saturating_sub(MAX_YEARS - 1));
        let mut bounds = Vec::new();
        for year in first_year..=last.year().saturating_add(1) {
            for month in 1..=12 {
                let start = Date::new(year, month, 1)
                    .ok()
                    .and_then(|start| start.to_zoned(zone.clone()).ok());
                let Some(start) = start else {
                    break;
                };
                bounds.push(start.timestamp().as_millisecond());
                if year > last.year() {
                    // The end of the last December.
                    break;
                }
            }
        }
        Ok(Self {
            first_year,
            counts: reader.density(id, &bounds)?,
            days,
        })
    }

    /// A row for each year with a bar for each month; each bar leads to its month.
    pub(super) fn rail(&self, visitor: &Visitor, id: ConversationId) -> Markup {
        let most = self.counts.iter().copied().max().unwrap_or(0).max(1);
        let years = (self.first_year..).zip(self.counts.chunks(12));
        html! {
            nav.rail #dates aria-label=(visitor.pick("按日期", "By date")) {
                a.close href="#log" { (visitor.pick("收起", "Close")) }
                ul {
                    @for (year, counts) in years.filter(|(_, counts)| counts.iter().any(|count| *count > 0)) {
                        li {
                            a href={ "/c/" (id.to_hex()) "?date=" (format!("{year:04}")) } { (year) }
                            (PreEscaped(drawing(visitor, id, year, counts, most)))
                        }
                    }
                }
            }
        }
    }
}

/// The bars of a year. Numbers and our own words only, so that nothing has to be escaped.
fn drawing(visitor: &Visitor, id: ConversationId, year: i16, counts: &[u64], most: u64) -> String {
    let mut out = format!("<svg viewBox=\"0 0 144 {HIGH}\" width=\"144\" height=\"{HIGH}\">");
    for (month, count) in (1_u64..).zip(counts) {
        if *count == 0 {
            continue;
        }
        // Square roots, so that quiet months are still to be seen.
        let share =
            ((u128::from(*count) * 10_000 / u128::from(most)).isqrt() * u128::from(HIGH)) / 100;
        let high = u64::try_from(share).unwrap_or(HIGH).clamp(1, HIGH);
        let x = (month - 1) * 12;
        let label = match visitor.language {
            hutong::sinks::Language::Zh => format!("{year}年{month}月，{} 条", grouped(*count)),
            hutong::sinks::Language::En => format!("{year}-{month:02}: {}", grouped(*count)),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<a href=\"/c/{}?date={year:04}-{month:02}\" aria-label=\"{label}\"><title>{label}</title>\
             <path d=\"M{x} 0h12v{HIGH}h-12z\" fill=\"none\" pointer-events=\"all\"/>\
             <path d=\"M{} {}h8v{high}h-8z\"/></a>",
            id.to_hex(),
            x + 2,
            HIGH - high,
        );
    }
    out.push_str("</svg>");
    out
}
