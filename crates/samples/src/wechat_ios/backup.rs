//! A backup of a tree as iTunes and Finder make it, plain or encrypted.

use std::path::{Path, PathBuf};

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use plist::{Dictionary, Uid, Value};
use rusqlite::params;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::ForgeError;
use crate::rng::Rng;
use crate::store::{Cipher, Store, make_folder, write_file};

/// Protection class of all files here.
const CLASS: u32 = 3;
const ROUNDS: u32 = 1000;
const FIRST_ROUNDS: u32 = 700;

/// A keyed archive whose root is object 1.
pub(super) fn keyed_archive(objects: Vec<Value>) -> Value {
    let top = Dictionary::from_iter([("root".to_owned(), Value::Uid(Uid::new(1)))]);
    Value::Dictionary(Dictionary::from_iter([
        ("$version".to_owned(), Value::from(100_000)),
        ("$archiver".to_owned(), Value::from("NSKeyedArchiver")),
        ("$top".to_owned(), Value::Dictionary(top)),
        ("$objects".to_owned(), Value::Array(objects)),
    ]))
}

/// Writes every file of `tree`, whose folders are domains, into a backup at `out`.
pub(super) fn write(
    tree: &Path,
    out: &Path,
    password: Option<(&str, u64)>,
) -> Result<(), ForgeError> {
    make_folder(out)?;
    let mut locks = password.map(|(password, seed)| Locks::new(password, seed));
    let manifest = out.join("Manifest.db");
    let store = Store::create(&manifest, &Cipher::None)?;
    store.run(
        "CREATE TABLE Files(fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);
         CREATE TABLE Properties(key TEXT PRIMARY KEY, value BLOB); BEGIN;",
    )?;
    let mut files = Vec::new();
    walk(tree, tree, &mut files)?;
    files.sort();
    for below in files {
        let (domain, path) = below.split_once('/').unwrap_or(("HomeDomain", &below));
        let id = hex::encode(Sha1::digest(format!("{domain}-{path}").as_bytes()));
        let bytes = read(&tree.join(&below))?;
        let size = bytes.len();
        let (stored, key) = match &mut locks {
            Some(locks) => {
                let key = locks.fresh_key();
                (encrypt(&key, &bytes, true), Some(locks.wrapped(&key)))
            }
            None => (bytes, None),
        };
        let prefix = id.get(..2).unwrap_or_default();
        write_file(&out.join(prefix).join(&id), &stored)?;
        store.put(
            "INSERT INTO Files VALUES(?1, ?2, ?3, 1, ?4)",
            params![id, domain, path, description(path, size, key)?],
        )?;
        // Folders have entries too.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let id = hex::encode(Sha1::digest(format!("{domain}-{folder}").as_bytes()));
        store.put(
            "INSERT OR IGNORE INTO Files VALUES(?1, ?2, ?3, 2, NULL)",
            params![id, domain, folder],
        )?;
    }
    store.run("COMMIT")?;
    store.close()?;
    let lockdown = Dictionary::from_iter([("ProductVersion".to_owned(), Value::from("17.4"))]);
    let program = Value::Dictionary(Dictionary::new());
    let programs = Dictionary::from_iter([("com.tencent.xin".to_owned(), program)]);
    let mut about = Dictionary::from_iter([
        ("IsEncrypted".to_owned(), Value::Boolean(locks.is_some())),
        ("Lockdown".to_owned(), Value::Dictionary(lockdown)),
        ("Applications".to_owned(), Value::Dictionary(programs)),
        ("Version".to_owned(), Value::from("10.0")),
    ]);
    if let Some(locks) = &mut locks {
        let key = locks.fresh_key();
        let plain = read(&manifest)?;
        write_file(&manifest, &encrypt(&key, &plain, false))?;
        about.insert("BackupKeyBag".to_owned(), Value::Data(locks.bag.clone()));
        about.insert("ManifestKey".to_owned(), Value::Data(locks.wrapped(&key)));
    }
    write_file(
        &out.join("Manifest.plist"),
        &binary(&Value::Dictionary(about))?,
    )?;
    let info = Dictionary::from_iter([("Device Name".to_owned(), Value::from("Phone"))]);
    write_file(&out.join("Info.plist"), &binary(&Value::Dictionary(info))?)
}

fn read(path: &Path) -> Result<Vec<u8>, ForgeError> {
    std::fs::read(path).map_err(|source| ForgeError::File {
        path: path.to_owned(),
        source,
    })
}

