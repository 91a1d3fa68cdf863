//! JSON Schema (2020-12) out of the shapes.

use std::fmt::Write as _;

use super::shape::Member;
use super::value::Value;

/// What a member may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Any text.
    Text,
    /// A text that is never empty.
    Word,
    /// Exactly this text.
    Constant(&'static str),
    /// One of these texts.
    Words(Vec<&'static str>),
    /// A truth value.
    Bool,
    /// A whole number within bounds.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A whole number of up to 64 bits, as text.
    BigInteger,
    /// An instant.
    Time,
    /// 128 bits, hexadecimal.
    Id,
    /// 256 bits, hexadecimal.
    Digest,
    /// Bytes, hexadecimal.
    Hex,
    /// A list.
    Array(Box<Self>),
    /// Pairs of texts.
    Pairs,
    /// Texts under any name.
    Map,
    /// An object that is defined elsewhere under this name.
    Object(&'static str),
}

impl Schema {
    pub(super) fn array(of: Self) -> Self {
        Self::Array(Box::new(of))
    }

    /// The body of the schema, without braces.
    fn body(&self, out: &mut String) {
        // Writing to a string never fails.
        let _ = match self {
            Self::Text => write!(out, "\"type\": \"string\""),
            Self::Word => write!(out, "\"type\": \"string\", \"minLength\": 1"),
            Self::Constant(word) => write!(out, "\"const\": \"{word}\""),
            Self::Words(words) => write!(out, "\"enum\": [\"{}\"]", words.join("\", \"")),
            Self::Bool => write!(out, "\"type\": \"boolean\""),
            Self::Integer { min, max } => write!(
                out,
                "\"type\": \"integer\", \"minimum\": {min}, \"maximum\": {max}"
            ),
            Self::BigInteger => write!(
                out,
                "\"type\": \"string\", \"pattern\": \"^(0|-?[1-9][0-9]{{0,18}})$\""
            ),
            Self::Time => write!(
                out,
                "\"type\": \"string\", \"pattern\": \"^([0-9]{{4}}|[+-][0-9]{{6}})-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}\\\\.[0-9]{{3}}Z$\""
            ),
            Self::Id => write!(
                out,
                "\"type\": \"string\", \"pattern\": \"^[0-9a-f]{{32}}$\""
            ),
            Self::Digest => {
                write!(
                    out,
                    "\"type\": \"string\", \"pattern\": \"^[0-9a-f]{{64}}$\""
                )
            }
            Self::Hex => write!(
                out,
                "\"type\": \"string\", \"pattern\": \"^([0-9a-f]{{2}})*$\""
            ),
            Self::Array(of) => {
                out.push_str("\"type\": \"array\", \"items\": {");
                of.body(out);
                write!(out, "}}")
            }
            Self::Pairs => write!(
                out,
                "\"type\": \"array\", \"items\": {{\"type\": \"array\", \"prefixItems\": [{{\"type\": \"string\"}}, {{\"type\": \"string\"}}], \"items\": false, \"minItems\": 2}}"
            ),
            Self::Map => write!(
                out,
                "\"type\": \"object\", \"additionalProperties\": {{\"type\": \"string\"}}"
            ),
            Self::Object(name) => write!(out, "\"$ref\": \"#/$defs/{name}\""),
        };
    }

    /// In words, for tables.
    #[must_use]
    pub fn to_words(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Word => "string, not empty".to_owned(),
            Self::Constant(word) => format!("`\"{word}\"`"),
            Self::Words(words) => format!("`{}`", words.join("` `")),
            Self::Bool => "boolean".to_owned(),
            Self::Integer { min, max } => format!("integer {min}…{max}"),
            Self::BigInteger => "64-bit integer as a decimal string".to_owned(),
            Self::Time => "instant".to_owned(),
            Self::Id => "id (32 hex digits)".to_owned(),
            Self::Digest => "64 hex digits".to_owned(),
            Self::Hex => "hex string".to_owned(),
            Self::Array(of) => format!("array of {}", of.to_words()),
            Self::Pairs => "array of [string, string]".to_owned(),
            Self::Map => "object of strings".to_owned(),
            Self::Object(name) => format!("`{name}`"),
        }
    }
}

/// Writes the schema of one kind of record: its own members, and everything that they refer to.
pub(super) fn document(
    id: &str,
    title: &str,
    members: &[Member],
    part_shapes: &[(&'static str, Vec<Member>)],
    objects: &[(&'static str, Vec<Member>)],
) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"$id\": \"https://hutong.example/hcx-1.0/{id}.schema.json\",\n  \"title\": \"{title}\","
    );
    object_body(&mut out, members, "  ");
    let used = used(members, part_shapes, objects);
    if !used.is_empty() {
        out.push_str(",\n  \"$defs\": {");
        let mut is_first = true;
        for name in used {
            out.push_str(if is_first { "\n" } else { ",\n" });
            is_first = false;
            if name == "part" {
                part(&mut out, part_shapes);
            } else if let Some((_, members)) = objects.iter().find(|(known, _)| *known == name) {
                let _ = writeln!(out, "    \"{name}\": {{");
                object_body(&mut out, members, "      ");
                out.push_str("\n    }");
            }
        }
        out.push_str("\n  }");
    }
    out.push_str("\n}\n");
    out
}

/// A part is what its type says; a type that this version does not know may be anything.
fn part(out: &mut String, part_shapes: &[(&'static str, Vec<Member>)]) {
    out.push_str(
        "    \"part\": {\n      \"type\": \"object\",\n      \"required\": [\"type\"],\n      \"properties\": {\"type\": {\"type\": \"string\"}},\n      \"allOf\": [",
    );
    for (index, (kind, members)) in part_shapes.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        let _ = writeln!(
            out,
            "        {{\n          \"if\": {{\"properties\": {{\"type\": {{\"const\": \"{kind}\"}}}}, \"required\": [\"type\"]}},\n          \"then\": {{"
        );
        object_body(out, members, "            ");
        out.push_str("\n          }\n        }");
    }
    out.push_str("\n      ]\n    }");
}

fn object_body(out: &mut String, members: &[Member], indent: &str) {
    let required: Vec<&str> = members
        .iter()
        .filter(|member| member.is_required)
        .map(|member| member.key)
        .collect();
    let _ = writeln!(out, "{indent}\"type\": \"object\",");
    if !required.is_empty() {
        let _ = writeln!(
            out,
            "{indent}\"required\": [\"{}\"],",
            required.join("\", \"")
        );
    }
    let _ = write!(out, "{indent}\"properties\": {{");
    for (index, member) in members.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        let description = Value::String(member.en.into()).to_json();
        let _ = write!(
            out,
            "{indent}  \"{}\": {{\"description\": {description}, ",
            member.key
        );
        member.schema.body(out);
        out.push('}');
    }
    let _ = write!(out, "\n{indent}}}");
}

/// Names of every object that these members refer to, directly or through others, sorted.
fn used(
    members: &[Member],
    part_shapes: &[(&'static str, Vec<Member>)],
    objects: &[(&'static str, Vec<Member>)],
) -> Vec<&'static str> {
    fn name_of(schema: &Schema) -> Option<&'static str> {
        match schema {
            Schema::Object(name) => Some(name),
            Schema::Array(of) => name_of(of),
            _ => None,
        }
    }
    let mut names: Vec<&'static str> = Vec::new();
    let mut waiting: Vec<&'static str> = members
        .iter()
        .filter_map(|member| name_of(&member.schema))
        .collect();
    while let Some(name) = waiting.pop() {
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        let more: Vec<&Member> = if name == "part" {
            part_shapes
                .iter()
                .flat_map(|(_, members)| members)
                .collect()
        } else {
            objects
                .iter()
                .filter(|(known, _)| *known == name)
                .flat_map(|(_, members)| members)
                .collect()
        };
        waiting.extend(more.iter().filter_map(|member| name_of(&member.schema)));
    }
    names.sort_unstable();
    names
}
