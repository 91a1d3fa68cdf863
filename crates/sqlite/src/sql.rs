//! Just enough of SQL to take column names and types out of a `CREATE TABLE` text.
//!
//! The grammar is <https://www.sqlite.org/lang_createtable.html>; clauses that say nothing about columns are skipped by
//! counting parentheses, so unknown ones do no harm.

use crate::schema::{Affinity, Column, DefaultValue};

/// What a `CREATE TABLE` text says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Definition {
    pub(crate) columns: Vec<Column>,
    pub(crate) without_rowid: bool,
    pub(crate) is_virtual: bool,
    /// Names of the primary-key columns in key order.
    pub(crate) key: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// Letters, digits and `_ $`, not quoted.
    Word(String),
    /// `"x"`, `[x]` or `` `x` ``: always a name.
    Quoted(String),
    /// `'x'`: text, or a name where only a name can stand.
    Text(String),
    /// `x'00ff'`.
    Blob(Vec<u8>),
    Number(String),
    Symbol(char),
}

impl Token {
    fn is_word(&self, expected: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(expected))
    }

    fn is_any(&self, expected: &[&str]) -> bool {
        expected.iter().any(|word| self.is_word(word))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Quoted(name) | Self::Text(name) => Some(name),
            _ => None,
        }
    }
}

const COLUMN_CLAUSES: &[&str] = &[
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
];

const TABLE_CLAUSES: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// Parses a `CREATE TABLE` or `CREATE VIRTUAL TABLE` text; `None` when it is neither.
pub(crate) fn parse_create_table(sql: &str) -> Option<Definition> {
    let tokens = tokens(sql);
    let [create, word, rest @ ..] = tokens.as_slice() else {
        return None;
    };
    if !create.is_word("CREATE") {
        return None;
    }
    let mut rest = rest;
    if word.is_word("VIRTUAL") {
        return Some(Definition {
            is_virtual: true,
            ..Definition::default()
        });
    }
    if !word.is_word("TABLE") {
        let (table, after) = rest.split_first()?;
        if !word.is_any(&["TEMP", "TEMPORARY"]) || !table.is_word("TABLE") {
            return None;
        }
        rest = after;
    }
    // The table's own name may be any token but an opening parenthesis.
    let open = rest.iter().position(|token| *token == Token::Symbol('('))?;
    let (_, body) = rest.split_at(open);
    let (inner, after) = group(body)?;
    let mut definition = Definition {
        without_rowid: after
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.is_word("WITHOUT") && b.is_word("ROWID"))),
        ..Definition::default()
    };
    let mut keys = Keys::default();
    for part in split_commas(inner) {
        match part.first() {
            None => {}
            Some(first) if first.is_any(TABLE_CLAUSES) && !definition.columns.is_empty() => {
                keys.read_table_clause(part);
            }
            Some(_) => definition.columns.extend(column(part, &mut keys)),
        }
    }
    keys.apply(&mut definition);
    Some(definition)
}

/// Primary keys as they are met.
#[derive(Default)]
struct Keys {
    names: Vec<String>,
    /// `INTEGER PRIMARY KEY DESC` on a column is no rowid alias, by an old mistake that SQLite keeps.
    is_descending_column: bool,
}

impl Keys {
    fn read_table_clause(&mut self, part: &[Token]) {
        let Some(at) = part
            .windows(2)
            .position(|pair| matches!(pair, [a, b] if a.is_word("PRIMARY") && b.is_word("KEY")))
        else {
            return;
        };
        let Some((inner, _)) = part.get(at + 2..).and_then(group) else {
            return;
        };
        self.names = split_commas(inner)
            .filter_map(|column| Some(column.first()?.name()?.to_owned()))
            .collect();
    }

    fn apply(self, definition: &mut Definition) {
        definition.key = self.names;
        let [name] = definition.key.as_slice() else {
            return;
        };
        if definition.without_rowid || self.is_descending_column {
            return;
        }
        for column in &mut definition.columns {
            let is_integer = column.declared_type.eq_ignore_ascii_case("INTEGER");
            if is_integer && column.name.eq_ignore_ascii_case(name) {
                column.is_rowid = true;
            }
        }
    }
}

