//! The head of a file.

use hutong_model::{AccountId, Timestamp};

use super::event::Place;
use super::manifest::date_time;
use crate::clock::Local;
use crate::mail::header::{Head, LineEnd, Mailbox, date, label};
use crate::scribe::Scribe;
use crate::{Context, words as named};

/// What the head of the mail says.
pub(super) struct HeadFacts<'s> {
    pub(super) place: &'s Place,
    pub(super) number: u32,
    pub(super) displays: &'s [&'s str],
    pub(super) first: Local,
    pub(super) first_sent_at: Timestamp,
    pub(super) last_sent_at: Timestamp,
    pub(super) events: usize,
    pub(super) files: u64,
}

impl HeadFacts<'_> {
    /// Writes the head up to the first part; gives the boundary.
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        scribe: &mut Scribe<'_>,
        context: &Context<'_>,
    ) -> String {
        let conversation = &self.place.conversation;
        let platform = conversation.platform.as_ref();
        let platform_id = platform.map_or("unknown", |platform| platform.as_str());
        let domain = format!("{}.invalid", label(platform_id));
        let address = Mailbox::new(
            &self.place.title,
            &conversation.native_id,
            &format!("{}.{domain}", label(conversation.kind.as_str())),
        );
        let mut mailbox = |id: AccountId| {
            let person = scribe.people.get(id);
            let hex = id.to_hex();
            let native = person.native_id.unwrap_or(&hex);
            Mailbox::new(person.name.unwrap_or(native), native, &domain)
        };
        let owner = conversation.owner.map(&mut mailbox);
        let peer = conversation.peer.map(&mut mailbox);
        let date_text = self.first.to_date();
        let boundary = format!("=_rsmf-{date_text}-{}", self.number);
        let mut head = Head::new(out, LineEnd::CrLf);
        head.ours("X-RSMF-Version", "2.0.0");
        head.text("X-RSMF-Generator", context.generated_by);
        for (name, at) in [
            ("X-RSMF-BeginDate", self.first_sent_at),
            ("X-RSMF-EndDate", self.last_sent_at),
        ] {
            if let Some(at) = date_time(at) {
                head.ours(name, &at);
            }
        }
        head.ours("X-RSMF-EventCount", &self.events.to_string());
        head.text(
            "X-RSMF-Application",
            platform.map_or("unknown", |platform| {
                named::platform(crate::Language::En, platform)
            }),
        );
        if let Some(owner) = &owner {
            head.text("X-RSMF-Custodian", &owner.name);
        }
        head.list("X-RSMF-Participants", self.displays);
        head.ours("X-RSMF-AttachmentCount", &self.files.to_string());
        head.ours("X-RSMF-EventCollectionID", &self.place.id);
        head.ours(
            "Message-ID",
            &format!(
                "<rsmf-{date_text}-{}@{}.archive.invalid>",
                self.number, self.place.id
            ),
        );
        head.ours(
            "Date",
            date(self.first)
                .as_deref()
                .unwrap_or("Thu, 1 Jan 1970 00:00:00 +0000"),
        );
        head.people("From", &[owner.unwrap_or_else(|| address.clone())]);
        head.people("To", &[peer.unwrap_or(address)]);
        let platform = platform.map_or("", |platform| named::platform(context.language, platform));
        head.text(
            "Subject",
            &format!("[{platform}] {} · {date_text}", self.place.title),
        );
        head.ours("MIME-Version", "1.0");
        head.ours(
            "Content-Type",
            &format!("multipart/mixed; boundary=\"{boundary}\""),
        );
        head.raw("");
        head.raw(&format!("--{boundary}"));
        boundary
    }
}
