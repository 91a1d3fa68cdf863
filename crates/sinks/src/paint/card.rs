//! Cards: everything that is a thing and not a sentence.

use hutong_model::{
    Announcement, Call, Card, ChannelPost, Contact, Link, MiniApp, PartKind, Payment, PaymentKind,
    Place, Poll,
};

use super::escape::{write_plain, write_text};
use super::limits::Allowance;
use super::{Painter, avatar};
use crate::scribe::amount;
use crate::url::safe_url;
use crate::words;

/// One card being written: a link when its address is safe, else a box.
pub(super) struct Frame<'o> {
    pub(super) out: &'o mut Vec<u8>,
    allowance: &'o Allowance,
    closing: &'static [u8],
    /// The address to spell out, when it cannot be clicked.
    spelled: Option<String>,
    host: String,
}

impl<'o> Frame<'o> {
    pub(super) fn open(
        url: Option<&str>,
        class: &str,
        allowance: &'o Allowance,
        out: &'o mut Vec<u8>,
    ) -> Self {
        let url = url.map(str::trim).filter(|url| !url.is_empty());
        let safe = url.and_then(safe_url);
        let mut host = String::new();
        if let Some(url) = safe {
            out.extend_from_slice(b"<a class=\"h");
            out.extend_from_slice(class.as_bytes());
            out.extend_from_slice(b"\" href=\"");
            write_plain(url, out);
            out.extend_from_slice(b"\" rel=\"noopener noreferrer\">");
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            host.push_str(rest.split(['/', '?', '#']).next().unwrap_or(rest));
        } else {
            out.extend_from_slice(b"<div class=\"h");
            out.extend_from_slice(class.as_bytes());
            out.extend_from_slice(b"\">");
        }
        let spelled = url.filter(|_| safe.is_none()).map(str::to_owned);
        Self {
            out,
            allowance,
            closing: if safe.is_some() { b"</a>" } else { b"</div>" },
            spelled,
            host,
        }
    }

    pub(super) fn title(&mut self, title: Option<&str>) {
        if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
            self.out.extend_from_slice(b"<b><bdi>");
            write_plain(self.allowance.clip(title), self.out);
            self.out.extend_from_slice(b"</bdi></b>");
        }
    }

    pub(super) fn words(&mut self, words: Option<&str>) {
        if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
            let words = self.allowance.clip(words);
            self.out.extend_from_slice(b"<p dir=\"auto\">");
            // A link inside a link is not a thing in HTML.
            if self.closing == b"</a>" {
                write_plain(words, self.out);
            } else {
                write_text(words, self.out);
            }
            self.out.extend_from_slice(b"</p>");
        }
    }

    /// The last line: what kind of card, and where it came from.
    pub(super) fn close(mut self, label: &str, source: Option<&str>) {
        let spelled = self.spelled.take();
        self.words(spelled.as_deref());
        self.out.extend_from_slice(b"<div class=\"l\"><span>");
        write_plain(label, self.out);
        self.out.extend_from_slice(b"</span><span><bdi>");
        let source = source.filter(|source| !source.trim().is_empty());
        write_plain(self.allowance.clip(source.unwrap_or(&self.host)), self.out);
        self.out.extend_from_slice(b"</bdi></span></div>");
        self.out.extend_from_slice(self.closing);
    }
}

