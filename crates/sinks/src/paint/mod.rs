//! The look of messages: one painter for exported pages and for the live page.
//!
//! A [`Painter`] turns messages into HTML, byte for byte the same code wherever they are shown. It needs names, a
//! language, a zone and a [`Shelf`] that says where the bytes of attachments can be had. The exported pages copy them
//! beside the page; [`Served`] gives them an address on a server.
//!
//! ```
//! use hutong_sinks::{Language, paint::{Live, Painter, Served}};
//! # let names = hutong_model::NoNames;
//! # let zone = jiff::tz::TimeZone::UTC;
//! # let conversation = hutong_model::Conversation { id: hutong_model::ConversationId([1; 16]), ..Default::default() };
//! # let messages: Vec<hutong_model::Message> = Vec::new();
//! let facts = |_: &_, _| Ok(None); // asks the archive; here there is nothing
//! let mut painter = Painter::new(&names, Language::En, &zone, Served::new(&facts)).live(Live::default());
//! let mut page = Vec::new();
//! painter.enter(conversation.id, conversation.kind);
//! painter.expect(messages.iter().map(|message| message.id));
//! for message in &messages {
//!     painter.message(message, &mut page)?;
//! }
//! # Ok::<(), hutong_sinks::WriteError>(())
//! ```
//!
//! Nothing that a person wrote can become markup, script or a link to anything but the web ([`escape`]). Pages for which
//! [`Painter::live`] was called contain no `style` attribute and no script, so that a strict policy can forbid both.

pub mod address;
mod avatar;
pub(crate) mod base64;
mod bundle;
mod card;
pub mod escape;
mod limits;
mod message;
mod part;
mod quote;
mod shelf;
#[cfg(test)]
mod tests;
mod unknown;

use hutong_model::{ConversationId, ConversationKind, Message, MessageId, Names};
use jiff::tz::TimeZone;

use crate::Language;
use crate::clock::Clock;
use crate::people::Person;
use crate::scribe::Scribe;

pub use avatar::avatar;
pub use bundle::{BadPath, BundlePath, bundle_at};
pub use limits::Live;
pub use shelf::{Facts, Form, Held, Inline, MediaFacts, Placed, Served, Shelf, Small};

/// The colours that everything uses, light and dark as the system has it.
pub const COLOURS: &str = include_str!("colours.css");

/// As [`COLOURS`], and by an explicit choice: `<html data-theme="dark">` or `"light"`.
pub const COLOURS_TO_CHOOSE: &str = concat!(include_str!("colours.css"), include_str!("theme.css"));

/// Style of everything that a [`Painter`] writes, on the screen and in print. Comes after the colours.
pub const STYLE: &str = include_str!("message.css");

/// Paints messages; lives as long as a page or an export.
pub struct Painter<'a, S> {
    language: Language,
    scribe: Scribe<'a>,
    shelf: S,
    live: Option<Live>,
    allowance: limits::Allowance,
    /// Where in the message at hand the painter is.
    trail: bundle::Trail,
    /// Messages on the page, so that quotes can link to them.
    on_page: Vec<MessageId>,
    run: message::Run,
    /// Scratch space for plain words.
    scratch: String,
}

impl<S> std::fmt::Debug for Painter<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Painter")
            .field("language", &self.language)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

impl<'a, S: Shelf> Painter<'a, S> {
    /// A painter for pages that are kept: nothing is cut, and links lead only to what is on the same page.
    pub fn new(names: &'a dyn Names, language: Language, zone: &TimeZone, shelf: S) -> Self {
        Self {
            language,
            scribe: Scribe::new(names, language, zone),
            shelf,
            live: None,
            allowance: limits::Allowance::default(),
            trail: bundle::Trail::default(),
            on_page: Vec::new(),
            run: message::Run::new(ConversationKind::Group),
            scratch: String::new(),
        }
    }

    /// Paints for the live page from now on: messages carry what its scripts need and links to their own pages
    /// ([`address`]), and what is too large is cut with a link to all of it.
    #[must_use]
    pub fn live(mut self, live: Live) -> Self {
        self.live = Some(live);
        self
    }

    /// Turns to a conversation; the next message shows its day and its sender.
    pub fn enter(&mut self, conversation: ConversationId, kind: ConversationKind) {
        self.scribe.people.enter(conversation);
        self.run = message::Run::new(kind);
        self.on_page.clear();
    }

    /// Begins a new page of the same conversation.
    pub fn turn_page(&mut self) {
        self.run.turn_page();
        self.on_page.clear();
    }

    /// Forgets what is on the page: links lead no further back than here. For pages of any length.
    pub fn forget(&mut self) {
        self.on_page.clear();
    }

    /// Names messages that will be on the page, so that links lead to them also from above.
    pub fn expect(&mut self, messages: impl IntoIterator<Item = MessageId>) {
        self.on_page.extend(messages);
    }

    /// Where attachments are put.
    pub const fn shelf(&self) -> &S {
        &self.shelf
    }

    /// As [`Self::shelf`], to change it.
    pub const fn shelf_mut(&mut self) -> &mut S {
        &mut self.shelf
    }

    /// The clock of the zone.
    pub const fn clock(&mut self) -> &mut Clock {
        &mut self.scribe.clock
    }

    /// Name of an account in the conversation at hand.
    pub(crate) fn person(&mut self, id: hutong_model::AccountId) -> Person<'a> {
        self.scribe.people.get(id)
    }

    /// The name shown for the sender of a message.
    pub fn sender_name<'m>(&mut self, message: &'m Message) -> &'m str
    where
        'a: 'm,
    {
        self.scribe.sender(message).1
    }

    /// Whether a link to this message leads somewhere on the page.
    fn is_on_page(&self, id: MessageId) -> bool {
        // Answers are rare and mostly near, so looking back beats keeping a set of two thousand ids.
        self.on_page.iter().rev().any(|other| *other == id)
    }

    /// Where a link to a message leads: on the page, to its permanent address, or nowhere.
    fn address_of(&self, target: MessageId) -> Option<String> {
        if self.is_on_page(target) {
            Some(format!("#{}", address::anchor(target)))
        } else if self.live.is_some() {
            Some(address::message(target))
        } else {
            None
        }
    }
}