fn column(part: &[Token], keys: &mut Keys) -> Option<Column> {
    let (first, rest) = part.split_first()?;
    let name = first.name()?.to_owned();
    let type_end = rest
        .iter()
        .position(|token| token.is_any(COLUMN_CLAUSES))
        .unwrap_or(rest.len());
    let (type_tokens, mut clauses) = rest.split_at(type_end);
    let declared_type = type_text(type_tokens);
    let mut column = Column {
        affinity: Affinity::of(&declared_type),
        name,
        declared_type,
        is_rowid: false,
        is_virtual: false,
        is_not_null: false,
        default: None,
    };
    let mut is_generated = false;
    let mut is_stored = false;
    while let Some((clause, rest)) = clauses.split_first() {
        clauses = rest;
        if clause.is_word("PRIMARY") {
            keys.names = vec![column.name.clone()];
            keys.is_descending_column = rest.get(1).is_some_and(|order| order.is_word("DESC"));
        } else if clause.is_word("NOT") {
            column.is_not_null = true;
        } else if clause.is_word("AS") {
            is_generated = true;
        } else if clause.is_word("STORED") {
            is_stored = true;
        } else if clause.is_word("DEFAULT") {
            column.default = default_value(rest);
        } else if *clause == Token::Symbol('(')
            && let Some((_, after)) = group_after_open(rest)
        {
            clauses = after;
        }
    }
    column.is_virtual = is_generated && !is_stored;
    Some(column)
}

fn type_text(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Word(word) | Token::Quoted(word) | Token::Text(word) => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                    text.push(' ');
                }
                text.push_str(word);
            }
            Token::Number(number) => text.push_str(number),
            Token::Symbol(symbol) => text.push(*symbol),
            Token::Blob(_) => {}
        }
    }
    text
}

/// A literal default, plain, signed or in parentheses; expressions give `None`.
fn default_value(tokens: &[Token]) -> Option<DefaultValue> {
    match tokens {
        [Token::Symbol('('), rest @ ..] => {
            let (inner, _) = group_after_open(rest)?;
            let is_whole = match inner {
                [Token::Symbol('+' | '-'), _] => true,
                inner => inner.len() == 1,
            };
            is_whole.then(|| default_value(inner)).flatten()
        }
        [Token::Symbol('-'), Token::Number(number), ..] => DefaultValue::number(number, true),
        [Token::Symbol('+'), Token::Number(number), ..] | [Token::Number(number), ..] => {
            DefaultValue::number(number, false)
        }
        [Token::Text(text), ..] => Some(DefaultValue::Text(text.clone())),
        [Token::Blob(bytes), ..] => Some(DefaultValue::Blob(bytes.clone())),
        [word, ..] if word.is_word("TRUE") => Some(DefaultValue::Integer(1)),
        [word, ..] if word.is_word("FALSE") => Some(DefaultValue::Integer(0)),
        _ => None,
    }
}

/// The tokens inside the group that `tokens` starts with, and those after it; an unclosed group reaches to the end.
fn group(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    match tokens {
        [Token::Symbol('('), rest @ ..] => group_after_open(rest),
        _ => None,
    }
}

fn group_after_open(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let mut depth = 1usize;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((tokens.get(..index)?, tokens.get(index + 1..)?));
        }
    }
    Some((tokens, &[]))
}

fn split_commas(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0usize;
    tokens.split(move |token| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Symbol(',')
    })
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (token, after) = token(first, rest);
        found.extend(token);
        // Every branch takes at least one character, so this ends.
        rest = after;
    }
    found
}

fn token(first: char, rest: &str) -> (Option<Token>, &str) {
    let after_first = rest.get(first.len_utf8()..).unwrap_or_default();
    match first {
        '"' | '`' | '\'' | '[' => {
            let (content, after) = quoted(first, after_first);
            let token = if first == '\'' {
                Token::Text(content)
            } else {
                Token::Quoted(content)
            };
            (Some(token), after)
        }
        '-' if after_first.starts_with('-') => (
            None,
            after_first.split_once('\n').map_or("", |(_, after)| after),
        ),
        '/' if after_first.starts_with('*') => (
            None,
            after_first
                .get(1..)
                .and_then(|inside| inside.split_once("*/"))
                .map_or("", |(_, after)| after),
        ),
        'x' | 'X' if after_first.starts_with('\'') => {
            let (content, after) = quoted('\'', after_first.get(1..).unwrap_or_default());
            (Some(Token::Blob(hex(&content))), after)
        }
        _ if first.is_ascii_digit() || first == '.' => {
            let mut previous = ' ';
            let end = rest
                .find(|next: char| {
                    let is_exponent_sign =
                        matches!(next, '+' | '-') && matches!(previous, 'e' | 'E');
                    previous = next;
                    !(next.is_ascii_alphanumeric()
                        || next == '.'
                        || next == '_'
                        || is_exponent_sign)
                })
                .unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            (Some(Token::Number(number.to_owned())), after)
        }
        _ if is_name(first) => {
            let end = rest
                .find(|next: char| !is_name(next) && !next.is_ascii_digit())
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            (Some(Token::Word(word.to_owned())), after)
        }
        _ if first.is_whitespace() => (None, after_first),
        _ => (Some(Token::Symbol(first)), after_first),
    }
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '_' | '$') || !letter.is_ascii()
}