impl<S> Painter<'_, S> {
    pub(super) fn label(&self, kind: PartKind) -> &'static str {
        words::part(self.language, kind)
    }

    pub(super) fn link(&self, link: &Link, out: &mut Vec<u8>) {
        let mut frame = Frame::open(link.url.as_deref(), "", &self.allowance, out);
        frame.title(
            link.title
                .as_deref()
                .filter(|title| !title.is_empty())
                .or(link.url.as_deref()),
        );
        frame.words(link.description.as_deref());
        frame.close(self.label(PartKind::Link), link.source.as_deref());
    }

    pub(super) fn mini_app(&self, app: &MiniApp, out: &mut Vec<u8>) {
        let mut frame = Frame::open(app.url.as_deref(), "", &self.allowance, out);
        frame.title(app.title.as_deref());
        frame.words(app.description.as_deref());
        frame.close(
            self.label(PartKind::MiniApp),
            app.app.as_deref().or(app.app_id.as_deref()),
        );
    }

    pub(super) fn channel_post(&self, post: &ChannelPost, out: &mut Vec<u8>) {
        let mut frame = Frame::open(post.url.as_deref(), "", &self.allowance, out);
        frame.title(post.author.as_deref());
        frame.words(post.description.as_deref());
        let label = match post.form.as_str() {
            "live" => self.language.pick("视频号直播", "Channel live show"),
            "author" => self.language.pick("视频号名片", "Channel card"),
            _ => self.label(PartKind::ChannelPost),
        };
        frame.close(label, post.duration_ms.map(words::duration).as_deref());
    }

    pub(super) fn place(&self, place: &Place, out: &mut Vec<u8>) {
        let position = place.latitude.as_ref().zip(place.longitude.as_ref());
        let mut frame = Frame::open(None, "", &self.allowance, out);
        frame.title(place.name.as_deref());
        frame.words(place.address.as_deref());
        let position = position.map(|(north, east)| format!("{north}, {east}"));
        frame.close(self.label(PartKind::Place), position.as_deref());
    }

    pub(super) fn contact(&self, contact: &Contact, out: &mut Vec<u8>) {
        let name = contact
            .name
            .as_deref()
            .or(contact.alias.as_deref())
            .unwrap_or("?");
        let name = self.allowance.clip(name);
        out.extend_from_slice(b"<div class=\"h\"><div class=\"call\">");
        avatar(
            contact.native_id.as_deref().unwrap_or(name).as_bytes(),
            name,
            out,
        );
        out.extend_from_slice(b"<div><b><bdi>");
        write_plain(name, out);
        out.extend_from_slice(b"</bdi></b>");
        for words in [&contact.alias, &contact.description].into_iter().flatten() {
            out.extend_from_slice(b"<p dir=\"auto\">");
            write_plain(self.allowance.clip(words), out);
            out.extend_from_slice(b"</p>");
        }
        out.extend_from_slice(b"</div></div><div class=\"l\"><span>");
        let label = if contact.is_official {
            self.language.pick("公众号名片", "Official account")
        } else {
            self.label(PartKind::Contact)
        };
        write_plain(label, out);
        out.extend_from_slice(b"</span></div></div>");
    }

    pub(super) fn payment(&self, payment: &Payment, out: &mut Vec<u8>) {
        let class = if payment.kind == PaymentKind::RedPacket {
            " y"
        } else {
            ""
        };
        let mut frame = Frame::open(None, class, &self.allowance, out);
        if let Some(amount) = amount(payment) {
            frame.out.extend_from_slice(b"<b class=\"big\">");
            write_plain(self.allowance.clip(&amount), frame.out);
            frame.out.extend_from_slice(b"</b>");
        }
        frame.title(payment.note.as_deref());
        let state = words::payment_state(self.language, payment.state);
        frame.close(words::payment(self.language, payment.kind), state);
    }

    pub(super) fn call(&self, call: &Call, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<div class=\"call\"><b>");
        write_plain(words::call(self.language, call.kind), out);
        out.extend_from_slice(b"</b><span><bdi>");
        let outcome = words::call_outcome(self.language, call.outcome);
        let shown = call
            .text
            .as_deref()
            .filter(|text| !text.is_empty())
            .or(outcome)
            .map(|shown| self.allowance.clip(shown));
        write_plain(shown.unwrap_or_default(), out);
        if let Some(length) = call.duration_ms.filter(|length| *length > 0) {
            let length = words::duration(length);
            // Platforms often say the length in their own words already.
            if !shown.is_some_and(|shown| shown.contains(&length)) {
                out.push(b' ');
                write_plain(&length, out);
            }
        }
        out.extend_from_slice(b"</bdi></span></div>");
    }

    pub(super) fn announcement(&self, announcement: &Announcement, out: &mut Vec<u8>) {
        let mut frame = Frame::open(None, "", &self.allowance, out);
        frame.title(announcement.title.as_deref());
        frame.words(Some(&announcement.text));
        frame.close(self.label(PartKind::Announcement), Some(""));
    }

    pub(super) fn poll(&self, poll: &Poll, out: &mut Vec<u8>) {
        let mut frame = Frame::open(None, "", &self.allowance, out);
        frame.title(poll.title.as_deref());
        frame.words(Some(&poll.text));
        if !poll.options.is_empty() {
            frame.out.extend_from_slice(b"<ul>");
            for option in &poll.options {
                if !self.allowance.has_room(frame.out) {
                    break;
                }
                frame.out.extend_from_slice(b"<li><bdi>");
                write_plain(self.allowance.clip(option), frame.out);
                frame.out.extend_from_slice(b"</bdi></li>");
            }
            frame.out.extend_from_slice(b"</ul>");
        }
        frame.close(self.label(PartKind::Poll), None);
    }

    pub(super) fn rich_card(&self, card: &Card, out: &mut Vec<u8>) {
        let mut frame = Frame::open(card.url.as_deref(), "", &self.allowance, out);
        frame.title(card.title.as_deref());
        frame.words(card.text.as_deref());
        if !card.fields.is_empty() {
            frame.out.extend_from_slice(b"<dl>");
            for (name, value) in &card.fields {
                if !self.allowance.has_room(frame.out) {
                    break;
                }
                frame.out.extend_from_slice(b"<dt><bdi>");
                write_plain(self.allowance.clip(name), frame.out);
                frame.out.extend_from_slice(b"</bdi></dt><dd><bdi>");
                write_plain(self.allowance.clip(value), frame.out);
                frame.out.extend_from_slice(b"</bdi></dd>");
            }
            frame.out.extend_from_slice(b"</dl>");
        }
        frame.close(self.label(PartKind::Card), None);
    }
}
