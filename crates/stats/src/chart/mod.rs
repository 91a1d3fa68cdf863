//! Charts as SVG, each with its numbers as a table.
//!
//! An SVG bears a title and a description for those who do not see it, colours by classes only (`c-…`, see the page's
//! style sheet), no style and no script. Names come from messages: they are shortened, cleaned and escaped.

mod bars;
mod heat;
mod ranked;
mod text;
mod word_cloud;

pub use bars::{Bar, bars};
pub use heat::{calendar, week_hours};
pub use ranked::{RankedRow, ranked};
pub use text::{clean, escape, thousands, width_em};
pub use word_cloud::word_cloud;

/// Numbers with headings; the first cell of a row names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Headings of the columns.
    pub head: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// A chart and what it shows in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// An `<svg>` element, to stand in a page.
    pub svg: String,
    /// The numbers.
    pub table: Table,
}

/// What a chart is called.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// A name that is unique on the page: letters, digits and hyphens.
    pub id: &'a str,
    /// The title.
    pub title: &'a str,
    /// What can be seen, in a sentence.
    pub description: &'a str,
}

/// Opens an `<svg>` of a size, with its names.
fn open(caption: Caption<'_>, width: u32, height: u32, class: &str) -> String {
    let id = escape(caption.id);
    format!(
        "<svg class=\"chart {class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"{id}-t {id}-d\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
        escape(&clean(caption.title, 80)),
        escape(&clean(caption.description, 400)),
    )
}

/// The step of a count's shade, 0 for none and 5 for the most.
fn shade(count: u64, most: u64) -> u64 {
    if count == 0 || most == 0 {
        return 0;
    }
    // By the square root, so that quiet hours differ from silent ones beside a very busy one.
    let share = (to_f64(count) / to_f64(most)).sqrt();
    (1..=5)
        .find(|step| share <= to_f64(*step) / 5.0)
        .unwrap_or(5)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "places on a drawing, a hundredth of a pixel is enough"
)]
const fn to_f64(value: u64) -> f64 {
    value as f64
}

/// `count` of `most`, between 0 and 1.
pub(crate) fn share(count: u64, most: u64) -> f64 {
    scaled(count, most, 1.0)
}

/// `count` of `most`, in pixels of `full`.
fn scaled(count: u64, most: u64, full: f64) -> f64 {
    if most == 0 {
        return 0.0;
    }
    to_f64(count) / to_f64(most) * full
}

#[cfg(test)]
mod tests;
