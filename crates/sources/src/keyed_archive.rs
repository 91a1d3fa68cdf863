//! Property lists in which an Apple program archived its objects (`NSKeyedArchiver`): a list of objects that point at each
//! other by number.

use std::io::Cursor;

use plist::{Dictionary, Value};

/// Larger lists are not read.
const MAX_BYTES: usize = 64 << 20;
/// Real lists are a few levels deep.
const MAX_DEPTH: usize = 64;
/// Values in one list, those that stand in several places counted at each.
const MAX_VALUES: usize = 4_000_000;

/// Reads any property list, binary or XML; nothing when it is none, or nested deeper or larger than any real one.
pub(crate) fn property_list(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let is_reasonable = match bytes.strip_prefix(b"bplist") {
        Some(_) => Binary::parse(bytes)?.is_reasonable(),
        None => depth_of_xml(bytes) <= MAX_DEPTH,
    };
    is_reasonable
        .then(|| Value::from_reader(Cursor::new(bytes)).ok())
        .flatten()
}

/// How deep the elements of an XML list are nested at most: every opening tag counts.
fn depth_of_xml(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        if rest.starts_with(b"array") || rest.starts_with(b"dict") {
            depth += 1;
            deepest = deepest.max(depth);
        } else if rest.starts_with(b"/array") || rest.starts_with(b"/dict") {
            depth = depth.saturating_sub(1);
        }
    }
    deepest
}

/// The skeleton of a binary list: objects that name each other by number, so that a few bytes can stand for any size.
struct Binary<'a> {
    bytes: &'a [u8],
    offsets: Vec<usize>,
    reference_bytes: usize,
    top: usize,
}

fn big_endian(bytes: &[u8]) -> Option<usize> {
    let joined = bytes.iter().try_fold(0_u64, |sum, byte| {
        sum.checked_mul(256)?.checked_add((*byte).into())
    })?;
    usize::try_from(joined).ok()
}

impl<'a> Binary<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let trailer = bytes.get(bytes.len().checked_sub(26)?..)?;
        let offset_bytes = usize::from(*trailer.first()?);
        let reference_bytes = usize::from(*trailer.get(1)?);
        let count = big_endian(trailer.get(2..10)?)?;
        let top = big_endian(trailer.get(10..18)?)?;
        let table = big_endian(trailer.get(18..26)?)?;
        if !(1..=8).contains(&offset_bytes) || !(1..=8).contains(&reference_bytes) {
            return None;
        }
        let end = table.checked_add(count.checked_mul(offset_bytes)?)?;
        let offsets = bytes
            .get(table..end)?
            .chunks_exact(offset_bytes)
            .map(big_endian)
            .collect::<Option<_>>()?;
        Some(Self {
            bytes,
            offsets,
            reference_bytes,
            top,
        })
    }

    /// The numbers of the objects that an object holds.
    fn children(&self, number: usize) -> Option<Vec<usize>> {
        let at = *self.offsets.get(number)?;
        let marker = *self.bytes.get(at)?;
        let rest = self.bytes.get(at + 1..)?;
        let per_item = match marker >> 4 {
            0xA..=0xC => 1,
            0xD => 2,
            _ => return Some(Vec::new()),
        };
        let (count, rest) = if marker & 15 == 15 {
            let length = 1_usize << (rest.first()? & 15).min(3);
            (big_endian(rest.get(1..=length)?)?, rest.get(1 + length..)?)
        } else {
            (usize::from(marker & 15), rest)
        };
        let length = count
            .checked_mul(per_item)?
            .checked_mul(self.reference_bytes)?;
        rest.get(..length)?
            .chunks_exact(self.reference_bytes)
            .map(big_endian)
            .collect()
    }

    /// Whether the list, with everything written out, stays within depth and size, and holds nothing that holds itself.
    fn is_reasonable(&self) -> bool {
        // Depth and size of each object once it is known; `Some((0, 0))` while it is being looked at.
        let mut known: Vec<Option<(usize, usize)>> = vec![None; self.offsets.len()];
        let mut waiting = vec![(self.top, false)];
        while let Some((number, is_second_look)) = waiting.pop() {
            let Some(children) = self.children(number) else {
                return false;
            };
            if is_second_look {
                let parts = children.iter().filter_map(|child| *known.get(*child)?);
                let (depth, size) = parts.fold((0, 0_usize), |(depth, size), part| {
                    (depth.max(part.0), size.saturating_add(part.1))
                });
                if depth >= MAX_DEPTH || size >= MAX_VALUES {
                    return false;
                }
                if let Some(place) = known.get_mut(number) {
                    *place = Some((depth + 1, size + 1));
                }
                continue;
            }
            match known.get_mut(number) {
                Some(place @ None) => *place = Some((0, 0)),
                Some(Some((0, _))) => return false,
                Some(Some(_)) => continue,
                None => return false,
            }
            waiting.push((number, true));
            for child in children {
                match known.get(child) {
                    Some(None) => waiting.push((child, false)),
                    Some(Some((0, _))) | None => return false,
                    Some(Some(_)) => {}
                }
            }
        }
        true
    }
}

