//! Databases written by SQLCipher, fast.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::{ForgeError, QqHmac};

/// How a database is encrypted.
#[derive(Clone, Debug)]
pub(crate) enum Cipher {
    /// SQLCipher 4 defaults; the 32 bytes go through the key derivation.
    Account([u8; 32]),
    /// SQLCipher 4 defaults; the 32 bytes are the page key.
    Raw([u8; 32]),
    /// SQLCipher 3 with pages of this size; the 32 bytes go through the key derivation.
    OldAccount { key: [u8; 32], page: u32 },
    /// SQLCipher 3 with pages of this size; the 32 bytes are the page key.
    OldRaw { key: [u8; 32], page: u32 },
    /// The QQ profile with a passphrase.
    Passphrase { text: String, hmac: QqHmac },
    /// The first profile of SQLCipher, as Android has it: small pages and no code.
    Android(String),
    /// The third profile with a passphrase, as the PC backup has it.
    Backup(String),
    /// Not at all.
    None,
}

impl QqHmac {
    /// SQLCipher's name, which is also the one in the wrapper header.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "HMAC_SHA1",
            Self::Sha256 => "HMAC_SHA256",
            Self::Sha512 => "HMAC_SHA512",
        }
    }
}

/// A database being written.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) connection: Connection,
    path: PathBuf,
}

/// SQLCipher keeps its default page HMAC for the whole process; one database at a time may be keyed.
static DEFAULTS: Mutex<()> = Mutex::new(());

/// Gives a new database its key.
///
/// A page HMAC that is chosen after the key leaves the room of the default one in every page, and
/// byte 20 of the header tells. The messengers' own files have no such gap, so the choice is made
/// before the key, by way of the default.
fn unlock(connection: &Connection, cipher: &Cipher) -> rusqlite::Result<()> {
    let _guard = DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner);
    match cipher {
        // `hexkey` hands the bytes to SQLCipher as they are: a passphrase of 32 bytes.
        Cipher::Account(key) => {
            connection.execute_batch(&format!("PRAGMA hexkey='{}';", hex::encode(key)))
        }
        Cipher::Raw(key) => {
            connection.execute_batch(&format!("PRAGMA key=\"x'{}'\";", hex::encode(key)))
        }
        Cipher::Passphrase { text, hmac } => {
            let keyed = connection.execute_batch(&format!(
                "PRAGMA cipher_default_hmac_algorithm={};
                 PRAGMA key='{}';
                 PRAGMA cipher_page_size=4096;
                 PRAGMA kdf_iter=4000;
                 PRAGMA cipher_kdf_algorithm=PBKDF2_HMAC_SHA512;",
                hmac.name(),
                text.replace('\'', "''"),
            ));
            connection.execute_batch("PRAGMA cipher_default_hmac_algorithm=HMAC_SHA512;")?;
            keyed
        }
        Cipher::Android(text) => keyed_as(
            connection,
            "PRAGMA cipher_default_compatibility=1; PRAGMA cipher_default_use_hmac=OFF;",
            text,
        ),
        Cipher::OldAccount { key, page } => old(
            connection,
            *page,
            &format!("PRAGMA hexkey='{}';", hex::encode(key)),
        ),
        Cipher::OldRaw { key, page } => old(
            connection,
            *page,
            &format!("PRAGMA key=\"x'{}'\";", hex::encode(key)),
        ),
        Cipher::Backup(text) => keyed_as(
            connection,
            "PRAGMA cipher_default_compatibility=3; PRAGMA cipher_default_page_size=4096;",
            text,
        ),
        Cipher::None => connection.execute_batch("PRAGMA page_size=4096;"),
    }
}

/// Gives a key under other defaults, which are set back afterwards.
fn keyed_as(connection: &Connection, defaults: &str, text: &str) -> rusqlite::Result<()> {
    let keyed = connection.execute_batch(&format!(
        "{defaults} PRAGMA key='{}'; SELECT count(*) FROM sqlite_schema;",
        text.replace('\'', "''")
    ));
    connection.execute_batch(
        "PRAGMA cipher_default_use_hmac=ON; PRAGMA cipher_default_compatibility=4;",
    )?;
    keyed
}

