//! What mails and mailboxes must be, read back by another program's parser.

use mail_parser::{Message, MessageParser, MimeHeaders};

/// Fields that we write; any other would come from somebody's text.
const FIELDS: [&str; 22] = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "In-Reply-To",
    "References",
    "List-Id",
    "X-Chat-Platform",
    "X-Chat-Conversation",
    "X-Chat-Conversation-Id",
    "X-Chat-Conversation-Kind",
    "X-Chat-Message-Id",
    "X-Chat-Type",
    "X-Chat-Sent-At",
    "X-Chat-Time-Precision",
    "X-Chat-State",
    "X-Chat-First-Sent-At",
    "X-Chat-Last-Sent-At",
    "X-Chat-Message-Count",
    "X-Generator",
    "MIME-Version",
];

/// A mail as it must be; `line_end` is what its lines end in.
fn check_mail(mail: &str, line_end: &str) {
    assert!(mail.is_ascii());
    assert!(mail.ends_with(line_end));
    for line in mail.split_terminator(line_end) {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        assert!(line.len() <= 120, "{line}");
    }
    let (head, _) = mail.split_once(&line_end.repeat(2)).expect("a head");
    let mut seen = std::collections::BTreeSet::new();
    for line in head.split(line_end).filter(|line| !line.starts_with(' ')) {
        let (name, _) = line.split_once(':').expect("a field");
        let is_ours = FIELDS.contains(&name) || name.starts_with("Content-");
        assert!(is_ours, "{line}");
        assert!(seen.insert(name), "{name} twice");
    }
    let parsed = MessageParser::new().parse(mail).expect("a mail");
    assert!(parsed.message_id().is_some());
    assert!(parsed.date().is_some_and(mail_parser::DateTime::is_valid));
    assert!(parsed.from().is_some() && parsed.to().is_some());
    assert!(parsed.body_text(0).is_some());
}

/// The mails of a mailbox, without the lines between them.
pub(crate) fn mails(mailbox: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = mailbox
        .match_indices("\nFrom ")
        .map(|(at, _)| at + 1)
        .collect();
    if mailbox.starts_with("From ") {
        starts.insert(0, 0);
    }
    for &start in &starts {
        // A line that begins a mail comes after an empty one, and names a sender and a time.
        assert!(start == 0 || mailbox[..start].ends_with("\n\n"));
        let line = mailbox[start..].lines().next().unwrap();
        assert!(line.split(' ').nth(1).unwrap().contains('@'), "{line}");
    }
    assert!(!mailbox.contains("\n>From "));
    let ends = starts.iter().skip(1).copied().chain([mailbox.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let mail = mailbox[start..end].split_once('\n').unwrap().1;
            mail.strip_suffix('\n')
                .expect("an empty line after each mail")
        })
        .collect()
}

pub(super) fn check(id: &str, text: &str) {
    if id == "eml" {
        check_mail(text, "\r\n");
    } else {
        mails(text)
            .into_iter()
            .for_each(|mail| check_mail(mail, "\n"));
    }
}

/// All words of a mail: fields, texts, names of files.
fn words_of(parsed: &Message<'_>, out: &mut String) {
    for header in parsed.headers() {
        out.push_str(&format!("{:?}\n", header.value));
    }
    for part in &parsed.parts {
        out.push_str(part.attachment_name().unwrap_or_default());
        out.push('\n');
        if !part.is_multipart() {
            out.push_str(part.text_contents().unwrap_or_default());
            out.push('\n');
        }
    }
}

/// The words in a file of one of these formats.
pub(super) fn words(id: &str, text: &str) -> String {
    let mut out = String::new();
    let mails = if id == "eml" { vec![text] } else { mails(text) };
    for mail in mails {
        words_of(&MessageParser::new().parse(mail).unwrap(), &mut out);
    }
    out
}
