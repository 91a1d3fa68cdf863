//! WeChat 4 (PC): an account folder with every database and media folder.

mod appmsg;
mod attach;
mod bodies;
mod cast;
mod companions;
mod draft;
mod everyday;
mod media;
mod post;
mod record;
mod scenes;
mod schema;
mod shard;
mod side;
mod stage;
mod sysmsg;
mod thread;

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread::ScopedJoinHandle;

use serde_json::json;

use crate::rng::{Rng, mix};
use crate::store::{Cipher, make_folder, write_file};
use crate::text::Composer;
use crate::timeline::{Beat, Timeline};
use crate::truth::Truth;
use crate::{ForgeError, Forged, Plan, WechatKeys};

use cast::{Cast, Role};
use media::Media;
use post::{Post, Posts};
use scenes::SCENES;
use shard::{Job, Report};
use stage::{Props, Stage};

/// Batches that may wait for a writer.
const WAITING: usize = 4;

/// Databases of the set, below `db_storage`.
const DATABASES: &[&str] = &[
    "contact/contact.db",
    "session/session.db",
    "message/message_0.db",
    "message/message_1.db",
    "message/biz_message_0.db",
    "message/media_0.db",
    "message/message_resource.db",
    "message/message_revoke.db",
    "hardlink/hardlink.db",
    "head_image/head_image.db",
];

/// Forges a WeChat 4 account folder below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file or database cannot be written.
pub fn wechat4(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let cast = Cast::new(plan.seed, plan.messages);
    let suffix = mix(plan.seed) & 0xFFFF;
    let root = dir.join(format!("{}_{suffix:04x}", cast.owner().username));
    make_folder(&root)?;
    let keys = Keys::new(plan);
    let key_file = keys.write(&cast, dir)?;
    let play = Play {
        plan,
        cast: &cast,
        keys: &keys,
        storage: root.join("db_storage"),
    };
    let outcome = play.run(&root, &dir.join("truth.jsonl"), progress)?;
    Ok(Forged {
        main_db: play.storage.join("message/message_1.db"),
        root,
        key_file,
        truth: dir.join("truth.jsonl"),
        messages: outcome.messages,
        rows: outcome.report.rows,
        wal_rows: outcome.report.log_rows,
        files: outcome.files,
        owner: cast.owner().username.clone(),
        needle: scenes::needle_of(plan.seed),
    })
}

/// What opens the databases.
struct Keys {
    style: WechatKeys,
    seed: u64,
}

impl Keys {
    const fn new(plan: &Plan) -> Self {
        Self {
            style: plan.wechat.keys,
            seed: plan.seed,
        }
    }

    fn bytes(&self, stream: u64) -> [u8; 32] {
        let mut rng = Rng::new(self.seed, 0x6E7 ^ stream);
        let mut key = [0; 32];
        for part in key.chunks_exact_mut(8) {
            part.copy_from_slice(&rng.draw().to_le_bytes());
        }
        key
    }

    fn file_key(&self, name: &str) -> [u8; 32] {
        self.bytes(
            name.bytes()
                .fold(17, |sum, byte| mix(sum ^ u64::from(byte))),
        )
    }

    fn cipher(&self, name: &str) -> Cipher {
        match self.style {
            WechatKeys::Account => Cipher::Account(self.bytes(0)),
            WechatKeys::PerFile => Cipher::Raw(self.file_key(name)),
            WechatKeys::Decrypted => Cipher::None,
        }
    }

