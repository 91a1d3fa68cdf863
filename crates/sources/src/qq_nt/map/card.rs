//! Smaller elements: wallet, Markdown, buttons, Qzone tips, bubbles, shared places.

use hutong_model::{Attachment, Card, File, Part, Payment, PaymentKind, Place, Sticker};

use super::super::decode::{
    self, Bubble, FlashTransfer, Keyboard, Markdown, Qzone, QzoneText, SharedPlace, Wallet,
    WalletDetail,
};
use super::face::bare;
use super::{Mapper, Scope};

impl Mapper<'_> {
    /// 红包, 转账. No field is known to hold the amount.
    pub(super) fn payment(&mut self, raw: &[u8], scope: Scope) -> Part {
        let wallet = Wallet::read(raw);
        let detail = WalletDetail::read(wallet.detail.unwrap_or_default());
        let title = self
            .field(detail.title)
            .or_else(|| self.field(detail.display));
        let title = title
            .or_else(|| self.field(detail.subtitle))
            .or_else(|| self.field(detail.hint));
        let kind = match wallet.kind {
            Some(1) => PaymentKind::Transfer,
            Some(2 | 3 | 6 | 8 | 15) => PaymentKind::RedPacket,
            _ if title.as_deref().is_some_and(|title| title.contains("转账")) => {
                PaymentKind::Transfer
            }
            Some(_) => PaymentKind::Other,
            None => PaymentKind::RedPacket,
        };
        let receiver = [wallet.only_uin, wallet.target_uin]
            .into_iter()
            .flatten()
            .find(|uin| *uin != 0);
        let receiver = receiver.and_then(|uin| self.directory.person(&[], uin));
        Part::Payment(Box::new(Payment {
            kind,
            note: title,
            native_id: self.field(wallet.order),
            payer: scope.sender.map(|sender| self.directory.account(sender)),
            receiver: receiver.map(|receiver| self.directory.account(receiver)),
            ..Payment::default()
        }))
    }

    /// Formatted text, and the set of files that it may announce.
    pub(super) fn markdown(&mut self, raw: &[u8], parts: &mut Vec<Part>) {
        let markdown = Markdown::read(raw);
        let text = self
            .field(markdown.text)
            .or_else(|| self.field(markdown.summary));
        parts.push(Part::text(text.unwrap_or_default()));
        let transfer = FlashTransfer::read(markdown.flash_transfer.unwrap_or_default());
        if let Some(name) = self.field(transfer.name) {
            let attachment = Attachment {
                name: Some(name),
                size_bytes: transfer.size,
                ..Attachment::default()
            };
            parts.push(Part::File(Box::new(File { attachment })));
        }
    }

    /// Buttons: their labels are shown, the element is kept.
    pub(super) fn keyboard(&mut self, raw: &[u8]) -> Part {
        let labels = nested_words(Keyboard::read(raw).rows.unwrap_or_default());
        Part::Card(Box::new(Card {
            app: Some("inline_keyboard".to_owned()),
            text: (!labels.is_empty()).then(|| labels.join(" · ")),
            raw: Some(hex::encode(raw)),
            ..Card::default()
        }))
    }

    pub(super) fn qzone(&mut self, raw: &[u8]) -> Part {
        let element = Qzone::read(raw);
        let line = |bytes: Option<_>| QzoneText::read(bytes.unwrap_or_default()).text;
        let mut fields = Vec::new();
        if let Some(publisher) = element.publisher {
            fields.push(("publisher".to_owned(), publisher.to_string()));
        }
        if let Some(cover) = self.field(element.cover) {
            fields.push(("cover".to_owned(), cover));
        }
        Part::Card(Box::new(Card {
            app: Some("qzone".to_owned()),
            title: self.field(line(element.main)),
            text: self.field(line(element.secondary)),
            url: self.field(element.jump),
            fields,
            raw: None,
        }))
    }

    /// 弹射表情.
    pub(super) fn bubble(&mut self, raw: &[u8]) -> Part {
        let bubble = Bubble::read(raw);
        let words = self
            .field(bubble.summary)
            .or_else(|| self.field(bubble.name));
        let words = words.or_else(|| self.field(bubble.desktop_text));
        Part::Sticker(Box::new(Sticker {
            meaning: words.map(|words| bare(&words).to_owned()),
            ..Sticker::default()
        }))
    }

    pub(super) fn shared_place(&mut self, raw: &[u8]) -> Part {
        let name = self.field(SharedPlace::read(raw).text);
        Part::Place(Box::new(Place {
            name,
            ..Place::default()
        }))
    }
}

/// Words anywhere inside nested messages, as far as they can be told from other bytes.
fn nested_words(raw: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    collect_words(raw, 0, &mut words);
    words
}

const NESTING: u8 = 6;
const MOST_WORDS: usize = 64;

fn collect_words(raw: &[u8], depth: u8, words: &mut Vec<String>) {
    if depth >= NESTING {
        return;
    }
    for bytes in decode::length_delimited(raw) {
        if words.len() >= MOST_WORDS {
            return;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => {
                words.push(text.to_owned());
            }
            _ => collect_words(bytes, depth + 1, words),
        }
    }
}
