//! Small copies of pictures: made when they are asked for, kept in memory while the archive is open, never on disk.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use hutong::ArchiveError;
use hutong::media::{MAX_NEEDED_BYTES, MediaType};
use hutong::sinks::paint::Small;
use hutong::sinks::paint::address::MediaName;
use tokio::sync::Semaphore;

use crate::site::{OpenArchive, lock};
use crate::{Failure, Site};

/// Memory for copies that were made: some two thousand tiles.
const KEPT_BYTES: usize = 32 << 20;
/// What an entry takes besides its bytes.
const ENTRY_BYTES: usize = 128;

const MIB: u64 = 1 << 20;
/// Memory for pictures that are being made small, all together.
const ROOM_MIB: u32 = 192;
const _: () = assert!(ROOM_MIB as u64 * MIB >= MAX_NEEDED_BYTES);
/// Even a tiny picture takes so much of it, so that few are made at once and others may use the processor too.
const LEAST_MIB: u32 = ROOM_MIB / 4;

/// A small copy, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) bytes: Bytes,
    pub(super) media_type: MediaType,
}

/// The copies of an open archive.
#[derive(Debug)]
pub(crate) struct Copies {
    room: Arc<Semaphore>,
    kept: Mutex<Kept>,
}

impl Default for Copies {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM_MIB as usize)),
            kept: Mutex::default(),
        }
    }
}

/// What was made, until there is too much of it.
#[derive(Debug, Default)]
struct Kept {
    /// `None`: there is no small copy of this one.
    entries: HashMap<MediaName, (Option<Copy>, u64)>,
    bytes: usize,
    /// Counts questions, to tell what was asked for last.
    clock: u64,
}

impl Kept {
    fn get(&mut self, name: &MediaName) -> Option<Option<Copy>> {
        self.clock += 1;
        let (copy, used) = self.entries.get_mut(name)?;
        *used = self.clock;
        Some(copy.clone())
    }

    fn put(&mut self, name: MediaName, copy: Option<Copy>) {
        let weight = weight(copy.as_ref());
        self.clock += 1;
        if let Some((before, _)) = self.entries.insert(name, (copy, self.clock)) {
            self.bytes -= self::weight(before.as_ref());
        }
        self.bytes += weight;
        if self.bytes > KEPT_BYTES {
            self.make_room();
        }
    }

    /// Drops a quarter, what was not asked for the longest.
    fn make_room(&mut self) {
        let mut ages: Vec<(u64, MediaName)> = self
            .entries
            .iter()
            .map(|(name, (_, used))| (*used, *name))
            .collect();
        ages.sort_unstable_by_key(|(used, _)| *used);
        for (_, name) in ages {
            if self.bytes <= KEPT_BYTES / 4 * 3 {
                break;
            }
            if let Some((copy, _)) = self.entries.remove(&name) {
                self.bytes -= weight(copy.as_ref());
            }
        }
    }
}

fn weight(copy: Option<&Copy>) -> usize {
    ENTRY_BYTES + copy.map_or(0, |copy| copy.bytes.len())
}

/// What has to happen for a copy.
enum Plan {
    /// It was asked for before; there may be none.
    Known(Option<Copy>),
    /// It takes so much memory.
    Make(Arc<Semaphore>, u64),
}

/// The small copy that an address asks for; `None` when the picture itself is the best there is.
///
/// Making it waits until there is memory for it, so that no number of large pictures takes more than a fixed amount.
pub(super) async fn copy(
    site: &Site,
    name: MediaName,
    small: Small,
) -> Result<Option<Copy>, Failure> {
    let failed = |error| Failure::Archive(ArchiveError::from(error));
    let plan = site
        .read(move |open, _| {
            if let Some(known) = lock(&open.media.copies.kept).get(&name) {
                return Ok(Plan::Known(known));
            }
            let needed = open
                .media
                .blobs
                .small_needs(&name.digest, name.form)
                .map_err(failed)?;
            Ok(match needed {
                Some(needed) => Plan::Make(open.media.copies.room.clone(), needed),
                None => Plan::Known(None),
            })
        })
        .await?;
    let (room, needed) = match plan {
        Plan::Known(copy) => return Ok(copy),
        Plan::Make(room, needed) => (room, needed),
    };
    let share = u32::try_from(needed.div_ceil(MIB))
        .unwrap_or(ROOM_MIB)
        .clamp(LEAST_MIB, ROOM_MIB);
    let held = room
        .acquire_many_owned(share)
        .await
        .map_err(|error| Failure::Broken(error.to_string()))?;
    // Not among those who read the archive: pages shall not wait for pictures.
    site.blocking(move |site| {
        let _held = held;
        let open = site.opened().ok_or(Failure::Locked)?;
        make(&open, name, small, u64::from(share) * MIB).map_err(failed)
    })
    .await
}

fn make(
    open: &OpenArchive,
    name: MediaName,
    small: Small,
    allowed: u64,
) -> std::io::Result<Option<Copy>> {
    let copies = &open.media.copies;
    // Somebody else may have made it while we waited.
    if let Some(known) = lock(&copies.kept).get(&name) {
        return Ok(known);
    }
    // The bytes come from strangers, and decoders of pictures are large: one that gives up loudly costs one small copy.
    let made = catch_unwind(AssertUnwindSafe(|| {
        open.media
            .blobs
            .small(&name.digest, name.form, small.size(), allowed)
    }))
    .unwrap_or(Ok(None))?;
    let copy = made.map(|made| Copy {
        bytes: made.bytes.into(),
        media_type: made.media_type,
    });
    lock(&copies.kept).put(name, copy.clone());
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong::model::Digest;
    use hutong::sinks::paint::Form;

    fn name(number: u16) -> MediaName {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&number.to_be_bytes());
        MediaName {
            digest: Digest(digest),
            form: Form::Original,
            small: Some(Small::Tile),
        }
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let mut kept = Kept::default();
        let copy = |bytes: usize| {
            Some(Copy {
                bytes: vec![0; bytes].into(),
                media_type: MediaType::Jpeg,
            })
        };
        let each = 100 << 10;
        for number in 0..1_000 {
            kept.put(name(number), copy(each));
            assert!(kept.bytes <= KEPT_BYTES);
            assert!(kept.get(&name(0)).is_some(), "asked for again and again");
        }
        assert!(kept.get(&name(1)).is_none());
        assert!(kept.get(&name(999)).is_some());
        // The same name again does not count twice.
        let before = kept.bytes;
        kept.put(name(999), copy(each));
        assert_eq!(kept.bytes, before);
        kept.put(name(999), None);
        assert_eq!(kept.bytes, before - each);
        assert!(matches!(kept.get(&name(999)), Some(None)));
    }
}