fn binary(value: &Value) -> Result<Vec<u8>, ForgeError> {
    let mut bytes = Vec::new();
    value
        .to_writer_binary(&mut bytes)
        .map_err(|source| ForgeError::File {
            path: PathBuf::from("a property list"),
            source: std::io::Error::other(source),
        })?;
    Ok(bytes)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<(), ForgeError> {
    let failed = |source| ForgeError::File {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            walk(root, &path, files)?;
        } else if let Ok(below) = path.strip_prefix(root) {
            files.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

/// The archived description of a file.
fn description(path: &str, size: usize, key: Option<Vec<u8>>) -> Result<Vec<u8>, ForgeError> {
    let uid = |number| Value::Uid(Uid::new(number));
    let mut file = Dictionary::from_iter([
        ("RelativePath".to_owned(), uid(2)),
        ("Size".to_owned(), Value::from(size as u64)),
        ("ProtectionClass".to_owned(), Value::from(CLASS)),
        ("LastModified".to_owned(), Value::from(1_700_000_000_u64)),
        ("$class".to_owned(), uid(3)),
    ]);
    let class = Dictionary::from_iter([("$classname".to_owned(), Value::from("MBFile"))]);
    let mut objects = vec![
        Value::from("$null"),
        Value::Boolean(false),
        Value::from(path),
        Value::Dictionary(class),
    ];
    if let Some(key) = key {
        file.insert("EncryptionKey".to_owned(), uid(4));
        let data = Dictionary::from_iter([("NS.data".to_owned(), Value::Data(key))]);
        objects.push(Value::Dictionary(data));
    }
    if let Some(place) = objects.get_mut(1) {
        *place = Value::Dictionary(file);
    }
    binary(&keyed_archive(objects))
}

/// The keys of an encrypted backup.
struct Locks {
    rng: Rng,
    class_key: [u8; 32],
    bag: Vec<u8>,
}

impl Locks {
    fn new(password: &str, seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0xBAC0);
        let salt: [u8; 20] = std::array::from_fn(|_| rng.draw().to_le_bytes()[0]);
        let first_salt: [u8; 20] = std::array::from_fn(|_| rng.draw().to_le_bytes()[0]);
        let mut first = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &first_salt, FIRST_ROUNDS, &mut first);
        let mut key = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha1>(&first, &salt, ROUNDS, &mut key);
        let mut locks = Self {
            rng,
            class_key: [0; 32],
            bag: Vec::new(),
        };
        locks.field(b"VERS", &4_u32.to_be_bytes());
        locks.field(b"TYPE", &1_u32.to_be_bytes());
        locks.field(b"UUID", &[7; 16]);
        locks.field(b"HMCK", &[0; 40]);
        locks.field(b"WRAP", &0_u32.to_be_bytes());
        locks.field(b"SALT", &salt);
        locks.field(b"ITER", &ROUNDS.to_be_bytes());
        locks.field(b"DPWT", &0_u32.to_be_bytes());
        locks.field(b"DPIC", &FIRST_ROUNDS.to_be_bytes());
        locks.field(b"DPSL", &first_salt);
        for class in 1..=11_u32 {
            let class_key = locks.fresh_key();
            if class == CLASS {
                locks.class_key = class_key;
            }
            locks.field(b"UUID", &[class.to_le_bytes()[0]; 16]);
            locks.field(b"CLAS", &class.to_be_bytes());
            locks.field(b"WRAP", &2_u32.to_be_bytes());
            locks.field(b"KTYP", &0_u32.to_be_bytes());
            locks.field(b"WPKY", &wrap(&key, &class_key));
        }
        locks
    }

    fn field(&mut self, tag: &[u8; 4], value: &[u8]) {
        let length = u32::try_from(value.len()).unwrap_or_default();
        self.bag.extend(tag);
        self.bag.extend(length.to_be_bytes());
        self.bag.extend(value);
    }

    fn fresh_key(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.rng.draw().to_le_bytes()[0])
    }

    /// The class, then the key wrapped with the class key.
    fn wrapped(&self, key: &[u8; 32]) -> Vec<u8> {
        [&CLASS.to_le_bytes()[..], &wrap(&self.class_key, key)].concat()
    }
}

/// RFC 3394, written from the other side than the reader's.
fn wrap(wrapping_key: &[u8; 32], key: &[u8; 32]) -> Vec<u8> {
    let cipher = Aes256::new(wrapping_key.into());
    let mut check = [0xa6_u8; 8];
    let mut halves: Vec<[u8; 8]> = key
        .chunks_exact(8)
        .map(|half| half.try_into().expect("chunks have eight bytes"))
        .collect();
    let count = halves.len() as u64;
    for round in 0..6_u64 {
        for (number, half) in (1_u64..).zip(&mut halves) {
            let mut block = [0; 16];
            let (left, right) = block.split_at_mut(8);
            left.copy_from_slice(&check);
            right.copy_from_slice(half);
            let mut block = block.into();
            cipher.encrypt_block(&mut block);
            let (left, right) = block.split_at(8);
            let step = count * round + number;
            check =
                (u64::from_be_bytes(left.try_into().expect("half a block")) ^ step).to_be_bytes();
            half.copy_from_slice(right);
        }
    }
    let mut out = check.to_vec();
    halves.iter().for_each(|half| out.extend(half));
    out
}

/// AES-256 in CBC mode after a block of zeros; with padding, or for whole blocks.
fn encrypt(key: &[u8; 32], bytes: &[u8], is_padded: bool) -> Vec<u8> {
    let cipher = Aes256::new(key.into());
    let mut out = bytes.to_vec();
    if is_padded {
        let count = 16 - out.len() % 16;
        out.resize(out.len() + count, u8::try_from(count).unwrap_or(16));
    }
    let mut before = [0_u8; 16];
    for block in out.chunks_exact_mut(16) {
        block
            .iter_mut()
            .zip(before)
            .for_each(|(byte, earlier)| *byte ^= earlier);
        let mut whole = [0; 16];
        whole.copy_from_slice(block);
        let mut whole = whole.into();
        cipher.encrypt_block(&mut whole);
        block.copy_from_slice(&whole);
        before.copy_from_slice(block);
    }
    out
}
