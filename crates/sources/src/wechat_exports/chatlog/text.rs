//! chatlog's text: `name(id) [room(id)] MM-DD HH:MM:SS`, the words below it, an empty line.

use hutong_model::{At, Part};

use crate::wechat::map::{Body, Sender, is_room};
use crate::wechat_exports::compose::{ChatIndex, Composer, Draft, ME};
use crate::wechat_exports::content;
use crate::wechat_exports::facts::{Facts, LOOK_BYTES, is_username};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::labels::{self, Kind};
use crate::wechat_exports::lines;
use crate::wechat_exports::rows::{Ended, io_error};
use crate::{Input, ReadError};

/// A line that begins a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head<'a> {
    name: &'a str,
    id: &'a str,
    /// Name and id of the room.
    room: Option<(&'a str, &'a str)>,
    /// Four digits, where they are written.
    year: Option<&'a str>,
    /// `MM-DD HH:MM:SS`, or only the time of day.
    time: &'a str,
}

fn head(line: &str) -> Option<Head<'_>> {
    let line = line.trim_end();
    let (rest, clock) = line.rsplit_once(' ')?;
    if !has_shape(clock, "00:00:00") {
        return None;
    }
    let (who, date) = rest.rsplit_once(' ')?;
    let (year, date) = if has_shape(date, "0000-00-00") {
        (date.get(..4), date.get(5..)?)
    } else if has_shape(date, "00-00") {
        (None, date)
    } else {
        return None;
    };
    let time = line.get(line.len() - clock.len() - date.len() - 1..)?;
    let who = who.trim();
    let (who, room) = match who.strip_suffix(']').and_then(|who| who.rsplit_once(" [")) {
        Some((who, room)) => (who.trim(), Some(name_and_id(room))),
        None => (who, None),
    };
    let (name, id) = name_and_id(who);
    (!who.is_empty()).then_some(Head {
        name,
        id,
        room,
        year,
        time,
    })
}

/// Whether every digit and sign stands where the pattern has one.
fn has_shape(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                sign => byte == sign,
            })
}

/// `name(id)`, or only one of them.
fn name_and_id(text: &str) -> (&str, &str) {
    match text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
    {
        Some((name, id)) => (name.trim(), id.trim()),
        None => ("", text),
    }
}

/// Whether a text begins as one of these.
pub(in crate::wechat_exports) fn is_text(text: &str) -> bool {
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .find(|line| !line.trim().is_empty());
    if first.and_then(head).is_none() {
        return false;
    }
    // A number in brackets is QQ's way.
    let mut heads = text.lines().filter_map(head);
    heads.any(|head| {
        head.room.is_some() || is_username(head.id) || head.id == ME || head.id == super::SYSTEM
    })
}

/// Who writes in a text, and in which room.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let failed = io_error(export);
    let mut facts = Facts::default();
    let file = export.open(input).map_err(&failed)?;
    let mut seen = 0;
    lines::each(file, export.encoding, |_, line| {
        seen += line.len() as u64;
        if let Some(head) = head(line) {
            if head.name == ME {
                facts.meet_owner(head.id);
            } else if head.id != ME && head.id != super::SYSTEM {
                facts.meet(head.id);
            }
        }
        Ok::<bool, std::io::Error>(seen < LOOK_BYTES)
    })
    .map_err(failed)?;
    Ok(facts)
}

/// Year and `MM-DD HH:MM:SS` of the moment when the file was last written.
fn last_written(input: &Input, export: &Export, composer: &Composer<'_>) -> Option<(i16, String)> {
    let modified = std::fs::metadata(input.root().join(&export.path))
        .ok()?
        .modified()
        .ok()?;
    let moment = jiff::Timestamp::try_from(modified).ok()?;
    let local = moment.to_zoned(composer.clock.zone().clone());
    Some((local.year(), local.strftime("%m-%d %H:%M:%S").to_string()))
}

/// Reads a text.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    facts: &Facts,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let file = export.open(input).map_err(io_error(export))?;
    let title = export.title();
    let written = last_written(input, export, composer);
    let mut has_guessed_year = false;
    lines::blocks(file, export.encoding, |line| head(line).is_some(), |block| {
        let at = At::Line(block.line);
        let Some(head) = head(&block.head) else {
            composer.damage(at, "there is text before the first message")?;
            return Ok::<bool, Ended>(true);
        };
        let year = match (head.year, &written) {
            (Some(year), _) => year.parse().ok(),
            (None, Some((year, now))) => {
                if !std::mem::replace(&mut has_guessed_year, true) {
                    composer.note(
                        at,
                        "times have no year: they were placed in the twelve months before the file was last written",
                    )?;
                }
                Some(if head.time > now.as_str() { year - 1 } else { *year })
            }
            (None, None) => None,
        };
        if year.is_none() {
            composer.reject(at, "the time has no year, and nothing else tells it")?;
            return Ok(true);
        }
        let moment = year.and_then(|year: i16| composer.clock.read(&format!("{year:04}-{}", head.time)));
        let Some((sent_at, precision)) = moment else {
            composer.reject(at, "the row has no time that can be read")?;
            return Ok(true);
        };
        let chat = match head.room {
            Some((name, id)) if is_username(id) => composer.chat(id, Some(name))?,
            _ => facts.only_chat(composer, &title)?,
        };
        let mut body = rendered(composer, chat, &block.content);
        if head.id == super::SYSTEM && body.sender != Sender::Nobody {
            body = content::of_words(Kind::System, &block.content);
        }
        let is_self = head.id == ME || head.name == ME || composer.owner() == Some(head.id);
        let id = if is_room(head.id) { "" } else { head.id };
        let author = super::author(is_self, id, head.name, &body);
        composer.push(Draft {
            at,
            chat,
            author,
            author_name: Some(head.name).filter(|name| *name != ME),
            sent_at,
            precision,
            server_id: 0,
            native_ids: Vec::new(),
            body,
            raw: block.content.as_bytes(),
        })?;
        Ok(true)
    })
    .map_err(|ended: Ended| ended.into_read(export))
}

