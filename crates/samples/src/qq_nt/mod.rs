//! QQ NT: an account folder with wrapped, encrypted databases and media.

mod attach;
mod cast;
mod companions;
mod container;
mod draft;
mod elements;
mod everyday;
mod rows;
mod scenes;
mod schema;
mod stage;
mod tips;

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use serde_json::json;

use crate::rng::Rng;
use crate::store::{make_folder, write_file};
use crate::text::Composer;
use crate::timeline::{Beat, Timeline};
use crate::truth::Truth;
use crate::{ForgeError, Forged, Plan, QqPlatform};

use attach::Files;
use cast::Cast;
use container::Wrapper;
use scenes::SCENES;
use stage::{Props, Stage};

/// Batches that may wait for the writer.
const WAITING: usize = 4;

/// Forges a QQ NT account folder below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file or database cannot be written.
pub fn qq_nt(plan: &Plan, dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Forged, ForgeError> {
    let cast = Cast::new(plan.seed, plan.messages);
    let owner = cast.owner();
    let wrapper = Wrapper::new(plan, owner.uid.clone());
    let (root, folder) = folders(plan, &cast, dir);
    make_folder(&folder)?;
    let mut keys = json!({ "key": wrapper.passphrase("nt_msg.db"), "uin": owner.digits });
    if plan.qq.platform != QqPlatform::Desktop
        && let Some(keys) = keys.as_object_mut()
    {
        keys.insert("uid".to_owned(), owner.uid.clone().into());
    }
    if plan.qq.platform == QqPlatform::Mobile {
        // Somebody else used the same phone.
        for (number, uid) in [
            ("10001", "u_AAAAAAAAAAAAAAAAAAAAAA"),
            (&*owner.digits, &*owner.uid),
        ] {
            let name = format!("com.tencent.mobileqq/files/uid/{number}###{uid}");
            write_file(&dir.join(name), b"")?;
        }
    }
    let key_file = dir.join("qq-keys.json");
    write_file(&key_file, keys.to_string().as_bytes())?;

    let truth_path = dir.join("truth.jsonl");
    let (total, held) = plan.stretch(SCENES.len());
    let log = held
        .end
        .saturating_sub(plan.wal_rows.min(held.end - held.start));
    let composer = Composer::new();
    let truth = Truth::create(&truth_path, plan.truth)?;
    let is_phone = plan.qq.platform == QqPlatform::Mobile;
    let files = Files {
        root: if is_phone {
            dir.to_owned()
        } else {
            root.clone()
        },
        is_on: plan.attachments && plan.qq.platform != QqPlatform::Ios,
        is_phone,
        written: 0,
    };

    let (report, messages, files, listed) = std::thread::scope(|scope| {
        let (rows, jobs) = sync_channel(WAITING);
        let (folder, wrapper, cast) = (&folder, &wrapper, &cast);
        let writer = scope.spawn(move || rows::write(folder, wrapper, cast, &jobs));
        let mut stage = Stage::new(Props {
            cast,
            composer: &composer,
            seed: plan.seed,
            held_from: held.start,
            is_second_device: plan.qq.is_second_device,
            truth,
            files,
            rows,
        });
        for beat in timeline(plan.seed, cast, total) {
            if beat.index >= held.end || stage.failure.is_some() {
                break;
            }
            if beat.index == log {
                stage.begin_log();
            }
            stage.is_held = held.contains(&beat.index);
            stage.beat = beat;
            stage.offset = 0;
            stage.rng = Rng::new(plan.seed, beat.index ^ 0xB1A8_0000_0000);
            match beat.scene.and_then(|number| SCENES.get(number)) {
                Some(scene) => (scene.play)(&mut stage),
                None => stage.everyday(),
            }
            if beat.index % 8192 == 0 {
                progress(stage.truth.lines);
            }
        }
        stage.close();
        progress(stage.truth.lines);
        let report = match writer.join() {
            Ok(report) => report?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        if let Some(error) = stage.failure {
            return Err(error);
        }
        Ok((
            report,
            stage.truth.finish()?,
            stage.files.written,
            stage.listed,
        ))
    })?;
    companions::write(&cast, &listed, &folder, &wrapper)?;
    Ok(Forged {
        main_db: folder.join("nt_msg.db"),
        root,
        key_file,
        truth: truth_path,
        messages,
        rows: report.rows,
        wal_rows: report.log_rows,
        files,
        owner: owner.digits.clone(),
        needle: scenes::needle_of(plan.seed),
    })
}

/// The account folder, and the one with the databases.
fn folders(plan: &Plan, cast: &Cast, dir: &Path) -> (PathBuf, PathBuf) {
    match plan.qq.platform {
        QqPlatform::Desktop => {
            let root = dir.join("Tencent Files").join(&cast.owner().digits);
            let folder = root.join("nt_qq").join("nt_db");
            (root, folder)
        }
        QqPlatform::Mobile | QqPlatform::Ios => {
            let home = if plan.qq.platform == QqPlatform::Ios {
                "Documents/QQNT/DB/nt_db"
            } else {
                "com.tencent.mobileqq/databases/nt_db"
            };
            let folder = dir
                .join(home)
                .join(format!("nt_qq_{}", container::path_hash(&cast.owner().uid)));
            (folder.clone(), folder)
        }
    }
}

fn timeline(seed: u64, cast: &Cast, total: u64) -> impl Iterator<Item = Beat> {
    let scenes = SCENES
        .iter()
        .map(|scene| (scene.place)(&cast.stars))
        .collect();
    let count = u32::try_from(cast.conversations.len()).expect("hundreds of conversations");
    let conversations = &cast.conversations;
    Timeline::new(seed ^ 0x99, total, count, scenes).map(move |mut beat| {
        if beat.scene.is_none() {
            beat.conversation = conversations
                .get(beat.conversation as usize)
                .copied()
                .unwrap_or(0);
        }
        beat
    })
}
