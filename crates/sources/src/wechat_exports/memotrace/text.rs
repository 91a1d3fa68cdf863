//! MemoTrace's text: a line with time and name, the words below it, an empty line.

use hutong_model::At;

use crate::wechat::map::Sender;
use crate::wechat_exports::compose::{Author, Composer, Draft, ME};
use crate::wechat_exports::content;
use crate::wechat_exports::facts::{Facts, LOOK_BYTES};
use crate::wechat_exports::files::Export;
use crate::wechat_exports::lines;
use crate::wechat_exports::rows::{Ended, io_error};
use crate::{Input, ReadError};

/// `2024-05-01 08:00:00` in bytes.
const TIME: usize = 19;

/// Time and name of a line that begins a message.
fn head(line: &str) -> Option<(&str, &str)> {
    let (time, name) = line.split_at_checked(TIME)?;
    let is_time = time.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => matches!(byte, b'-' | b'/'),
        10 => byte == b' ',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let name = name.strip_prefix([' ', '\t'])?.trim();
    // A system event has no name.
    is_time.then_some((time, name.trim_matches(['\'', '"'])))
}

/// `2024-05-01 8:00:00 name`.
fn has_short_hour(line: &str) -> bool {
    line.split_at_checked(TIME - 1).is_some_and(|(time, name)| {
        name.starts_with(' ')
            && time
                .split_at_checked(11)
                .is_some_and(|(day, time)| head(&format!("{day}0{time} x")).is_some())
    })
}

/// Whether a text begins as one of these; QQ's text has a number behind each name.
pub(in crate::wechat_exports) fn is_text(text: &str) -> bool {
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .find(|line| !line.trim().is_empty());
    if first.and_then(head).is_none() {
        return false;
    }
    let names = text.lines().filter_map(head).map(|(_, name)| name);
    let short = text.lines().filter(|line| has_short_hour(line)).count();
    let (mut of_qq, mut all) = (0, 0);
    for name in names {
        let inside = name
            .strip_suffix(')')
            .and_then(|name| name.rsplit_once('('))
            .or_else(|| {
                name.strip_suffix('>')
                    .and_then(|name| name.rsplit_once('<'))
            });
        all += 1;
        of_qq += usize::from(inside.is_some_and(|(_, id)| {
            (id.len() >= 5 && id.bytes().all(|byte| byte.is_ascii_digit())) || id.contains('@')
        }));
    }
    // Hours of one digit are QQ's; here they can only stand inside words.
    of_qq * 2 <= all && short * 20 <= all
}

/// Who writes in a text.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Facts, ReadError> {
    let failed = io_error(export);
    let mut facts = Facts::default();
    let file = export.open(input).map_err(&failed)?;
    let title = export.title();
    let mut names: Vec<String> = Vec::new();
    let mut seen = 0;
    let of_block = |block: &lines::Block| {
        seen += (block.head.len() + block.content.len()) as u64;
        if let Some((_, name)) = head(&block.head)
            && !is_own(name)
            && !is_system(name)
        {
            facts.meet(name);
            if names.len() < 3 && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Ok::<bool, std::io::Error>(seen < LOOK_BYTES && names.len() < 3)
    };
    lines::blocks(file, export.encoding, |line| head(line).is_some(), of_block).map_err(failed)?;
    // The file has the name of the other side; where two write, whoever else there is made it.
    if let [one, other] = names.as_slice()
        && (*one == title || *other == title)
    {
        facts.owner_name = Some(if *one == title { other } else { one }.clone());
        facts.others = vec![title];
    }
    Ok(facts)
}

fn is_own(name: &str) -> bool {
    name == ME
}

fn is_system(name: &str) -> bool {
    matches!(name, "" | "系统" | "系统消息" | "系统通知")
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
    let mut only = None;
    lines::blocks(
        file,
        export.encoding,
        |line| head(line).is_some(),
        |block| {
            let at = At::Line(block.line);
            let Some((time, name)) = head(&block.head) else {
                composer.damage(at, "there is text before the first message")?;
                return Ok(true);
            };
            let Some((sent_at, precision)) = composer.clock.read(time) else {
                composer.reject(at, "the row has no time that can be read")?;
                return Ok(true);
            };
            let chat = match only {
                Some(only) => only,
                None => *only.insert(facts.only_chat(composer, &title)?),
            };
            let mut body = content::untyped(composer, chat, &block.content);
            if is_system(name) && body.sender != Sender::Nobody {
                body =
                    content::of_words(crate::wechat_exports::labels::Kind::System, &block.content);
            }
            let author = if body.sender == Sender::Nobody {
                Author::Nobody
            } else if is_own(name)
                || composer.owner() == Some(name)
                || facts.owner_name.as_deref() == Some(name)
            {
                Author::Owner
            } else {
                Author::Named(name)
            };
            let is_named = facts.owner_name.as_deref() == Some(name);
            composer.push(Draft {
                at,
                chat,
                author,
                author_name: is_named.then_some(name),
                sent_at,
                precision,
                server_id: 0,
                native_ids: Vec::new(),
                body,
                raw: block.content.as_bytes(),
            })?;
            Ok(true)
        },
    )
    .map_err(|ended: Ended| ended.into_read(export))
}
