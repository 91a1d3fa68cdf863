//! From messages to mails.

use hutong_model::{Conversation, Message, Precision, State, Timestamp};

use super::body::{write_file, write_text};
use super::day::Day;
use super::header::{Head, LineEnd, Mailbox, date};
use super::place::Place;
use crate::carried::{Carried, Wanted, wanted};
use crate::clock::Local;
use crate::output::FileTarget;
use crate::scribe::Scribe;
use crate::text::write_clean;
use crate::{Context, MailUnit, WriteError, Written, words};

/// Further lines of a message in a transcript begin with this.
const INDENT: &str = "    ";

/// A subject tells so many characters of the message.
const SUBJECT_CHARACTERS: usize = 60;

/// What names a mail.
pub(crate) struct Stamp<'m> {
    pub(crate) local: Local,
    pub(crate) sent_at: Timestamp,
    /// Unique in the conversation, of letters, digits and hyphens.
    pub(crate) id: &'m str,
    /// Address of the sender.
    pub(crate) from: &'m str,
}

/// Takes mails, one after the other.
pub(crate) trait Post {
    /// Where the next mail is written to.
    fn begin(&mut self, stamp: &Stamp<'_>) -> Result<&mut FileTarget, WriteError>;
    /// The mail is complete.
    fn end(&mut self) -> Result<(), WriteError>;
}

/// Writes the messages of one conversation after the other as mails.
pub(crate) struct Composer<'a> {
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    unit: MailUnit,
    line_end: LineEnd,
    place: Option<Place>,
    day: Option<Day>,
    /// Scratch space.
    words: String,
    clean: Vec<u8>,
    /// Everything but files and bytes.
    pub(crate) written: Written,
}

