//! Posting lists: for each token the ascending ordinals of the messages that hold it.
//!
//! A segment is a batch of messages numbered by time. Its lists are packed, ordered by token, into chunks of some
//! 6 KiB; a directory of first tokens finds the chunk. Layout of a chunk, all numbers LEB128: for each token the
//! difference to the token before, the length of its list in bytes, then the ordinals, each as the difference to the one
//! before (the first as it is).

use crate::token::{TokenRange, text_tokens};

/// A chunk is closed when it has grown beyond this many bytes.
const CHUNK_BYTES: usize = 6 * 1024;

/// What a field token says; text tokens have class 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// Number of the conversation.
    Conversation = 1,
    /// Number of the sender.
    Sender = 2,
    /// Number of a part kind that the message has.
    Kind = 3,
    /// 0: some attachment.
    Has = 4,
    /// State: 1 recalled, 2 deleted.
    State = 5,
}

impl FieldClass {
    /// The token of this class and value.
    #[must_use]
    pub const fn token(self, value: u32) -> u64 {
        (self as u64) << 32 | value as u64
    }
}

/// One packed chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingChunk {
    /// Smallest token in it.
    pub first_token: u64,
    /// The packed lists.
    pub bytes: Vec<u8>,
}

/// Collects the tokens of a batch.
#[derive(Debug, Default)]
pub struct PostingBuilder {
    /// Token in the upper, message in the lower half.
    texts: Vec<u64>,
    /// Class and value, packed into 32 bits, in the upper half, message in the lower.
    fields: Vec<u64>,
}

/// Bits of a field's value while it is being sorted; the class stands above them.
const VALUE_BITS: u32 = 28;

impl PostingBuilder {
    /// Adds the tokens of a folded text.
    pub fn add_text(&mut self, message: u32, folded: &str) {
        text_tokens(folded, |token| {
            self.texts.push(u64::from(token) << 32 | u64::from(message));
        });
    }

    /// Adds a field. Values go up to 2^28; larger ones are left out, which only an archive with more
    /// than 268 million accounts would notice.
    pub fn add_field(&mut self, message: u32, class: FieldClass, value: u32) {
        if value >> VALUE_BITS == 0 {
            let key = (class as u64) << VALUE_BITS | u64::from(value);
            self.fields.push(key << 32 | u64::from(message));
        }
    }

    /// An empty builder with room for as much as this one holds.
    #[must_use]
    pub fn with_same_capacity(&self) -> Self {
        Self {
            texts: Vec::with_capacity(self.texts.len()),
            fields: Vec::with_capacity(self.fields.len()),
        }
    }

    /// Bytes that the collected tokens occupy.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        (self.texts.len() + self.fields.len()) * 8
    }

    /// Packs everything. `ordinals` gives each message's ordinal, or `u32::MAX` for one that is left out.
    #[must_use]
    pub fn pack(mut self, ordinals: &[u32]) -> Vec<PostingChunk> {
        let mut scratch = Vec::new();
        let mut packer = Packer::default();
        let mut list = Vec::new();
        sort_with_ordinals(&mut self.texts, ordinals, &mut scratch);
        for run in self.texts.chunk_by(|one, other| one >> 32 == other >> 32) {
            packer.push_run(run, |token| token, &mut list);
        }
        sort_with_ordinals(&mut self.fields, ordinals, &mut scratch);
        for run in self.fields.chunk_by(|one, other| one >> 32 == other >> 32) {
            let token = |key: u64| (key >> VALUE_BITS) << 32 | (key & ((1 << VALUE_BITS) - 1));
            packer.push_run(run, token, &mut list);
        }
        packer.finish()
    }
}

const fn lower_half(pair: u64) -> u32 {
    (pair & 0xffff_ffff) as u32
}

/// Replaces messages by their ordinals and sorts by token, then ordinal.
fn sort_with_ordinals(pairs: &mut Vec<u64>, ordinals: &[u32], scratch: &mut Vec<u64>) {
    pairs.retain_mut(|pair| {
        let ordinal = ordinals
            .get(lower_half(*pair) as usize)
            .copied()
            .unwrap_or(u32::MAX);
        *pair = *pair >> 32 << 32 | u64::from(ordinal);
        ordinal != u32::MAX
    });
    // Messages mostly come in the order of time; then the lower half is sorted already.
    if !pairs.is_sorted_by_key(|pair| lower_half(*pair)) {
        radix_pass(pairs, scratch, 0);
        radix_pass(pairs, scratch, RADIX_BITS);
    }
    for pass in 0..3 {
        radix_pass(pairs, scratch, 32 + pass * RADIX_BITS);
    }
}

