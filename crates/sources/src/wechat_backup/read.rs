//! From a backup to records: people of the list, then conversation by conversation, segment by segment.

use std::sync::Arc;

use hutong_model::{
    Account, At, Attachment, ContentHandle, Message, Origin, OriginPlace, Part, Precision, Problem,
    ProblemKind, Sink, Stop, Timestamp,
};

use super::cipher::{Inline, Packed, Piece};
use super::item::{Item, Segment};
use super::open::Opened;
use super::tables::{MediaRow, MediaRows, SegmentRow};
use crate::wechat::decode::{PackedInfo, list_of_mentions, text};
use crate::wechat::desk::{Desk, Here, RoomFacts, RowContent, RowFacts, RowIds, RowSender};
use crate::wechat::map::{Person, account_kind, is_room};
use crate::wechat::occurrences::Occurrences;
use crate::wechat::phone::{base_of, sender_of_received, set_film_length};
use crate::wechat::zone::zone_of;
use crate::{Input, ReadError, ReadOptions, Summary};

/// Reads a backup into a sink.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let mut opened = Opened::open(input, options)?;
    let zone = zone_of(input, options)?;
    let owner = opened.settle_owner(input, options);
    let mut problems = std::mem::take(&mut opened.problems);
    let media = if options.locate_attachments {
        MediaRows::read(&opened.file, &mut |problem| {
            problems.push(problem);
            Ok(())
        })?
    } else {
        MediaRows::default()
    };
    let newest = opened.sessions.iter().map(|session| session.newest).max();
    let as_of = newest
        .filter(|newest| *newest > 0)
        .map(|newest| moment(newest).0);
    let mut desk = Desk::new(out, &owner, as_of);
    desk.zone = zone;
    for problem in problems {
        desk.out.problem(problem)?;
    }
    let mut reader = Reader {
        desk,
        input,
        media,
        occurrences: Occurrences::new("wechat_backup"),
        keep_raw: options.keep_raw,
    };
    reader.people(&opened)?;
    reader.segments(&mut opened)?;
    let (read, expected) = (reader.desk.rows_read, reader.desk.rows_expected);
    reader.desk.out.progress(read, expected)?;
    Ok(Summary {
        rows_read: read,
        changed_while_reading: opened.file.has_changed(),
    })
}

/// Numbers above this are milliseconds: as seconds they would lie in the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

/// A time that is written as seconds, or as milliseconds all the same.
pub(super) fn moment(number: i64) -> (Timestamp, Precision) {
    if number > MOST_SECONDS {
        (Timestamp(number), Precision::Millisecond)
    } else {
        (Timestamp::from_seconds(number.max(0)), Precision::Second)
    }
}

/// When an item was sent: to the millisecond where that agrees with the seconds.
pub(super) fn time_of(item: &Item<'_>) -> (Timestamp, Precision) {
    let is_alike = item.seconds == 0 || (item.milliseconds / 1_000 - item.seconds).abs() <= 86_400;
    if item.milliseconds > MOST_SECONDS && is_alike {
        (Timestamp(item.milliseconds), Precision::Millisecond)
    } else {
        moment(item.seconds)
    }
}

struct Reader<'a> {
    desk: Desk<'a>,
    input: &'a Input,
    media: MediaRows,
    occurrences: Occurrences,
    keep_raw: bool,
}

