//! Invented encrypted databases, made with SQLCipher.

use std::sync::{Arc, Mutex, PoisonError};

use hutong_crypto::{Container, Family, KeyRing, OpenError};
use hutong_sqlite::{Database, ReadAt};
use rusqlite::Connection;

/// 32 printable bytes, so that they can be given to SQLCipher as a passphrase.
pub(crate) const ACCOUNT_KEY: &str = "abcdefghijklmnopqrstuvwxyz012345";
/// The same as users have it: 64 hex digits.
pub(crate) const ACCOUNT_KEY_HEX: &str =
    "6162636465666768696a6b6c6d6e6f707172737475767778797a303132333435";
pub(crate) const RAW_KEY: &str = "0f0e0d0c0b0a09080706050403020100f0e0d0c0b0a090807060504030201000";
pub(crate) const QQ_PASSPHRASE: &str = "a'b,c\"d`e{f}g=h#";

/// How SQLCipher is told to encrypt.
pub(crate) struct Recipe {
    pub(crate) defaults: &'static str,
    pub(crate) key: String,
}

const MODERN: &str = "PRAGMA cipher_default_compatibility = 4;";
pub(crate) const WECHAT_3: &str =
    "PRAGMA cipher_default_compatibility = 3; PRAGMA cipher_default_page_size = 4096;";
const QQ: &str = "PRAGMA cipher_default_compatibility = 4; PRAGMA cipher_default_kdf_iter = 4000;";

impl Recipe {
    pub(crate) fn new(defaults: &'static str, key: &str) -> Self {
        Self {
            defaults,
            key: key.replace('\'', "''"),
        }
    }

    pub(crate) fn wechat_4_account() -> Self {
        Self::new(MODERN, ACCOUNT_KEY)
    }

    pub(crate) fn wechat_4_raw() -> Self {
        Self::raw(MODERN)
    }

    pub(crate) fn raw(defaults: &'static str) -> Self {
        Self::new(defaults, &format!("x'{RAW_KEY}'"))
    }

    pub(crate) fn qq(hash: &str) -> Self {
        let defaults: &'static str = match hash {
            "HMAC_SHA1" => "PRAGMA cipher_default_hmac_algorithm = HMAC_SHA1;",
            "HMAC_SHA256" => "PRAGMA cipher_default_hmac_algorithm = HMAC_SHA256;",
            _ => "PRAGMA cipher_default_hmac_algorithm = HMAC_SHA512;",
        };
        Self::new(defaults, QQ_PASSPHRASE)
    }

    pub(crate) fn qq_with_key(key: &str) -> Self {
        Self::new("PRAGMA cipher_default_hmac_algorithm = HMAC_SHA1;", key)
    }

    fn is_qq(&self) -> bool {
        self.defaults.contains("default_hmac_algorithm")
    }
}

/// A database that SQLCipher has open.
pub(crate) struct Encrypted {
    folder: tempfile::TempDir,
    pub(crate) connection: Connection,
}

/// The defaults of SQLCipher hold for the whole process.
static DEFAULTS: Mutex<()> = Mutex::new(());

impl Encrypted {
    /// An empty database in WAL mode whose log is never written back by itself.
    pub(crate) fn new(recipe: &Recipe) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let guard = DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner);
        let defaults = Connection::open_in_memory().unwrap();
        if recipe.is_qq() {
            defaults.execute_batch(QQ).unwrap();
        }
        defaults.execute_batch(recipe.defaults).unwrap();
        let connection = Connection::open(folder.path().join("t.db")).unwrap();
        connection
            .execute_batch(&format!(
                "PRAGMA key = '{}'; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
                 CREATE TABLE message(local_id INTEGER PRIMARY KEY, message_content TEXT, packed BLOB);",
                recipe.key
            ))
            .unwrap();
        defaults
            .execute_batch(
                "PRAGMA cipher_default_compatibility = 4; PRAGMA cipher_default_kdf_iter = 256000;",
            )
            .unwrap();
        drop(guard);
        Self { folder, connection }
    }

    pub(crate) fn with_rows(recipe: &Recipe, rows: i64) -> Self {
        let built = Self::new(recipe);
        built.insert(1, rows);
        built.checkpoint();
        built
    }

    /// Rows `first` to `last`; every tenth one is long.
    pub(crate) fn insert(&self, first: i64, last: i64) {
        self.connection.execute_batch("BEGIN").unwrap();
        for id in first..=last {
            let long = if id % 10 == 0 { 9000 } else { 30 };
            self.connection
                .execute(
                    "INSERT INTO message VALUES (?1, ?2, zeroblob(?3))",
                    (id, text(id), long),
                )
                .unwrap();
        }
        self.connection.execute_batch("COMMIT").unwrap();
    }

    pub(crate) fn checkpoint(&self) {
        self.connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
    }

    pub(crate) fn main(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("t.db")).unwrap()
    }

    pub(crate) fn wal(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("t.db-wal")).unwrap_or_default()
    }
}

pub(crate) fn text(id: i64) -> String {
    format!("消息 number {id}")
}

pub(crate) fn open(
    main: Vec<u8>,
    wal: Vec<u8>,
    keys: &KeyRing,
    family: Family,
) -> Result<Container, OpenError> {
    let wal: Arc<dyn ReadAt> = Arc::new(wal);
    Container::open(
        Arc::new(main),
        Some(wal),
        "message/message_0.db",
        keys,
        family,
    )
}

/// All row numbers, checked for their text, and the texts of all damage.
pub(crate) fn rows(container: Container) -> (Vec<i64>, Vec<String>) {
    let database = Database::open(container).unwrap();
    let table = database.table("message").unwrap();
    let mut cursor = database
        .scan(table, &["message_content", "packed"])
        .unwrap();
    let mut found = Vec::new();
    let mut damage = Vec::new();
    while let Some(row) = cursor.next() {
        match row {
            Ok(row) => {
                assert_eq!(row.text(0).unwrap(), text(row.rowid()));
                assert!(row.bytes(1).unwrap().iter().all(|byte| *byte == 0));
                found.push(row.rowid());
            }
            Err(error) => damage.push(error.to_string()),
        }
    }
    (found, damage)
}

/// Opens, reads and counts rows, without any damage.
pub(crate) fn count(built: &Encrypted, keys: &KeyRing, family: Family) -> usize {
    let container = open(built.main(), built.wal(), keys, family).unwrap();
    let (found, damage) = rows(container);
    assert_eq!(damage, Vec::<String>::new());
    found.len()
}

/// The 1,024 bytes that QQ puts in front.
pub(crate) fn wrapped(key_meta: &str, hmac: &str, body: &[u8]) -> Vec<u8> {
    let mut fields = vec![0x12, u8::try_from(key_meta.len() & 0x7f).unwrap()];
    if key_meta.len() > 127 {
        fields = vec![
            0x12,
            0x80 | u8::try_from(key_meta.len() & 0x7f).unwrap(),
            u8::try_from(key_meta.len() >> 7).unwrap(),
        ];
    }
    fields.extend(key_meta.as_bytes());
    fields.extend([0x1a, 7]);
    fields.extend(b"1.1.0.1");
    fields.extend([0x22, u8::try_from(hmac.len()).unwrap()]);
    fields.extend(hmac.as_bytes());
    let mut file = b"SQLite header 3\0".to_vec();
    file.resize(32, 0);
    file.extend(b"QQ_NT DB");
    file.extend(u32::try_from(fields.len()).unwrap().to_le_bytes());
    file.extend(fields);
    file.resize(1024, 0);
    file.extend(body);
    file
}