/// Two passes cover ordinals up to four million, three cover 32 bits of token.
const RADIX_BITS: u32 = 11;

/// Sorts by eleven bits, keeping the order of equal ones.
fn radix_pass(pairs: &mut Vec<u64>, scratch: &mut Vec<u64>, shift: u32) {
    scratch.resize(pairs.len(), 0);
    let digit = |pair: u64| (pair >> shift & ((1 << RADIX_BITS) - 1)) as usize;
    let mut starts = [0_usize; 1 << RADIX_BITS];
    for pair in pairs.iter() {
        if let Some(count) = starts.get_mut(digit(*pair)) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += std::mem::replace(start, sum);
    }
    for pair in pairs.iter() {
        if let Some(start) = starts.get_mut(digit(*pair)) {
            if let Some(slot) = scratch.get_mut(*start) {
                *slot = *pair;
            }
            *start += 1;
        }
    }
    std::mem::swap(pairs, scratch);
}

#[derive(Default)]
struct Packer {
    chunks: Vec<PostingChunk>,
    open: Vec<u8>,
    first_token: u64,
    last_token: u64,
    list_bytes: Vec<u8>,
}

impl Packer {
    /// Takes the sorted pairs of one token.
    fn push_run(&mut self, run: &[u64], token: impl Fn(u64) -> u64, list: &mut Vec<u32>) {
        if let Some(first) = run.first() {
            list.clear();
            list.extend(run.iter().map(|pair| lower_half(*pair)));
            self.push(token(first >> 32), list);
        }
    }

    fn push(&mut self, token: u64, list: &mut Vec<u32>) {
        if list.is_empty() {
            return;
        }
        list.dedup();
        if self.open.is_empty() {
            self.first_token = token;
            self.last_token = token;
        }
        self.list_bytes.clear();
        let mut before = 0;
        for ordinal in list.iter() {
            put(&mut self.list_bytes, u64::from(*ordinal - before));
            before = *ordinal;
        }
        put(&mut self.open, token - self.last_token);
        put(&mut self.open, self.list_bytes.len() as u64);
        self.open.extend_from_slice(&self.list_bytes);
        self.last_token = token;
        if self.open.len() >= CHUNK_BYTES {
            self.close();
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            let bytes = std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK_BYTES + 1024));
            self.chunks.push(PostingChunk {
                first_token: self.first_token,
                bytes,
            });
        }
    }

    fn finish(mut self) -> Vec<PostingChunk> {
        self.close();
        self.chunks
    }
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Calls `give` with the packed list of each token of the chunk that lies in one of the ranges.
///
/// Returns `false` when the chunk is damaged; what was given before is right.
pub fn find_ranges<'a>(
    first_token: u64,
    chunk: &'a [u8],
    is_wanted: impl Fn(u64) -> bool,
    mut give: impl FnMut(u64, &'a [u8]),
) -> bool {
    let mut rest = chunk;
    let mut token = first_token;
    while !rest.is_empty() {
        let (Some(step), Some(length)) = (take(&mut rest), take(&mut rest)) else {
            return false;
        };
        token = token.saturating_add(step);
        let Some((list, after)) = usize::try_from(length)
            .ok()
            .and_then(|length| rest.split_at_checked(length))
        else {
            return false;
        };
        if is_wanted(token) {
            give(token, list);
        }
        rest = after;
    }
    true
}

/// Unpacks a list, appending its ordinals. `false` when it is damaged.
pub fn decode_list(mut bytes: &[u8], out: &mut Vec<u32>) -> bool {
    let mut ordinal = 0_u32;
    // Most steps are one byte; growing step by step costs more than the room that longer ones leave.
    out.reserve(bytes.len());
    while let Some((&byte, rest)) = bytes.split_first() {
        let step = if byte < 0x80 {
            bytes = rest;
            u32::from(byte)
        } else {
            let Some(step) = take(&mut bytes).and_then(|step| u32::try_from(step).ok()) else {
                return false;
            };
            step
        };
        ordinal = ordinal.saturating_add(step);
        out.push(ordinal);
    }
    true
}

