//! The tables of a database as its schema describes them.

use std::sync::Arc;

use crate::sql;

/// One table. Views and indexes are not listed.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name as written in the schema.
    pub name: Arc<str>,
    /// Its columns in declared order; empty for virtual tables and unreadable definitions.
    pub columns: Vec<Column>,
    /// The page where its b-tree starts; 0 for virtual tables.
    pub root_page: u32,
    /// Whether its rows are made up by an extension such as full-text search. Such tables cannot be scanned.
    pub is_virtual: bool,
    /// Whether it is stored under its primary key instead of a row number.
    pub without_rowid: bool,
    /// The `CREATE TABLE` text.
    pub sql: String,
    /// For each stored field of a record, the column it belongs to.
    pub(crate) stored: Vec<usize>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name without quotes.
    pub name: String,
    /// The type as declared, for example `VARCHAR(20)`; empty when none was given. What is stored can differ.
    pub declared_type: String,
    /// Whether this column is another name for the row number.
    pub is_rowid: bool,
    /// Whether the value is computed when read and so not stored; it reads as NULL here.
    pub is_virtual: bool,
    /// Whether NULL is forbidden.
    pub is_not_null: bool,
    /// What rows older than this column have, when the default is a literal.
    pub default: Option<DefaultValue>,
    /// How SQLite converts values on storing.
    pub(crate) affinity: Affinity,
}

/// A literal default value.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Type affinity. Source: <https://www.sqlite.org/datatype3.html> §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

impl Affinity {
    pub(crate) fn of(declared_type: &str) -> Self {
        let upper = declared_type.to_ascii_uppercase();
        let has = |part: &str| upper.contains(part);
        if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || upper.is_empty() {
            Self::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Numeric
        }
    }
}

impl DefaultValue {
    pub(crate) fn number(text: &str, is_negative: bool) -> Option<Self> {
        let digits = text.replace('_', "");
        if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
            let value = u64::from_str_radix(hex, 16).ok()?.cast_signed();
            return Some(Self::Integer(if is_negative {
                value.wrapping_neg()
            } else {
                value
            }));
        }
        let signed = if is_negative {
            format!("-{digits}")
        } else {
            digits
        };
        match signed.parse() {
            Ok(whole) => Some(Self::Integer(whole)),
            Err(_) => signed.parse().ok().map(Self::Real),
        }
    }

    /// The value as a column of this affinity stores it.
    pub(crate) fn applied(self, affinity: Affinity) -> Self {
        match (affinity, self) {
            (Affinity::Real, Self::Integer(whole)) => {
                #[expect(clippy::cast_precision_loss, reason = "SQLite converts the same way")]
                let value = whole as f64;
                Self::Real(value)
            }
            (Affinity::Text, Self::Integer(whole)) => Self::Text(whole.to_string()),
            (Affinity::Integer | Affinity::Numeric | Affinity::Real, Self::Text(text)) => {
                match text.trim().parse::<i64>() {
                    Ok(whole) => Self::Integer(whole).applied(affinity),
                    Err(_) => Self::Text(text),
                }
            }
            (_, other) => other,
        }
    }
}

impl Table {
    pub(crate) fn new(name: &str, root_page: u32, sql_text: &str) -> Self {
        let mut definition = sql::parse_create_table(sql_text).unwrap_or_default();
        for column in &mut definition.columns {
            let default = column.default.take();
            column.default = default.map(|value| value.applied(column.affinity));
        }
        let stored = stored_order(&definition);
        Self {
            name: name.into(),
            is_virtual: definition.is_virtual || root_page == 0,
            without_rowid: definition.without_rowid,
            columns: definition.columns,
            root_page,
            sql: sql_text.to_owned(),
            stored,
        }
    }

    /// The schema table itself, which lives on page 1 and is described nowhere.
    pub(crate) fn schema() -> Self {
        Self::new(
            "sqlite_schema",
            1,
            "CREATE TABLE sqlite_schema(type text,name text,tbl_name text,rootpage int,sql text)",
        )
    }

    /// The position of a column; case does not matter.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether this table has a column of that name; older schema versions may lack it.
    pub fn has_column(&self, name: &str) -> bool {
        self.column_index(name).is_some()
    }
}

/// Records of a table without rowid hold its key columns first; computed columns are stored nowhere.
fn stored_order(definition: &sql::Definition) -> Vec<usize> {
    let position = |name: &String| {
        definition
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    };
    let mut order: Vec<usize> = Vec::with_capacity(definition.columns.len());
    if definition.without_rowid {
        for index in definition.key.iter().filter_map(position) {
            if !order.contains(&index) {
                order.push(index);
            }
        }
    }
    for (index, column) in definition.columns.iter().enumerate() {
        if !column.is_virtual && (!definition.without_rowid || !order.contains(&index)) {
            order.push(index);
        }
    }
    order
}