/// A mail but for its files.
struct Letter<'l> {
    id: String,
    sent_at: Timestamp,
    local: Local,
    from: Mailbox,
    to: Vec<Mailbox>,
    subject: String,
    /// Message ids, the one that is answered last.
    references: Vec<String>,
    is_reply: bool,
    /// Further fields.
    facts: Vec<(&'static str, String)>,
    text: &'l str,
    files: Vec<Wanted<'l>>,
    /// Whether files are named by their number too, as a transcript names them.
    are_files_numbered: bool,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(context: &'a Context<'a>, default: MailUnit, line_end: LineEnd) -> Self {
        Self {
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            unit: context.options.one_mail_per.unwrap_or(default),
            line_end,
            place: None,
            day: None,
            words: String::new(),
            clean: Vec::new(),
            written: Written::default(),
        }
    }

    /// Begins a conversation; what is left of the one before must have been posted.
    pub(crate) fn conversation(&mut self, conversation: &Conversation) {
        self.scribe.people.enter(conversation.id);
        self.place = Some(Place::new(conversation, self.context));
        self.written.conversations += 1;
    }

    /// Title of the conversation at hand.
    pub(crate) fn title(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.title)
    }

    pub(crate) fn message(
        &mut self,
        message: &Message,
        post: &mut dyn Post,
    ) -> Result<(), WriteError> {
        if self.place.is_none() {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        self.words.clear();
        self.scribe.write_message(message, &mut self.words);
        match self.unit {
            MailUnit::Message => self.mail(message, post),
            MailUnit::Day => self.add_to_day(message, post),
        }
    }

    /// Posts what has gathered of a day.
    pub(crate) fn flush(&mut self, post: &mut dyn Post) -> Result<(), WriteError> {
        let Some(day) = self.day.take() else {
            return Ok(());
        };
        let place = self.place.as_ref().ok_or(WriteError::NoConversation)?;
        let language = self.context.language;
        let sides = if place.is_list() {
            Vec::new()
        } else {
            place.sides(&mut self.scribe)
        };
        let mut to = sides;
        for speaker in &day.speakers {
            if !to.contains(speaker) {
                to.push(speaker.clone());
            }
        }
        if place.is_list() {
            to.insert(0, place.address.clone());
        }
        let from = place
            .owner(&mut self.scribe)
            .unwrap_or_else(|| place.address.clone());
        let mut date = day.first.to_date();
        let number = day.number;
        let mut id = format!("day-{date}");
        if number > 1 {
            date.push_str(&format!(" ({number})"));
            id.push_str(&format!("-{number}"));
        }
        let names: Vec<&str> = day.speakers.iter().map(|one| one.name.as_str()).collect();
        let mut text = format!(
            "{}\n{} · {} · {}\n",
            place.subject(),
            day.first.long_date(language),
            self.context.zone_name(),
            words::messages(language, day.messages)
        );
        if !names.is_empty() {
            text.push_str(language.pick("发言: ", "Speakers: "));
            text.push_str(&names.join(language.pick("、", ", ")));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&day.text);
        let letter = Letter {
            id,
            sent_at: day.first_sent_at,
            local: day.first,
            from,
            to,
            subject: format!("{} · {date}", place.subject()),
            references: Vec::new(),
            is_reply: false,
            facts: vec![
                ("X-Chat-First-Sent-At", day.first_sent_at.to_rfc3339()),
                ("X-Chat-Last-Sent-At", day.last_sent_at.to_rfc3339()),
                ("X-Chat-Message-Count", day.messages.to_string()),
            ],
            text: &text,
            files: day
                .files
                .iter()
                .map(|(attachment, kind)| Wanted {
                    attachment,
                    kind: *kind,
                })
                .collect(),
            are_files_numbered: true,
        };
        self.post(&letter, post)
    }

    /// One message as a mail of its own.
    fn mail(&mut self, message: &Message, post: &mut dyn Post) -> Result<(), WriteError> {
        let place = self.place.as_ref().ok_or(WriteError::NoConversation)?;
        let mut subject = place.subject();
        let excerpt = excerpt(&self.words);
        if !excerpt.is_empty() {
            subject.push_str(self.context.language.pick("：", ": "));
            subject.push_str(&excerpt);
        }
        let named = |id: hutong_model::MessageId| format!("<msg-{id}@{}>", place.id_domain);
        let thread = message.thread.filter(|thread| *thread != message.id);
        let reply = message.reply_to.first().copied();
        let mut references: Vec<String> = thread
            .filter(|thread| Some(*thread) != reply)
            .into_iter()
            .map(named)
            .collect();
        references.extend(reply.map(named));
        let mut facts = vec![
            ("X-Chat-Message-Id", message.id.to_hex()),
            ("X-Chat-Type", message.kind().as_str().to_owned()),
            ("X-Chat-Sent-At", message.sent_at.to_rfc3339()),
        ];
        if message.precision != Precision::Millisecond {
            facts.push((
                "X-Chat-Time-Precision",
                message.precision.as_str().to_owned(),
            ));
        }
        if message.state != State::Normal {
            facts.push(("X-Chat-State", message.state.as_str().to_owned()));
        }
        self.clean.clear();
        write_clean(self.words.trim_end_matches('\n'), "", &mut self.clean);
        let text = String::from_utf8_lossy(&self.clean).into_owned();
        let letter = Letter {
            id: format!("msg-{}", message.id),
            sent_at: message.sent_at,
            local: self.scribe.clock.local(message.sent_at),
            from: place.sender(message, &mut self.scribe),
            to: place.receivers(message, &mut self.scribe),
            subject,
            is_reply: !references.is_empty(),
            references,
            facts,
            text: &text,
            files: files(message),
            are_files_numbered: false,
        };
        self.post(&letter, post)
    }

    /// One message as some lines in the mail of its day.
    fn add_to_day(&mut self, message: &Message, post: &mut dyn Post) -> Result<(), WriteError> {
        let local = self.scribe.clock.local(message.sent_at);
        let files = files(message);
        let mut number = 1;
        if let Some(day) = &self.day {
            let is_same_day = day.first.day == local.day;
            if !is_same_day || !day.has_room(&files) {
                number = if is_same_day { day.number + 1 } else { 1 };
                self.flush(post)?;
            }
        }
        let place = self.place.as_ref().ok_or(WriteError::NoConversation)?;
        let day = self
            .day
            .get_or_insert_with(|| Day::new(message, local, number));
        self.clean.clear();
        local.write_second(message.precision, &mut self.clean);
        if message.sender.is_some() || message.sender_name.is_some() {
            let sender = place.sender(message, &mut self.scribe);
            self.clean.push(b' ');
            self.clean.extend_from_slice(sender.name.as_bytes());
            self.clean.push(b':');
            day.add_speaker(sender);
        }
        self.clean.push(b' ');
        write_clean(self.words.trim_end_matches('\n'), INDENT, &mut self.clean);
        let (here, gone): (Vec<_>, Vec<_>) = files
            .iter()
            .filter(|_| self.context.options.copy_attachments)
            .partition(|file| file.attachment.is_present());
        self.written.attachments_missing += gone.len() as u64;
        for file in here {
            day.add_file(file);
            let label = self.context.language.pick("附件", "attachment");
            self.clean
                .extend_from_slice(format!(" ({label} {:03})", day.files.len()).as_bytes());
        }
        self.clean.push(b'\n');
        day.text.push_str(&String::from_utf8_lossy(&self.clean));
        day.messages += 1;
        day.last_sent_at = message.sent_at;
        Ok(())
    }

    fn post(&mut self, letter: &Letter<'_>, post: &mut dyn Post) -> Result<(), WriteError> {
        let target = post.begin(&Stamp {
            local: letter.local,
            sent_at: letter.sent_at,
            id: &letter.id,
            from: &letter.from.address,
        })?;
        self.head(letter, &mut target.buffer)?;
        let is_copied = self.context.options.copy_attachments;
        let files = if is_copied {
            letter.files.as_slice()
        } else {
            &[]
        };
        let to_write: Vec<(usize, &Wanted<'_>)> = files
            .iter()
            .enumerate()
            .filter(|(_, file)| {
                // What was never there is named in the text.
                self.written.attachments_missing += u64::from(!file.attachment.is_present());
                file.attachment.is_present()
            })
            .collect();
        if to_write.is_empty() {
            write_text(letter.text, self.line_end, &mut target.buffer);
        } else {
            self.parts(letter, &to_write, target)?;
        }
        target.flush_if_full()?;
        post.end()
    }

    fn head(&mut self, letter: &Letter<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let place = self.place.as_ref().ok_or(WriteError::NoConversation)?;
        let mut head = Head::new(out, self.line_end);
        head.ours(
            "Message-ID",
            &format!("<{}@{}>", letter.id, place.id_domain),
        );
        let date = date(letter.local);
        // A mail must have a date; the true one stands in a field of its own.
        head.ours(
            "Date",
            date.as_deref().unwrap_or("Thu, 1 Jan 1970 00:00:00 +0000"),
        );
        head.people("From", std::slice::from_ref(&letter.from));
        head.people("To", &letter.to);
        head.text("Subject", &letter.subject);
        if letter.is_reply {
            if let Some(answered) = letter.references.last() {
                head.ours("In-Reply-To", answered);
            }
            head.ours("References", &letter.references.join(" "));
        }
        if place.is_list() {
            let id = place.id_domain.trim_end_matches(".archive.invalid");
            head.ours("List-Id", &format!("<{id}.{}>", place.domain));
        }
        head.text("X-Chat-Platform", place.domain.trim_end_matches(".invalid"));
        head.text("X-Chat-Conversation", &place.title);
        head.text("X-Chat-Conversation-Id", &place.native_id);
        head.text("X-Chat-Conversation-Kind", place.kind.as_str());
        for (name, value) in &letter.facts {
            head.ours(name, value);
        }
        head.text("X-Generator", self.context.generated_by);
        head.ours("MIME-Version", "1.0");
        Ok(())
    }

    fn parts(
        &mut self,
        letter: &Letter<'_>,
        files: &[(usize, &Wanted<'_>)],
        target: &mut FileTarget,
    ) -> Result<(), WriteError> {
        let language = self.context.language;
        // No encoding used here can have `=_` in it, and text that stands as it is has no line that begins with `--`.
        let boundary = format!("=_{}", letter.id);
        let mut head = Head::new(&mut target.buffer, self.line_end);
        head.ours(
            "Content-Type",
            &format!("multipart/mixed; boundary=\"{boundary}\""),
        );
        self.end_line(target);
        self.boundary(&boundary, "", target);
        write_text(letter.text, self.line_end, &mut target.buffer);
        for (index, file) in files {
            self.boundary(&boundary, "", target);
            let Some(mut carried) = Carried::open(**file, self.context.blobs, language) else {
                self.written.attachments_missing += 1;
                let name = file.attachment.name.as_deref();
                let name = name.unwrap_or_else(|| words::part(language, file.kind));
                self.note(
                    index + 1,
                    letter,
                    language.pick("缺失", "missing"),
                    name,
                    target,
                );
                continue;
            };
            let name = if letter.are_files_numbered {
                format!("{:03} {}", index + 1, carried.name)
            } else {
                std::mem::take(&mut carried.name)
            };
            let place = self.place.as_ref().ok_or(WriteError::NoConversation)?;
            let mut head = Head::new(&mut target.buffer, self.line_end);
            head.ours("Content-Type", carried.media_type_name());
            head.ours("Content-Transfer-Encoding", "base64");
            let way = if carried.is_picture() {
                "inline"
            } else {
                "attachment"
            };
            head.file("Content-Disposition", way, "filename", &name);
            let id = format!("<file-{}.{}@{}>", index + 1, letter.id, place.id_domain);
            head.ours("Content-ID", &id);
            self.end_line(target);
            let (bytes, is_broken) = write_file(&mut carried, self.line_end, target)?;
            self.written.attachments += 1;
            if bytes == 0 {
                self.end_line(target);
            }
            if is_broken {
                self.written.attachments_missing += 1;
                self.boundary(&boundary, "", target);
                let what = language.pick("只读出一部分", "read only in part");
                self.note(index + 1, letter, what, &name, target);
            }
        }
        self.boundary(&boundary, "--", target);
        Ok(())
    }

    /// A part that says what became of a file.
    fn note(
        &self,
        number: usize,
        letter: &Letter<'_>,
        what: &str,
        name: &str,
        target: &mut FileTarget,
    ) {
        let name = super::header::one_line(name);
        let text = if letter.are_files_numbered {
            format!("[{what}: {number:03} {name}]")
        } else {
            format!("[{what}: {name}]")
        };
        write_text(&text, self.line_end, &mut target.buffer);
    }

    fn boundary(&self, boundary: &str, end: &str, target: &mut FileTarget) {
        target.buffer.extend_from_slice(b"--");
        target.buffer.extend_from_slice(boundary.as_bytes());
        target.buffer.extend_from_slice(end.as_bytes());
        self.end_line(target);
    }

    fn end_line(&self, target: &mut FileTarget) {
        target.buffer.extend_from_slice(self.line_end.as_bytes());
    }
}

fn files(message: &Message) -> Vec<Wanted<'_>> {
    let mut files = Vec::new();
    wanted(&message.parts, 0, &mut files);
    files
}

/// The beginning of a message, for its subject.
fn excerpt(text: &str) -> String {
    // What is quoted belongs to another message.
    let own = text
        .lines()
        .find(|line| !line.starts_with("> ") && !line.trim().is_empty())
        .unwrap_or_default();
    let mut characters = own.trim().chars();
    let mut excerpt: String = characters.by_ref().take(SUBJECT_CHARACTERS).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
