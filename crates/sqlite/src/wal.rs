//! The write-ahead log beside a database: which page has its newest committed copy where.
//!
//! Messengers keep hours to days of messages only here. The file is a ring that is overwritten from its start after a
//! checkpoint, so it usually ends in frames of an earlier round, told apart by their salts.
//! Source: <https://www.sqlite.org/fileformat2.html> §4.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::bytes::be32;
use crate::read_at::ReadAt;

/// Bytes before the first frame.
pub const WAL_HEADER_BYTES: u64 = 32;

/// Bytes before the page of each frame.
pub const FRAME_HEADER_BYTES: u64 = 24;

/// A log up to this size is copied into memory when it is opened, so that what is read stays one moment in time.
pub const SNAPSHOT_LIMIT_BYTES: u64 = 64 * 1024 * 1024;

const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;

/// Says whether the bytes of a page are genuine, given its number; for encrypted databases this is the MAC.
pub type PageVerifier<'a> = dyn Fn(u32, &[u8]) -> bool + 'a;

/// Why a log cannot be used. The main file can still be read without it.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// The first bytes are not those of a log.
    #[error("the -wal file does not start like a write-ahead log")]
    Magic,
    /// The log belongs to a database with other pages.
    #[error("the -wal file has pages of {wal} bytes, the database has pages of {database}")]
    PageSize {
        /// Page size that the log names, in bytes.
        wal: u32,
        /// Page size of the database, in bytes.
        database: u32,
    },
    /// The operating system could not read it.
    #[error("the -wal file cannot be read")]
    Io(#[from] io::Error),
}

/// What was found in a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WalReport {
    /// Frames that belong to committed transactions.
    pub frames: u64,
    /// Committed transactions.
    pub commits: u64,
    /// Frames of an earlier round of the ring; normal.
    pub stale_frames: u64,
    /// Frames of this round whose bytes are damaged although later ones are intact.
    pub damaged_frames: u64,
    /// Intact frames after the last commit, dropped because their transaction never finished.
    pub uncommitted_frames: u64,
}

/// The newest committed copy of every page in a log.
pub struct Wal {
    live: Arc<dyn ReadAt>,
    /// The bytes as they were when opened, for logs within [`SNAPSHOT_LIMIT_BYTES`].
    snapshot: Option<Vec<u8>>,
    page_size: u32,
    /// Page number → offset of its page bytes.
    pages: HashMap<u32, u64>,
    report: WalReport,
    /// Where the first unused frame starts; a live writer would append here.
    end: u64,
}

impl Wal {
    /// Indexes a log for a database with pages of `page_size` bytes.
    ///
    /// A frame counts when its salts are those of the log header and either the running checksum fits or `verifier`
    /// accepts its page. Without a verifier reading ends at the first frame that does not fit, as in SQLite; with one, a
    /// damaged frame costs only itself. Frames after the last commit are dropped. A log without any frame is fine.
    ///
    /// # Errors
    /// See [`WalError`].
    pub fn open(
        live: Arc<dyn ReadAt>,
        page_size: u32,
        verifier: Option<&PageVerifier<'_>>,
    ) -> Result<Self, WalError> {
        let length = live.len()?;
        let mut wal = Self {
            live,
            snapshot: None,
            page_size,
            pages: HashMap::new(),
            report: WalReport::default(),
            end: WAL_HEADER_BYTES,
        };
        if length < WAL_HEADER_BYTES {
            return Ok(wal);
        }
        if length <= SNAPSHOT_LIMIT_BYTES {
            let size =
                usize::try_from(length).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
            let mut bytes = vec![0; size];
            wal.live.read_exact_at(&mut bytes, 0)?;
            wal.snapshot = Some(bytes);
        }
        let mut head = [0; 32];
        wal.read_at(&mut head, 0)?;
        let Some(round) = Round::parse(&head, page_size)? else {
            return Ok(wal);
        };
        wal.index(&round, length, verifier)?;
        Ok(wal)
    }