/// An archive of objects.
pub(crate) struct KeyedArchive {
    objects: Vec<Value>,
    root: Value,
}

impl KeyedArchive {
    /// Nothing when the bytes are no such archive.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut list = property_list(bytes)?.into_dictionary()?;
        let top = list.remove("$top")?.into_dictionary()?;
        let root = top.get("root").or_else(|| top.values().next())?.clone();
        let objects = list.remove("$objects")?.into_array()?;
        Some(Self { objects, root })
    }

    /// The outermost object.
    pub(crate) fn root(&self) -> &Value {
        self.follow(&self.root)
    }

    /// The object that a reference points at; other values are themselves.
    pub(crate) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        value
            .as_uid()
            .and_then(|number| self.objects.get(usize::try_from(number.get()).ok()?))
            .unwrap_or(value)
    }

    /// A field of an object.
    pub(crate) fn field<'a>(&'a self, object: &'a Dictionary, name: &str) -> Option<&'a Value> {
        Some(self.follow(object.get(name)?))
    }

    /// The text of a string, plain or as an object of its own.
    #[cfg(feature = "wechat")]
    pub(crate) fn text<'a>(&'a self, value: &'a Value) -> Option<&'a str> {
        match self.follow(value) {
            Value::String(text) => Some(text),
            Value::Dictionary(object) => self.field(object, "NS.string")?.as_string(),
            _ => None,
        }
    }

    /// The bytes of a data object, plain or as an object of its own.
    pub(crate) fn bytes<'a>(&'a self, value: &'a Value) -> Option<&'a [u8]> {
        match self.follow(value) {
            Value::Data(bytes) => Some(bytes),
            Value::Dictionary(object) => self.field(object, "NS.data")?.as_data(),
            _ => None,
        }
    }

    /// The pairs of a dictionary object.
    #[cfg(feature = "wechat")]
    pub(crate) fn pairs<'a>(&'a self, value: &'a Value) -> Vec<(&'a Value, &'a Value)> {
        let Value::Dictionary(object) = self.follow(value) else {
            return Vec::new();
        };
        let list = |name| {
            self.field(object, name)
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default()
        };
        list("NS.keys")
            .iter()
            .zip(list("NS.objects"))
            .map(|(key, value)| (self.follow(key), self.follow(value)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A binary list in which object `n` is an array of the objects that `children` gives.
    fn binary(count: usize, children: impl Fn(usize) -> Vec<u32>) -> Vec<u8> {
        let mut out = b"bplist00".to_vec();
        let mut offsets = Vec::new();
        for number in 0..count {
            offsets.push(u32::try_from(out.len()).unwrap());
            let items = children(number);
            if items.is_empty() {
                out.push(9);
            } else {
                out.push(0xA0 | u8::try_from(items.len()).unwrap());
                items.iter().for_each(|item| out.extend(item.to_be_bytes()));
            }
        }
        let table = out.len() as u64;
        offsets
            .iter()
            .for_each(|offset| out.extend(offset.to_be_bytes()));
        out.extend([0, 0, 0, 0, 0, 0, 4, 4]);
        out.extend((count as u64).to_be_bytes());
        out.extend(0_u64.to_be_bytes());
        out.extend(table.to_be_bytes());
        out
    }

    #[test]
    fn lists_that_are_deep_or_grow_or_hold_themselves_are_refused() {
        let next = |number: usize| u32::try_from(number + 1).unwrap();
        let chain = |length: usize| {
            binary(length, move |number| {
                if number + 1 < length {
                    vec![next(number)]
                } else {
                    Vec::new()
                }
            })
        };
        assert!(property_list(&chain(20)).is_some());
        assert!(property_list(&chain(200_000)).is_none());
        let laughs = binary(60, |number| {
            if number < 59 {
                vec![next(number), next(number)]
            } else {
                Vec::new()
            }
        });
        assert!(property_list(&laughs).is_none());
        assert!(property_list(&binary(1, |_| vec![0])).is_none());
        let xml = |depth: usize| {
            let (open, close) = ("<array>".repeat(depth), "</array>".repeat(depth));
            format!("<plist version=\"1.0\">{open}{close}</plist>").into_bytes()
        };
        assert!(property_list(&xml(10)).is_some());
        assert!(property_list(&xml(200_000)).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            at in 0_usize..200,
            value: u8,
        ) {
            let _ = KeyedArchive::parse(&bytes);
            let _ = KeyedArchive::parse(&[&b"bplist00"[..], &bytes].concat());
            let mut good = binary(8, |number| if number < 7 { vec![u32::try_from(number + 1).unwrap()] } else { Vec::new() });
            if let Some(byte) = good.get_mut(at) {
                *byte = value;
            }
            let _ = property_list(&good);
        }
    }
}