/// Gives a key under the defaults of SQLCipher 3. As above, these must stand before the key.
fn old(connection: &Connection, page: u32, key: &str) -> rusqlite::Result<()> {
    let keyed = connection.execute_batch(&format!(
        "PRAGMA cipher_default_compatibility=3;
         PRAGMA cipher_default_page_size={page};
         {key}"
    ));
    connection.execute_batch(
        "PRAGMA cipher_default_compatibility=4; PRAGMA cipher_default_page_size=4096;",
    )?;
    keyed
}

/// File name of `path` for messages.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

impl Store {
    /// Creates a database for bulk writing: no journal, no syncs, little memory.
    pub(crate) fn create(path: &Path, cipher: &Cipher) -> Result<Self, ForgeError> {
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        match std::fs::remove_file(path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(ForgeError::File {
                    path: path.to_owned(),
                    source,
                });
            }
            _ => {}
        }
        let failed = |source| ForgeError::Database {
            name: name_of(path),
            source,
        };
        let connection = Connection::open(path).map_err(failed)?;
        unlock(&connection, cipher).map_err(failed)?;
        connection
            .execute_batch(
                "PRAGMA locking_mode=EXCLUSIVE;
                 PRAGMA journal_mode=OFF;
                 PRAGMA synchronous=OFF;
                 PRAGMA temp_store=FILE;
                 PRAGMA cache_size=-16000;",
            )
            .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Opens a database that was made before, to add to it.
    pub(crate) fn reopen(path: &Path, cipher: &Cipher) -> Result<Self, ForgeError> {
        let failed = |source| ForgeError::Database {
            name: name_of(path),
            source,
        };
        let connection = Connection::open(path).map_err(failed)?;
        unlock(&connection, cipher).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Turns a cause into an error that names this database.
    pub(crate) fn explain(&self, source: rusqlite::Error) -> ForgeError {
        ForgeError::Database {
            name: name_of(&self.path),
            source,
        }
    }

    /// Runs statements.
    pub(crate) fn run(&self, sql: &str) -> Result<(), ForgeError> {
        self.connection
            .execute_batch(sql)
            .map_err(|source| self.explain(source))
    }

    /// Runs one statement with parameters.
    pub(crate) fn put(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), ForgeError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map(|_| ())
            .map_err(|source| self.explain(source))
    }

    /// Takes less memory, for databases that are written beside the main ones.
    pub(crate) fn narrow(&self) -> Result<(), ForgeError> {
        self.run("PRAGMA cache_size=-2000;")
    }

    /// Marks the file as one that is written through a log, as both messengers do.
    pub(crate) fn enter_wal(&self) -> Result<(), ForgeError> {
        self.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;")
    }

    /// Fills the log with frames and carries them over, so that the next transaction begins the log
    /// anew and leaves the old frames behind its end, as a long-running client does.
    pub(crate) fn leave_stale_frames(&self) -> Result<(), ForgeError> {
        self.run(
            "BEGIN; CREATE TABLE tidy(x); INSERT INTO tidy VALUES(zeroblob(900000)); COMMIT;
             BEGIN; DROP TABLE tidy; COMMIT;
             PRAGMA wal_checkpoint(PASSIVE);",
        )
    }

    /// Closes the file; the log stays beside it.
    pub(crate) fn close_with_log(self) -> Result<(), ForgeError> {
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(|source| ForgeError::Database {
                name: name_of(&self.path),
                source,
            })?;
        self.close()
    }

    /// Closes the file; a log is carried over and removed.
    pub(crate) fn close(self) -> Result<(), ForgeError> {
        let Self { connection, path } = self;
        connection
            .close()
            .map_err(|(_, source)| ForgeError::Database {
                name: name_of(&path),
                source,
            })
    }
}

/// Creates a folder and its parents.
pub(crate) fn make_folder(path: &Path) -> Result<(), ForgeError> {
    std::fs::create_dir_all(path).map_err(|source| ForgeError::File {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file and its folder.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ForgeError> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    std::fs::write(path, bytes).map_err(|source| ForgeError::File {
        path: path.to_owned(),
        source,
    })
}