    fn index(
        &mut self,
        round: &Round,
        length: u64,
        verifier: Option<&PageVerifier<'_>>,
    ) -> Result<(), WalError> {
        let frame_bytes = FRAME_HEADER_BYTES + u64::from(self.page_size);
        let mut page = vec![0; self.page_size as usize];
        let mut frame = [0; 24];
        let mut sums = round.header_sums;
        let mut is_chained = round.is_header_valid;
        let mut pending: Vec<(u32, u64)> = Vec::new();
        let mut suspect = 0;
        let mut offset = WAL_HEADER_BYTES;
        if !is_chained && verifier.is_none() {
            return Ok(());
        }
        while offset + frame_bytes <= length {
            self.read_at(&mut frame, offset)?;
            let body = offset + FRAME_HEADER_BYTES;
            offset += frame_bytes;
            let word = |at| be32(&frame, at).unwrap_or_default();
            let number = word(0);
            if (word(8), word(12)) != round.salts || number == 0 {
                self.report.stale_frames += 1;
                if verifier.is_none() {
                    self.report.stale_frames += (length - offset) / frame_bytes;
                    break;
                }
                is_chained = false;
                continue;
            }
            self.read_at(&mut page, body)?;
            let stored = (word(16), word(20));
            let (summed, _) = frame.split_at(8);
            sums = round.checksum(round.checksum(sums, summed), &page);
            let fits = is_chained && sums == stored;
            if !fits && !verifier.is_some_and(|accepts| accepts(number, &page)) {
                if verifier.is_none() {
                    break;
                }
                suspect += 1;
                // The next frame is summed on from what this one should have been.
                sums = stored;
                continue;
            }
            sums = stored;
            is_chained = true;
            pending.push((number, body));
            self.report.damaged_frames += suspect;
            suspect = 0;
            // The size field is used only as a flag: some writers put the page number there.
            if word(4) != 0 {
                self.report.commits += 1;
                self.report.frames += pending.len() as u64;
                self.pages.extend(pending.drain(..));
                self.end = offset;
            }
        }
        self.report.uncommitted_frames = pending.len() as u64;
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match &self.snapshot {
            Some(bytes) => bytes.read_exact_at(buffer, offset),
            None => self.live.read_exact_at(buffer, offset),
        }
    }

    /// Whether the log holds a committed copy of this page.
    pub fn contains(&self, page: u32) -> bool {
        self.pages.contains_key(&page)
    }

    /// Reads the newest committed copy of a page, as stored (still encrypted, if it is); `false` when there is none.
    ///
    /// # Errors
    /// When the operating system cannot read the log.
    pub fn read(&self, page: u32, into: &mut [u8]) -> io::Result<bool> {
        match self.pages.get(&page) {
            Some(offset) => self.read_at(into, *offset).map(|()| true),
            None => Ok(false),
        }
    }

    /// The page numbers in the log, ascending.
    pub fn page_numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.pages.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    /// The highest page number in the log; 0 when it holds nothing.
    pub fn highest_page(&self) -> u32 {
        self.pages.keys().copied().max().unwrap_or_default()
    }

    /// What was found.
    pub fn report(&self) -> &WalReport {
        &self.report
    }

    /// The bytes that change when somebody writes: length, header, and the place where the next frame goes.
    pub(crate) fn fingerprint(&self, mix: &mut crate::store::Mixer) -> io::Result<()> {
        let length = self.live.len()?;
        mix.number(length);
        let mut head = [0; 32];
        if length >= WAL_HEADER_BYTES {
            self.live.read_exact_at(&mut head, 0)?;
        }
        mix.bytes(&head);
        let mut next = [0; 24];
        if length >= self.end + FRAME_HEADER_BYTES {
            self.live.read_exact_at(&mut next, self.end)?;
        }
        mix.bytes(&next);
        Ok(())
    }
}

impl std::fmt::Debug for Wal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Wal")
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

/// The current round of the ring, from the log header.
struct Round {
    salts: (u32, u32),
    header_sums: (u32, u32),
    is_header_valid: bool,
    is_big_endian: bool,
}

impl Round {
    /// `None` for a header of zeros, which a log has before its first use.
    fn parse(head: &[u8; 32], page_size: u32) -> Result<Option<Self>, WalError> {
        let word = |at| be32(head, at).unwrap_or_default();
        let is_big_endian = match word(0) {
            MAGIC_LITTLE => false,
            MAGIC_BIG => true,
            0 if head.iter().all(|byte| *byte == 0) => return Ok(None),
            _ => return Err(WalError::Magic),
        };
        if word(8) != page_size {
            return Err(WalError::PageSize {
                wal: word(8),
                database: page_size,
            });
        }
        let mut round = Self {
            salts: (word(16), word(20)),
            header_sums: (0, 0),
            is_header_valid: false,
            is_big_endian,
        };
        let (summed, _) = head.split_at(24);
        round.header_sums = round.checksum((0, 0), summed);
        round.is_header_valid = round.header_sums == (word(24), word(28));
        Ok(Some(round))
    }

    fn checksum(&self, start: (u32, u32), bytes: &[u8]) -> (u32, u32) {
        let (mut first, mut second) = start;
        for chunk in bytes.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *chunk;
            let (left, right) = if self.is_big_endian {
                (
                    u32::from_be_bytes([a, b, c, d]),
                    u32::from_be_bytes([e, f, g, h]),
                )
            } else {
                (
                    u32::from_le_bytes([a, b, c, d]),
                    u32::from_le_bytes([e, f, g, h]),
                )
            };
            first = first.wrapping_add(left).wrapping_add(second);
            second = second.wrapping_add(right).wrapping_add(first);
        }
        (first, second)
    }
}
