//! Forged accounts, an archive beside them, and what an export of it says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hutong::model::{MessageId, Timestamp};
use hutong::sinks::{Language, Options, Output};
use hutong::{
    Archive, ArchiveAccess, AttachmentMode, Error, ExportRequest, ImportReport, ImportRequest,
    KeyRing, Progress, Protection, Query, find_inputs,
};
use hutong_samples::{Forged, Plan, WechatKeys, WechatStyle, qq_nt, wechat4};
use tempfile::TempDir;

pub(crate) const NOW_MS: i64 = 1_750_000_000_000;

/// Which messenger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    WeChat,
    Qq,
}

pub(crate) const KINDS: [Kind; 2] = [Kind::WeChat, Kind::Qq];

/// A plan whose databases open fast: each file has its own key, so that none has to be stretched.
pub(crate) fn plan(messages: u64) -> Plan {
    let wechat = WechatStyle {
        keys: WechatKeys::PerFile,
        ..WechatStyle::default()
    };
    Plan {
        messages,
        wechat,
        ..Plan::default()
    }
}

/// A forged account in a folder of its own.
pub(crate) struct Set {
    pub(crate) folder: TempDir,
    pub(crate) forged: Forged,
    pub(crate) kind: Kind,
}

impl Set {
    pub(crate) fn new(kind: Kind, plan: &Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let forge = match kind {
            Kind::WeChat => wechat4,
            Kind::Qq => qq_nt,
        };
        let forged = forge(plan, &folder.path().join("input"), &mut |_| {}).unwrap();
        Self {
            folder,
            forged,
            kind,
        }
    }

    pub(crate) fn source(&self) -> &'static str {
        match self.kind {
            Kind::WeChat => "wechat_pc4",
            Kind::Qq => "qq_nt",
        }
    }

    pub(crate) fn keys(&self) -> String {
        std::fs::read_to_string(&self.forged.key_file).unwrap()
    }

    pub(crate) fn truth(&self) -> String {
        std::fs::read_to_string(&self.forged.truth).unwrap()
    }
}

/// An archive that does not exist before something is imported.
pub(crate) struct Home {
    folder: TempDir,
    access: ArchiveAccess<'static>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.hutong");
        let make = move || Archive::create(&path, &Protection::Device, NOW_MS);
        Self {
            folder,
            access: ArchiveAccess::Create(Box::new(make)),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("my.hutong")
    }

    pub(crate) fn archive(&self) -> &Archive {
        self.access.archive().unwrap()
    }

    pub(crate) fn archive_mut(&mut self) -> &mut Archive {
        match &mut self.access {
            ArchiveAccess::Open(archive) => archive,
            ArchiveAccess::Create(_) => panic!("nothing was imported"),
        }
    }

    pub(crate) fn import(&mut self, set: &Set) -> ImportReport {
        self.try_import(&set.forged.root, set.source(), &set.keys(), &|_| {})
            .unwrap()
    }

    pub(crate) fn try_import(
        &mut self,
        path: &Path,
        source: &str,
        key_text: &str,
        change: &dyn Fn(&mut ImportRequest<'_>),
    ) -> Result<ImportReport, Error> {
        let found = find_inputs(path, Some(source))?;
        let keys = if key_text.is_empty() {
            KeyRing::default()
        } else {
            KeyRing::from_text(key_text).unwrap()
        };
        let mut request = ImportRequest {
            found: &found[0],
            keys,
            key_text,
            account: None,
            keep_raw: false,
            attachments: AttachmentMode::Copy,
            zone: None,
            again: false,
            dry_run: false,
            now_ms: &|| NOW_MS,
            progress: Arc::new(Progress::default()),
        };
        change(&mut request);
        hutong::import(&mut self.access, &request)
    }

    /// The whole archive as HCX message lines.
    pub(crate) fn export(&self) -> String {
        export(self.archive(), "jsonl", "")
    }

    pub(crate) fn sorted_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.export().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// Ids that a query finds.
    pub(crate) fn search(&self, query: &str) -> Vec<MessageId> {
        let archive = self.archive();
        let query = Query::parse(query, &jiff::tz::TimeZone::UTC).unwrap();
        let selection = archive.select(query, &archive.names().unwrap()).unwrap();
        let mut found = Vec::new();
        let mut reader = archive.reader().unwrap();
        reader
            .search::<hutong::ArchiveError>(&selection, &mut |message| {
                found.push(message.id);
                Ok(true)
            })
            .unwrap();
        found
    }
}

/// Bytes written by somebody else.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a query selects, in a format that goes into one stream.
pub(crate) fn export(archive: &Archive, format: &str, query: &str) -> String {
    let names = archive.names().unwrap();
    let query = Query::parse(query, &jiff::tz::TimeZone::UTC).unwrap();
    let out = Shared::default();
    let progress = Progress::default();
    let request = ExportRequest {
        format,
        selection: archive.select(query, &names).unwrap(),
        output: Output::Stream(Box::new(out.clone())),
        language: Language::En,
        zone: jiff::tz::TimeZone::UTC,
        title: "test".to_owned(),
        generated_at: Some(Timestamp(NOW_MS)),
        options: Options::default(),
        wxgf: None,
        edit: None,
        progress: &progress,
    };
    let written = hutong::export(archive, &names, request).unwrap();
    let text = String::from_utf8(std::mem::take(&mut *out.0.lock().unwrap())).unwrap();
    if format == "jsonl" {
        assert_eq!(written.messages, text.lines().count() as u64);
    }
    text
}

/// Every file below a folder: path, bytes, time of change.
pub(crate) fn state_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
                found.push((path.clone(), std::fs::read(&path).unwrap(), changed));
            }
        }
    }
    found.sort();
    found
}

/// Adds up, as promise 1 says.
pub(crate) fn assert_adds_up(report: &ImportReport) {
    assert_eq!(
        report.rows_read,
        report.added + report.known + report.rejected,
        "{report:?}"
    );
}