/// The body of rendered text: `![图片](http://…)`, `[链接|标题](http://…)`, `> 某人: 原文` before an answer.
pub(super) fn rendered(composer: &Composer<'_>, chat: ChatIndex, text: &str) -> Body {
    let trimmed = text.trim();
    if let Some(mut body) = linked(trimmed) {
        if let [part] = body.parts.as_mut_slice() {
            composer.find_file(std::slice::from_mut(part), &[]);
        }
        return body;
    }
    if trimmed.starts_with("> ") {
        let quoted: Vec<&str> = trimmed
            .lines()
            .take_while(|line| line.starts_with('>'))
            .map(|line| line.trim_start_matches('>').trim_start())
            .collect();
        let answer: Vec<&str> = trimmed.lines().skip(quoted.len()).collect();
        let answer = answer.join("\n");
        if !answer.trim().is_empty() {
            let mut body = Body::of(Part::text(answer.trim()));
            content::answer(&mut body, quote_of(&quoted), Vec::new());
            return body;
        }
    }
    content::untyped(composer, chat, text)
}

/// The lines of an excerpt; the first may only name author and time.
fn quote_of(lines: &[&str]) -> hutong_model::Quote {
    match lines.split_first() {
        Some((first, rest)) if !rest.is_empty() && head(first).is_some() => {
            let (name, id) = head(first).map_or(("", ""), |head| (head.name, head.id));
            let username = is_username(id).then(|| id.to_owned());
            hutong_model::Quote {
                author: username.as_deref().map(crate::wechat::map::account),
                author_native_id: username,
                author_name: [name, id]
                    .into_iter()
                    .find(|name| !name.is_empty())
                    .map(str::to_owned),
                parts: content::quoted(&rest.join("\n")),
                ..hutong_model::Quote::default()
            }
        }
        _ => content::excerpt_of(&lines.join("\n")),
    }
}

/// A text that is one link of Markdown: `![图片](…)`, `[文件|a.pdf](…)`.
fn linked(text: &str) -> Option<Body> {
    let inside = text.strip_prefix('!').unwrap_or(text).strip_prefix('[')?;
    let (label, rest) = inside.split_once("](")?;
    let url = rest.strip_suffix(')')?;
    if label.contains('\n') || url.contains([' ', '\n']) {
        return None;
    }
    let (word, words) = label.split_once('|').unwrap_or((label, ""));
    let kind = labels::kind_of(word)?;
    let mut body = content::of_words(kind, words);
    match body.parts.first_mut() {
        Some(Part::Link(link)) => link.url = Some(url.to_owned()),
        _ => content::describe(&mut body.parts, Some(url.to_owned()), None),
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_name_people_rooms_and_times() {
        let parsed = head("张三(wxid_a) [老同学(1@chatroom)] 05-01 08:00:00").unwrap();
        assert_eq!((parsed.name, parsed.id), ("张三", "wxid_a"));
        assert_eq!(parsed.room, Some(("老同学", "1@chatroom")));
        assert_eq!((parsed.year, parsed.time), (None, "05-01 08:00:00"));
        let parsed = head("我 2024-05-01 08:00:00").unwrap();
        assert_eq!(
            (parsed.name, parsed.id, parsed.year),
            ("", "我", Some("2024"))
        );
        assert_eq!(parsed.time, "05-01 08:00:00");
        assert!(head("今天 08:00:00").is_none());
        assert!(is_text("张三(wxid_a) 05-01 08:00:00\n你好\n"));
        assert!(!is_text("张三(10001) 05-01 08:00:00\n你好\n"));
    }

    #[test]
    fn a_link_of_markdown_is_its_part() {
        let body = linked("![图片](http://127.0.0.1:5030/image/abc)").unwrap();
        let [Part::Image(image)] = &body.parts[..] else {
            panic!("image")
        };
        assert_eq!(
            image.attachment.url.as_deref(),
            Some("http://127.0.0.1:5030/image/abc")
        );
        assert!(linked("[不是](http://a)").is_none());
    }
}
