//! Writes serialised Java objects, byte by byte after the published specification (chapter 6, stream protocol).

/// A value of a field.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Int(i32),
    Long(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Null,
}

impl Value<'_> {
    const fn kind(&self) -> u8 {
        match self {
            Self::Int(_) => b'I',
            Self::Long(_) => b'J',
            Self::Text(_) | Self::Null => b'L',
            Self::Bytes(_) => b'[',
        }
    }
}

const MAGIC: [u8; 4] = [0xAC, 0xED, 0x00, 0x05];

fn utf(out: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).expect("names and texts of the forge are short");
    out.extend(length.to_be_bytes());
    out.extend(text.as_bytes());
}

/// An object of a class with these fields: numbers first, as the specification orders them.
pub(super) fn object(class: &str, version: i64, fields: &[(&str, Value<'_>)]) -> Vec<u8> {
    let mut sorted: Vec<&(&str, Value<'_>)> = fields.iter().collect();
    sorted.sort_by_key(|(name, value)| (matches!(value.kind(), b'L' | b'['), *name));
    let mut out = MAGIC.to_vec();
    out.extend([0x73, 0x72]);
    utf(&mut out, class);
    out.extend(version.to_be_bytes());
    out.push(0x02);
    let count = u16::try_from(fields.len()).expect("a handful of fields");
    out.extend(count.to_be_bytes());
    // Handle 0 is the class; type names follow as they are first written.
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in &sorted {
        out.push(value.kind());
        utf(&mut out, name);
        let kind = match value {
            Value::Bytes(_) => "[B",
            Value::Text(_) | Value::Null => "Ljava/lang/String;",
            _ => continue,
        };
        if let Some(place) = names.iter().position(|known| *known == kind) {
            out.push(0x71);
            let handle = 0x7E_0001 + u32::try_from(place).expect("two names at most");
            out.extend(handle.to_be_bytes());
        } else {
            out.push(0x74);
            utf(&mut out, kind);
            names.push(kind);
        }
    }
    out.extend([0x78, 0x70]);
    for (_, value) in &sorted {
        match value {
            Value::Int(number) => out.extend(number.to_be_bytes()),
            Value::Long(number) => out.extend(number.to_be_bytes()),
            Value::Text(text) => match u16::try_from(text.len()) {
                Ok(_) => {
                    out.push(0x74);
                    utf(&mut out, text);
                }
                Err(_) => {
                    out.push(0x7C);
                    out.extend((text.len() as u64).to_be_bytes());
                    out.extend(text.as_bytes());
                }
            },
            Value::Bytes(bytes) => {
                out.extend([0x75, 0x72]);
                utf(&mut out, "[B");
                out.extend(0xACF3_17F8_0608_54E0_u64.to_be_bytes());
                out.extend([0x02, 0x00, 0x00, 0x78, 0x70]);
                let length = u32::try_from(bytes.len()).expect("small arrays");
                out.extend(length.to_be_bytes());
                out.extend_from_slice(bytes);
            }
            Value::Null => out.push(0x70),
        }
    }
    out
}

/// What a class wrote by its own code: a number and texts.
pub(super) fn block(number: i32, texts: &[&str]) -> Vec<u8> {
    let mut inner = number.to_be_bytes().to_vec();
    for text in texts {
        utf(&mut inner, text);
    }
    let mut out = MAGIC.to_vec();
    match u8::try_from(inner.len()) {
        Ok(length) => out.extend([0x77, length]),
        Err(_) => {
            out.push(0x7A);
            let length = u32::try_from(inner.len()).expect("small blocks");
            out.extend(length.to_be_bytes());
        }
    }
    out.extend(inner);
    out
}
