//! Writes protobuf and plain databases for the other tests, from the fact sheet and not from our reader.

use std::path::Path;

use rusqlite::{Connection, ToSql};

/// A protobuf message under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Proto(pub(super) Vec<u8>);

impl Proto {
    pub(super) fn varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.0.push(low & 0x7F);
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn number(mut self, tag: u32, value: u64) -> Self {
        self.varint(u64::from(tag) << 3);
        self.varint(value);
        self
    }

    pub(super) fn bytes(mut self, tag: u32, value: &[u8]) -> Self {
        self.varint(u64::from(tag) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn text(self, tag: u32, value: &str) -> Self {
        self.bytes(tag, value.as_bytes())
    }

    pub(super) fn nest(self, tag: u32, value: &Self) -> Self {
        self.bytes(tag, &value.0)
    }
}

/// An element of a type.
pub(super) fn element(kind: u64) -> Proto {
    Proto::default()
        .number(45001, 7_321_000_000_000_000_001)
        .number(45002, kind)
}

/// A gray tip of a kind.
pub(super) fn tip(sub: u64) -> Proto {
    element(8).number(45003, sub)
}

/// A text element.
pub(super) fn words(text: &str) -> Proto {
    element(1).text(45101, text).number(45102, 0)
}

/// Column 40800.
pub(super) fn body(elements: &[Proto]) -> Vec<u8> {
    elements
        .iter()
        .fold(Proto::default(), |body, element| body.nest(40800, element))
        .0
}

/// A cached message of column 40900: columns as tags, elements and further cached messages at the same level.
pub(super) fn cached(head: Proto, elements: &[Proto], inner: &[u8]) -> Proto {
    let mut message = head;
    message.0.extend(body(elements));
    message.0.extend(inner);
    message
}

/// All columns of the newest generation that matter here.
const COLUMNS: &str = "[40001] INTEGER PRIMARY KEY,[40002] INTEGER,[40003] INTEGER,[40010] INTEGER,[40011] INTEGER,\
[40012] INTEGER,[40013] INTEGER,[40020] TEXT,[40026] INTEGER,[40021] TEXT,[40027] INTEGER,[40040] INTEGER,\
[40041] INTEGER,[40050] INTEGER,[40052] INTEGER,[40090] TEXT,[40093] TEXT,[40800] BLOB,[40900] BLOB,[40105] INTEGER,\
[40005] INTEGER,[40058] INTEGER,[40006] INTEGER,[40100] INTEGER,[40600] BLOB,[40060] INTEGER,[40850] INTEGER,\
[40851] INTEGER,[40601] BLOB,[40801] BLOB,[40605] BLOB,[40030] INTEGER,[40033] INTEGER,[40062] BLOB,[40083] INTEGER,\
[40084] INTEGER";

pub(super) const OWNER: &str = "u_owner00000000000000000";
pub(super) const OWNER_UIN: i64 = 10_001;
pub(super) const FRIEND: &str = "u_friend0000000000000000";
pub(super) const FRIEND_UIN: i64 = 20_002;
pub(super) const GROUP: i64 = 700_100;
/// Any time; tests count seconds from here.
pub(super) const START: i64 = 1_700_000_000;

/// A column value of a row.
pub(super) type Cell = (u32, Box<dyn ToSql>);

pub(super) fn cell(column: u32, value: impl ToSql + 'static) -> Cell {
    (column, Box::new(value))
}

/// A plain message database.
pub(super) struct Database(pub(super) Connection);

impl Database {
    pub(super) fn create(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        for table in [
            "c2c_msg_table",
            "group_msg_table",
            "dataline_msg_table",
            "c2c_temp_msg_table",
            "discuss_msg_table",
            "ai_assistant_msg_table",
            "service_assistant_msg_table",
        ] {
            connection
                .execute_batch(&format!("CREATE TABLE {table}({COLUMNS},[40094] TEXT)"))
                .unwrap();
        }
        connection
            .execute_batch(
                "CREATE TABLE nt_uid_mapping_table([48901] INTEGER PRIMARY KEY AUTOINCREMENT,[48902] TEXT,[48912] TEXT,[1002] INTEGER)",
            )
            .unwrap();
        Self(connection)
    }

    /// Lets the mapping table know uid and number of the owner.
    pub(super) fn know_owner(&self) {
        let sql = "INSERT INTO nt_uid_mapping_table VALUES(9, ?1, NULL, ?2)";
        self.0.execute(sql, (OWNER, OWNER_UIN)).unwrap();
    }

    pub(super) fn insert(&self, table: &str, cells: &[Cell]) {
        let columns: Vec<String> = cells
            .iter()
            .map(|(column, _)| format!("[{column}]"))
            .collect();
        let marks = vec!["?"; cells.len()].join(",");
        let sql = format!("INSERT INTO {table}({}) VALUES({marks})", columns.join(","));
        let values: Vec<&dyn ToSql> = cells.iter().map(|(_, value)| &**value).collect();
        self.0.execute(&sql, values.as_slice()).unwrap();
    }

    fn insert_over(&self, table: &str, mut cells: Vec<Cell>, over: Vec<Cell>) {
        cells.retain(|(column, _)| over.iter().all(|(other, _)| other != column));
        cells.extend(over);
        self.insert(table, &cells);
    }

    /// A row between the owner and the friend, `number` seconds after the start; `over` replaces cells.
    pub(super) fn private(&self, number: i64, is_mine: bool, elements: &[Proto], over: Vec<Cell>) {
        let (uid, uin) = if is_mine {
            (OWNER, OWNER_UIN)
        } else {
            (FRIEND, FRIEND_UIN)
        };
        let cells = vec![
            cell(40001, id(number)),
            cell(40002, 900 + number),
            cell(40003, 0),
            cell(40005, 100 + number),
            cell(40010, 1),
            cell(40011, 2),
            cell(40012, 1),
            cell(40013, i64::from(is_mine)),
            cell(40020, uid),
            cell(40021, FRIEND),
            cell(40027, 1),
            cell(40030, FRIEND_UIN),
            cell(40033, uin),
            cell(40050, START + number),
            cell(40800, body(elements)),
        ];
        self.insert_over("c2c_msg_table", cells, over);
    }

    /// A row of the group by the friend.
    pub(super) fn group(&self, number: i64, elements: &[Proto], over: Vec<Cell>) {
        let cells = vec![
            cell(40001, id(number)),
            cell(40002, 900 + number),
            cell(40003, 5_000 + number),
            cell(40010, 2),
            cell(40011, 2),
            cell(40012, 1),
            cell(40013, 0),
            cell(40020, FRIEND),
            cell(40021, GROUP.to_string()),
            cell(40027, GROUP),
            cell(40030, GROUP),
            cell(40033, FRIEND_UIN),
            cell(40050, START + number),
            cell(40800, body(elements)),
        ];
        self.insert_over("group_msg_table", cells, over);
    }
}

/// 40001 of row `number`.
pub(super) const fn id(number: i64) -> i64 {
    (START + number) << 32 | number
}
