//! Databases by SQLite itself, whose first page is overwritten.

use super::*;

const TABLES: &[LostTable] = &[
    LostTable {
        name: "group_table",
        columns: "[1] INTEGER PRIMARY KEY,[2] INTEGER,[3] TEXT,[4] BLOB",
        marks: &[("2", &[2])],
        numbered_by: "",
    },
    LostTable {
        name: "direct_table",
        columns: "[1] INTEGER PRIMARY KEY,[2] INTEGER,[3] TEXT,[4] BLOB",
        marks: &[("2", &[1, 100])],
        numbered_by: "",
    },
    LostTable {
        name: "Chat_*",
        columns: "id INTEGER PRIMARY KEY, at INTEGER, words TEXT, who TEXT, state INTEGER",
        marks: &[],
        numbered_by: "",
    },
];

/// A database with a page of zeros instead of its first.
fn without_first_page(make: &dyn Fn(&rusqlite::Connection), page_size: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "page_size", page_size)
        .unwrap();
    make(&connection);
    connection.close().unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    bytes[..page_size as usize].fill(0);
    bytes
}

fn counts(bytes: Vec<u8>, tables: &[LostTable]) -> Option<Vec<(String, usize)>> {
    let rebuilt = Rebuilt::new(Arc::new(bytes), tables).unwrap()?;
    let database = Database::open(PlainPages::open(Arc::new(rebuilt), None).unwrap()).unwrap();
    let mut counts: Vec<(String, usize)> = database
        .tables()
        .iter()
        .map(|table| {
            let mut cursor = database.scan(table, &[]).unwrap();
            let mut rows = 0;
            while let Some(row) = cursor.next() {
                rows += usize::from(row.is_ok());
            }
            (table.name.to_string(), rows)
        })
        .collect();
    counts.sort();
    Some(counts)
}

#[test]
fn tables_are_told_by_their_columns_and_marks() {
    for page_size in [1_024, 4_096] {
        let bytes = without_first_page(
            &|connection| {
                connection
                    .execute_batch(
                        "CREATE TABLE direct_table([1] INTEGER PRIMARY KEY,[2] INTEGER,[3] TEXT,[4] BLOB);
                         CREATE TABLE group_table([1] INTEGER PRIMARY KEY,[2] INTEGER,[3] TEXT,[4] BLOB);
                         CREATE INDEX by_text ON group_table([3]);
                         BEGIN;",
                    )
                    .unwrap();
                for number in 0..3_000 {
                    let table = if number % 3 == 0 {
                        "direct_table"
                    } else {
                        "group_table"
                    };
                    connection
                        .execute(
                            &format!("INSERT INTO {table} VALUES(?1, ?2, ?3, ?4)"),
                            (
                                number,
                                if number % 3 == 0 { 1 } else { 2 },
                                format!("第 {number} 句"),
                                vec![7_u8; usize::try_from(number % 900).unwrap()],
                            ),
                        )
                        .unwrap();
                }
                connection.execute_batch("COMMIT").unwrap();
            },
            page_size,
        );
        assert_eq!(
            counts(bytes.clone(), TABLES).unwrap(),
            [
                ("direct_table".to_owned(), 1_000),
                ("group_table".to_owned(), 2_000)
            ],
            "pages of {page_size}"
        );
        assert_eq!(counts(bytes, &[]), None, "nothing is known of its tables");
    }
}

#[test]
fn what_is_left_of_a_long_schema_is_used() {
    let bytes = without_first_page(
        &|connection| {
            for number in 0..120 {
                connection
                    .execute_batch(&format!(
                        "CREATE TABLE Chat_{number:032x}(id INTEGER PRIMARY KEY, at INTEGER, words TEXT, who TEXT, state INTEGER);
                         INSERT INTO Chat_{number:032x} VALUES(1, 5, 'a', 'b', 0), (2, 5, 'a', NULL, 1);"
                    ))
                    .unwrap();
            }
        },
        4_096,
    );
    let found = counts(bytes, TABLES).unwrap();
    assert_eq!(found.len(), 120);
    assert!(found.iter().all(|(_, rows)| *rows == 2));
    assert!(
        found
            .iter()
            .any(|(name, _)| name == &format!("Chat_{:032x}", 119)),
        "names that stand in the schema are kept"
    );
}

#[test]
fn a_table_that_nobody_names_gets_a_name_of_its_own() {
    let bytes = without_first_page(
        &|connection| {
            connection
                .execute_batch(
                    "CREATE TABLE Chat_x(id INTEGER PRIMARY KEY, at INTEGER, words TEXT, who TEXT, state INTEGER);
                     CREATE TABLE Chat_y(id INTEGER PRIMARY KEY, at INTEGER, words TEXT, who TEXT, state INTEGER);
                     INSERT INTO Chat_x VALUES(1, 5, 'a', 'b', 0);
                     INSERT INTO Chat_y VALUES(1, 5, 'a', 'b', 0), (7, 6, 'c', 'd', 1);",
                )
                .unwrap();
        },
        4_096,
    );
    let found = counts(bytes, TABLES).unwrap();
    assert_eq!(
        found,
        [
            (format!("Chat_{:032x}", 2), 1),
            (format!("Chat_{:032x}", 3), 2)
        ]
    );
}

#[test]
fn what_is_no_database_is_left_alone() {
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[1])
        .collect();
    for bytes in [vec![], vec![0; 100_000], noise, b"hello ".repeat(9_000)] {
        assert_eq!(counts(bytes, TABLES), None);
    }
}