/// Keeps in `list` what `other` has too; both ascending.
pub fn intersect(list: &mut Vec<u32>, other: &[u32]) {
    if list.len() * 16 < other.len() {
        let mut rest = other;
        list.retain(|wanted| {
            let position = rest.partition_point(|ordinal| ordinal < wanted);
            rest = rest
                .split_at_checked(position)
                .map_or(&[], |(_, after)| after);
            rest.first() == Some(wanted)
        });
        return;
    }
    let mut others = other.iter().peekable();
    list.retain(|wanted| {
        while others.next_if(|ordinal| *ordinal < wanted).is_some() {}
        others.peek() == Some(&wanted)
    });
}

/// Removes from `list` what `other` has; both ascending.
pub fn subtract_sorted(list: &mut Vec<u32>, other: &[u32]) {
    let mut others = other.iter().peekable();
    list.retain(|wanted| {
        while others.next_if(|ordinal| *ordinal < wanted).is_some() {}
        others.peek() != Some(&wanted)
    });
}

/// Joins lists that were appended one after the other: sorts and drops doubles.
pub fn union_sorted(list: &mut Vec<u32>) {
    if !list.is_sorted() {
        list.sort_unstable();
    }
    list.dedup();
}

impl TokenRange {
    /// Whether a text token lies in the range.
    #[must_use]
    pub fn contains(self, token: u64) -> bool {
        (u64::from(self.low)..=u64::from(self.high)).contains(&token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fold, query_tokens};
    use proptest::prelude::*;

    fn lookup(chunks: &[PostingChunk], query: &str) -> Vec<u32> {
        let mut result: Option<Vec<u32>> = None;
        for ranges in query_tokens(&fold(query)) {
            let mut list = Vec::new();
            for chunk in chunks {
                let wanted = |token| ranges.iter().any(|range| range.contains(token));
                assert!(find_ranges(
                    chunk.first_token,
                    &chunk.bytes,
                    wanted,
                    |_, bytes| {
                        assert!(decode_list(bytes, &mut list));
                    }
                ));
            }
            union_sorted(&mut list);
            match &mut result {
                Some(result) => intersect(result, &list),
                None => result = Some(list),
            }
        }
        result.unwrap_or_default()
    }

    #[test]
    fn field_tokens_stand_beside_text_tokens() {
        let mut builder = PostingBuilder::default();
        builder.add_text(0, "你好");
        builder.add_field(0, FieldClass::Conversation, 7);
        builder.add_field(1, FieldClass::Conversation, 7);
        let chunks = builder.pack(&[5, 3]);
        let mut list = Vec::new();
        for chunk in &chunks {
            find_ranges(
                chunk.first_token,
                &chunk.bytes,
                |token| token == FieldClass::Conversation.token(7),
                |_, bytes| {
                    decode_list(bytes, &mut list);
                },
            );
        }
        assert_eq!(list, [3, 5]);
    }

    proptest! {
        #[test]
        fn what_is_stored_is_found(texts in prop::collection::vec("[ab中文好的1 ]{0,12}", 1..40), query in "[ab中文好的1]{1,4}") {
            let mut builder = PostingBuilder::default();
            for (message, text) in texts.iter().enumerate() {
                builder.add_text(u32::try_from(message).unwrap(), &fold(text));
            }
            // Ordinals run backwards, and every fifth message is left out.
            let count = u32::try_from(texts.len()).unwrap();
            let ordinals: Vec<u32> = (0..count).map(|message| if message % 5 == 4 { u32::MAX } else { count - message }).collect();
            let found = lookup(&builder.pack(&ordinals), &query);
            for (message, text) in texts.iter().enumerate() {
                let ordinal = ordinals[message];
                if ordinal != u32::MAX && text.contains(&query) {
                    prop_assert!(found.contains(&ordinal));
                }
            }
            prop_assert!(found.is_sorted());
        }

        #[test]
        fn set_operations_agree_with_sets(mut one in prop::collection::vec(0u32..60, 0..40), mut other in prop::collection::vec(0u32..600, 0..400)) {
            union_sorted(&mut one);
            union_sorted(&mut other);
            let set: std::collections::BTreeSet<_> = other.iter().copied().collect();
            let mut both = one.clone();
            intersect(&mut both, &other);
            prop_assert_eq!(both, one.iter().copied().filter(|item| set.contains(item)).collect::<Vec<_>>());
            let mut rest = one.clone();
            subtract_sorted(&mut rest, &other);
            prop_assert_eq!(rest, one.iter().copied().filter(|item| !set.contains(item)).collect::<Vec<_>>());
        }

        #[test]
        fn damaged_chunks_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            find_ranges(0, &bytes, |_| true, |_, list| { decode_list(list, &mut Vec::new()); });
        }
    }
}