/// The content after an opening quote, with doubled quotes undone, and what follows the closing one.
fn quoted(open: char, rest: &str) -> (String, &str) {
    let close = if open == '[' { ']' } else { open };
    let mut content = String::new();
    let mut rest = rest;
    loop {
        let Some((before, after)) = rest.split_once(close) else {
            content.push_str(rest);
            return (content, "");
        };
        content.push_str(before);
        match after.strip_prefix(close) {
            Some(more) if open != '[' => {
                content.push(close);
                rest = more;
            }
            _ => return (content, after),
        }
    }
}

fn hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Vec<String> {
        let definition = parse_create_table(sql).unwrap();
        definition
            .columns
            .into_iter()
            .map(|column| column.name)
            .collect()
    }

    #[test]
    fn names_are_read_in_every_quoting() {
        let sql = "CREATE TABLE c2c_msg_table(\"40001\" INTEGER PRIMARY KEY NOT NULL, [40002] INT8, `x y` BLOB, 'text' TEXT, \"a\"\"b\" INT, 名字 TEXT)";
        assert_eq!(
            names(sql),
            ["40001", "40002", "x y", "text", "a\"b", "名字"]
        );
    }

    #[test]
    fn an_integer_primary_key_is_the_rowid() {
        for (sql, expected) in [
            ("CREATE TABLE t(a INTEGER PRIMARY KEY)", true),
            (
                "CREATE TABLE t(a integer primary key asc autoincrement)",
                true,
            ),
            ("CREATE TABLE t(a INTEGER PRIMARY KEY DESC)", false),
            ("CREATE TABLE t(a INT PRIMARY KEY)", false),
            ("CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a))", true),
            ("CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a DESC))", true),
            ("CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a, b))", false),
            (
                "CREATE TABLE t(a INTEGER, b, CONSTRAINT k PRIMARY KEY(\"A\"))",
                true,
            ),
            ("CREATE TABLE t(a INTEGER PRIMARY KEY) WITHOUT ROWID", false),
            ("CREATE TABLE t(a \"INTEGER\" PRIMARY KEY)", true),
        ] {
            let definition = parse_create_table(sql).unwrap();
            assert_eq!(definition.columns[0].is_rowid, expected, "{sql}");
        }
    }

    #[test]
    fn odd_clauses_do_not_make_columns() {
        let sql = "CREATE TABLE \"main\".\"t\" ( -- a comment, with (\n a DECIMAL(10, 2) DEFAULT (1 + 2) CHECK (a > ')' || ','), /* , x */\n \
                   b AS (a * 2), c TEXT GENERATED ALWAYS AS (a || ',') STORED, d DEFAULT -3.5e+2, e DEFAULT 'it''s',\n \
                   FOREIGN KEY(a) REFERENCES o(x) ON DELETE CASCADE, UNIQUE(a, b), CHECK(a) ) STRICT, WITHOUT ROWID";
        let definition = parse_create_table(sql).unwrap();
        assert_eq!(names(sql), ["a", "b", "c", "d", "e"]);
        assert!(definition.without_rowid);
        assert_eq!(definition.columns[0].declared_type, "DECIMAL(10,2)");
        let generated: Vec<bool> = definition
            .columns
            .iter()
            .map(|column| column.is_virtual)
            .collect();
        assert_eq!(generated, [false, true, false, false, false]);
        assert_eq!(
            definition.columns[3].default,
            Some(DefaultValue::Real(-350.0))
        );
        assert_eq!(
            definition.columns[4].default,
            Some(DefaultValue::Text("it's".into()))
        );
    }

    #[test]
    fn virtual_tables_and_other_things_are_told_apart() {
        assert!(
            parse_create_table("create virtual table f using fts5(a, b)")
                .unwrap()
                .is_virtual
        );
        assert_eq!(parse_create_table("CREATE INDEX i ON t(a)"), None);
        assert_eq!(parse_create_table(""), None);
        assert!(
            parse_create_table("CREATE TABLE t(")
                .unwrap()
                .columns
                .is_empty()
        );
        assert_eq!(names("CREATE TABLE t(a, \"b"), ["a", "b"]);
    }
}