    /// Writes `wechat-keys.json`, and `all_keys.json` where each file has its own key.
    fn write(&self, cast: &Cast, dir: &Path) -> Result<PathBuf, ForgeError> {
        let (image_key, image_xor) = cast.image_key();
        let mut keys = json!({ "image_key": image_key, "image_xor": image_xor, "uin": cast.uin, "wxid": cast.owner().username });
        if self.style == WechatKeys::Account
            && let Some(keys) = keys.as_object_mut()
        {
            keys.insert("key".to_owned(), hex::encode(self.bytes(0)).into());
        }
        let path = dir.join("wechat-keys.json");
        write_file(&path, keys.to_string().as_bytes())?;
        if self.style != WechatKeys::PerFile {
            return Ok(path);
        }
        let map: serde_json::Map<String, serde_json::Value> = DATABASES
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let key = hex::encode(self.file_key(name));
                // The programs that make such maps disagree about slashes and shape.
                let name = if number % 2 == 0 {
                    (*name).to_owned()
                } else {
                    name.replace('/', "\\")
                };
                (
                    name,
                    if number % 3 == 2 {
                        json!(key)
                    } else {
                        json!({ "enc_key": key })
                    },
                )
            })
            .collect();
        let path = dir.join("all_keys.json");
        write_file(&path, serde_json::Value::Object(map).to_string().as_bytes())?;
        Ok(path)
    }
}

/// A set in the making.
struct Play<'a> {
    plan: &'a Plan,
    cast: &'a Cast,
    keys: &'a Keys,
    storage: PathBuf,
}

struct Outcome {
    messages: u64,
    files: u64,
    report: Report,
}

/// The stretches of a history.
struct Course {
    total: u64,
    held: std::ops::Range<u64>,
    /// First beat of the second shard.
    turn: u64,
    /// First beat that stands in the log only.
    log: u64,
}

impl Course {
    fn new(plan: &Plan) -> Self {
        let (total, held) = plan.stretch(SCENES.len());
        let log = held
            .end
            .saturating_sub(plan.wal_rows.min(held.end - held.start));
        Self {
            total,
            turn: total / 2,
            log,
            held,
        }
    }
}