impl Reader<'_> {
    fn people(&mut self, opened: &Opened) -> Result<(), Stop> {
        let owner = Arc::clone(&self.desk.owner);
        self.desk.ensure_account(&owner, None)?;
        for session in &opened.sessions {
            let person = Person {
                nickname: session.name.as_deref().map(Into::into),
                ..Person::default()
            };
            self.desk
                .people
                .by_username
                .insert(session.talker.as_str().into(), person);
            self.desk.contact(Account {
                kind: account_kind(&session.talker, 0),
                nickname: session.name.clone(),
                native_id: session.talker.clone(),
                ..Account::default()
            })?;
        }
        Ok(())
    }

    fn segments(&mut self, opened: &mut Opened) -> Result<(), ReadError> {
        let mut current: Option<(Option<String>, Here)> = None;
        for segment in std::mem::take(&mut opened.segments) {
            let place = Arc::new(OriginPlace {
                input: segment.file.clone(),
                table: format!("segment {}", segment.row),
            });
            let (bytes, trouble) = match opened.segment(self.input, &segment) {
                Ok(found) => found,
                Err(reason) => {
                    self.damage(&place, &segment, reason)?;
                    continue;
                }
            };
            let list = Segment::parse(&bytes);
            let held = u64::try_from(list.items.len()).unwrap_or(u64::MAX);
            let is_short = list.count.map_or(held == 0, |count| count > held);
            match trouble {
                Some(reason) => self.damage(&place, &segment, reason)?,
                None if is_short => self.damage(
                    &place,
                    &segment,
                    "a segment holds fewer messages than it says",
                )?,
                None => {}
            }
            for raw in list.items {
                self.desk.count_row()?;
                let start = offset_in(&bytes, raw);
                let at = At::Bytes(start, u64::try_from(raw.len()).unwrap_or(0));
                let talker = |item: &Item<'_>| self.talker(segment.talker.as_ref(), item);
                let found = Item::parse(raw).and_then(|item| Some((talker(&item)?, item)));
                let Some((talker, item)) = found else {
                    self.desk.out.problem(Problem {
                        origin: Origin {
                            place: Arc::clone(&place),
                            at,
                        },
                        kind: ProblemKind::RejectedRow,
                        reason: "a message names nobody".to_owned(),
                    })?;
                    continue;
                };
                let is_here = current
                    .as_ref()
                    .is_some_and(|(_, here)| here.native_id == talker);
                if !is_here {
                    self.desk.end_conversation()?;
                    let here = self.begin(&talker)?;
                    current = Some((segment.talker.clone(), here));
                }
                if let Some((_, here)) = &current {
                    self.item(opened, here, &item, &place, at)?;
                }
            }
        }
        self.desk.end_conversation()?;
        Ok(())
    }

    fn damage(
        &mut self,
        place: &Arc<OriginPlace>,
        segment: &SegmentRow,
        reason: &str,
    ) -> Result<(), Stop> {
        let bounds = (u64::try_from(segment.offset), u64::try_from(segment.length));
        self.desk.out.problem(Problem {
            origin: Origin {
                place: Arc::clone(place),
                at: match bounds {
                    (Ok(offset), Ok(length)) => At::Bytes(offset, length),
                    _ => At::Whole,
                },
            },
            kind: ProblemKind::Damage,
            reason: reason.to_owned(),
        })
    }

    /// The conversation of an item: its segment's, else the side that is a room or not the owner.
    fn talker(&self, of_segment: Option<&String>, item: &Item<'_>) -> Option<String> {
        if let Some(talker) = of_segment {
            return Some(talker.clone());
        }
        let sides = [text(item.from), text(item.to)].map(|side| side.trim().to_owned());
        sides
            .iter()
            .find(|side| is_room(side))
            .or_else(|| {
                sides
                    .iter()
                    .find(|side| !side.is_empty() && **side != *self.desk.owner)
            })
            .cloned()
    }

    fn begin(&mut self, talker: &str) -> Result<Here, Stop> {
        if !is_room(talker) {
            return self.desk.begin_direct(talker);
        }
        let known = self.desk.people.by_username.get(talker);
        let title = known.and_then(|known| known.nickname.as_deref().map(str::to_owned));
        let facts = RoomFacts {
            title,
            ..RoomFacts::default()
        };
        self.desk.begin_room(talker, facts)
    }

    fn item(
        &mut self,
        opened: &mut Opened,
        here: &Here,
        item: &Item<'_>,
        place: &Arc<OriginPlace>,
        at: At,
    ) -> Result<(), Stop> {
        let content = text(item.content);
        if matches!(content, std::borrow::Cow::Owned(_)) {
            self.desk
                .note(place, at, "a text holds bytes that are no characters")?;
        }
        let base = base_of(item.kind);
        let from = text(item.from);
        let from = from.trim();
        let to = text(item.to);
        let owner = Arc::clone(&self.desk.owner);
        let sender = if from == here.native_id && from != &*owner {
            sender_of_received(here, base, &content)
        } else if from == &*owner || to.trim() == here.native_id && from.is_empty() {
            RowSender::Owner
        } else if here.is_room() && !from.is_empty() {
            RowSender::Named(from)
        } else if to.trim() == here.native_id {
            RowSender::Owner
        } else {
            RowSender::Other
        };
        let (sent_at, precision) = time_of(item);
        let mentions = list_of_mentions(item.source);
        let facts = RowFacts {
            place,
            at,
            ids: RowIds {
                server: item.server_id,
                local: (item.local_id != 0).then_some(item.local_id),
                sequence: item.sequence,
            },
            base,
            sub: 0,
            content: RowContent::Text(&content),
            sender,
            sent_at,
            precision,
            order: item.local_id,
            mentions: &mentions,
            packed: &PackedInfo::default(),
        };
        let mut composed = self.desk.compose(here, &facts)?;
        let message = &mut composed.message;
        if item.server_id == 0 {
            message.id = self
                .occurrences
                .next(here.id, sent_at, base, content.as_bytes());
        }
        if self.keep_raw {
            message.raw = Some(item.raw.to_vec());
        }
        set_film_length(&mut message.parts, &content);
        self.attach(opened, item, message);
        self.desk.push_row(composed)
    }

    /// Gives a message its files: the largest is what it shows, a smaller one the small version.
    fn attach(&self, opened: &mut Opened, item: &Item<'_>, message: &mut Message) {
        let Some(part) = message.parts.iter_mut().find(|part| {
            matches!(
                part,
                Part::Image(_) | Part::Voice(_) | Part::Video(_) | Part::Sticker(_) | Part::File(_)
            )
        }) else {
            return;
        };
        let mut rows = self.media.find(&opened.file, &item.media, item.server_id);
        rows.sort_by_key(|row| std::cmp::Reverse(row.size()));
        let mut found = rows
            .into_iter()
            .filter_map(|row| self.content(opened, &row).map(|content| (row, content)));
        let whole = found.next();
        let small = found
            .last()
            .map(|(row, content)| attachment_of(&row, content));
        let small = small.or_else(|| inline_picture(item.buffer));
        let attachment = match part {
            Part::Image(image) => {
                image.thumbnail = small;
                &mut image.attachment
            }
            Part::Video(video) => {
                video.thumbnail = small;
                &mut video.attachment
            }
            Part::Voice(voice) => &mut voice.attachment,
            Part::Sticker(sticker) => &mut sticker.attachment,
            Part::File(file) => &mut file.attachment,
            _ => return,
        };
        if let Some((row, content)) = whole {
            let found = attachment_of(&row, content);
            attachment.path = found.path;
            attachment.content = found.content;
            attachment.native_digest = attachment.native_digest.take().or(found.native_digest);
        }
    }

    fn content(&self, opened: &mut Opened, row: &MediaRow) -> Option<ContentHandle> {
        let mut pieces = Vec::with_capacity(row.pieces.len());
        for piece in &row.pieces {
            let file = opened.packed(self.input, &piece.file)?;
            let (offset, length) = (
                u64::try_from(piece.offset).ok()?,
                u64::try_from(piece.length).ok()?,
            );
            // A piece behind the end of its file is missing, and the whole with it.
            if offset.checked_add(length)? > file.len().ok()? {
                return None;
            }
            pieces.push(Piece {
                file,
                offset,
                length,
            });
        }
        let key = opened.key;
        Some(ContentHandle(Arc::new(Packed { pieces, key })))
    }
}

fn attachment_of(row: &MediaRow, content: ContentHandle) -> Attachment {
    let file = row.pieces.first().map_or("", |piece| piece.file.as_str());
    Attachment {
        path: Some(format!("{file}#{}", row.name)),
        native_digest: row.md5.clone(),
        content: Some(content),
        ..Attachment::default()
    }
}

/// A small picture that stands in the message itself.
fn inline_picture(buffer: &[u8]) -> Option<Attachment> {
    const MARKS: &[&[u8]] = &[b"\xff\xd8\xff", b"\x89PNG", b"GIF8"];
    let is_picture = MARKS.iter().any(|mark| buffer.starts_with(mark));
    is_picture.then(|| Attachment {
        size_bytes: u64::try_from(buffer.len()).ok(),
        content: Some(ContentHandle(Arc::new(Inline(buffer.to_vec())))),
        ..Attachment::default()
    })
}

/// Where an item begins inside its segment.
fn offset_in(segment: &[u8], item: &[u8]) -> u64 {
    let start = item.as_ptr().addr().wrapping_sub(segment.as_ptr().addr());
    u64::try_from(start).unwrap_or(0)
}