impl Play<'_> {
    fn timeline(&self, total: u64) -> impl Iterator<Item = Beat> {
        let stars = self.cast.stars;
        let scenes = SCENES.iter().map(|scene| (scene.place)(&stars)).collect();
        let count =
            u32::try_from(self.cast.conversations.len()).expect("hundreds of conversations");
        let conversations = &self.cast.conversations;
        Timeline::new(self.plan.seed, total, count, scenes).map(move |mut beat| {
            if beat.scene.is_none() {
                beat.conversation = conversations
                    .get(beat.conversation as usize)
                    .copied()
                    .unwrap_or(0);
            }
            beat
        })
    }

    /// Conversations that have rows in each shard before the log begins.
    fn casting(&self, course: &Course) -> [Vec<u32>; 2] {
        let mut seen = vec![[false; 2]; self.cast.parties.len()];
        let mut lists = [Vec::new(), Vec::new()];
        for beat in self.timeline(course.total) {
            if !course.held.contains(&beat.index) || beat.index >= course.log {
                continue;
            }
            if self.cast.party(beat.conversation).role == Role::Official {
                continue;
            }
            let shard = usize::from(beat.index >= course.turn);
            let flag = seen
                .get_mut(beat.conversation as usize)
                .and_then(|flags| flags.get_mut(shard));
            if let Some(flag) = flag.filter(|flag| !**flag) {
                *flag = true;
                if let Some(list) = lists.get_mut(shard) {
                    list.push(beat.conversation);
                }
            }
        }
        let [_, late] = &mut lists;
        // The second shard numbers its names in another order.
        late.reverse();
        lists
    }

    fn run(
        &self,
        root: &Path,
        truth: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Outcome, ForgeError> {
        let course = Course::new(self.plan);
        let [early, late] = self.casting(&course);
        let start = self
            .timeline(course.total)
            .nth(usize::try_from(course.held.start).unwrap_or(0))
            .map_or(0, |beat| beat.time);
        let composer = Composer::new();
        let truth = Truth::create(truth, self.plan.truth)?;
        let (image_key, xor) = self.cast.image_key();
        let media = Media {
            root: root.to_owned(),
            is_on: self.plan.attachments,
            written: 0,
            key: image_key,
            xor,
        };
        let cipher = |name: &str| self.keys.cipher(name);
        let setup =
            |name: &str, conversations: Vec<u32>, is_new: bool, has_history: bool| shard::Setup {
                path: self.storage.join(name),
                cipher: cipher(name),
                has_session_column: is_new,
                has_history,
                start,
                conversations,
                nameless: self.cast.stars.orphan,
            };
        let setups = [
            setup("message/message_0.db", early, false, true),
            setup("message/message_1.db", late, true, true),
            setup("message/biz_message_0.db", Vec::new(), false, false),
        ];
        let beside = side::Setup {
            storage: &self.storage,
            ciphers: &cipher,
            hardlinks: self.plan.wechat.hardlinks,
            start,
        };

        let (threads, revoked, lines, files, report) = std::thread::scope(|scope| {
            let people = scope.spawn(|| {
                companions::write_people(self.cast, self.plan.seed, &self.storage, &cipher)
            });
            let [early, late, official] = setups.map(|setup| {
                let (sender, jobs) = sync_channel(WAITING);
                let cast = self.cast;
                (
                    sender,
                    scope.spawn(move || shard::write(&setup, cast, &jobs)),
                )
            });
            let (side, jobs) = sync_channel(WAITING);
            let aside = scope.spawn(move || side::write(beside, self.cast, &jobs));
            let posts = Posts {
                early: Post::new(early.0, Job::Rows),
                late: Post::new(late.0, Job::Rows),
                official: Post::new(official.0, Job::Rows),
                side: Post::new(side, |batch| batch),
            };
            let props = Props {
                cast: self.cast,
                composer: &composer,
                seed: self.plan.seed,
                held_from: course.held.start,
                posts,
                truth,
                media,
            };
            let performed =
                Stage::new(props).and_then(|stage| self.perform(stage, &course, progress));
            let mut report = Report::default();
            for handle in [early.1, late.1, official.1] {
                let part = join(handle)?;
                report.rows += part.rows;
                report.log_rows += part.log_rows;
            }
            join(aside)?;
            join(people)?;
            let stage = performed?;
            Ok((
                stage.threads,
                stage.revoked,
                stage.truth.finish()?,
                stage.media.written,
                report,
            ))
        })?;
        let outcome = companions::Outcome {
            cast: self.cast,
            threads: &threads,
            revoked: &revoked,
        };
        companions::write_outcome(&outcome, &self.storage, &cipher)?;
        Ok(Outcome {
            messages: lines,
            files,
            report,
        })
    }

    fn perform<'s>(
        &self,
        mut stage: Stage<'s>,
        course: &Course,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Stage<'s>, ForgeError> {
        for beat in self.timeline(course.total) {
            if beat.index >= course.held.end {
                break;
            }
            if beat.index == course.turn {
                stage.posts.early.close();
            }
            if beat.index == course.log {
                for post in [
                    &mut stage.posts.early,
                    &mut stage.posts.late,
                    &mut stage.posts.official,
                ] {
                    post.flush();
                    post.tell(Job::Log);
                }
            }
            stage.is_held = course.held.contains(&beat.index);
            stage.is_early = beat.index < course.turn;
            stage.beat = beat;
            stage.offset = 0;
            stage.rng = Rng::new(self.plan.seed, beat.index ^ 0xB1A7_0000_0000);
            match beat.scene.and_then(|number| SCENES.get(number)) {
                Some(scene) => (scene.play)(&mut stage),
                None => stage.everyday(),
            }
            if let Some(error) = stage.failure.take() {
                return Err(error);
            }
            if beat.index % 8192 == 0 {
                progress(stage.truth.lines);
            }
        }
        let Posts {
            early,
            late,
            official,
            side,
        } = &mut stage.posts;
        early.close();
        late.close();
        official.close();
        side.close();
        progress(stage.truth.lines);
        Ok(stage)
    }
}

fn join<T>(handle: ScopedJoinHandle<'_, Result<T, ForgeError>>) -> Result<T, ForgeError> {
    match handle.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
