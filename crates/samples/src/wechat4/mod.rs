//! WeChat on a computer: an account folder with every database and media folder, of version 4 or of version 3 for
//! Windows or macOS. All generations perform the same history.

mod appmsg;
mod attach;
mod bodies;
pub(crate) mod cast;
mod companions;
mod draft;
mod everyday;
mod mac3;
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
mod windows3;

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

/// Which client's files are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    Four,
    Windows3,
    Mac3,
}

/// Forges a WeChat 4 account folder below `dir`. `progress` hears how many messages were made.
///
/// # Errors
/// When a file or database cannot be written.
pub fn wechat4(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    forge(Generation::Four, plan, dir, progress)
}

/// Forges an account folder of WeChat 3 for Windows below `dir`, with the same history as [`wechat4`] gives.
///
/// # Errors
/// As [`wechat4`].
pub fn wechat3(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    forge(Generation::Windows3, plan, dir, progress)
}

/// Forges an account folder of WeChat 3 for macOS below `dir`, with the same history as [`wechat4`] gives.
///
/// # Errors
/// As [`wechat4`].
pub fn wechat_mac3(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    forge(Generation::Mac3, plan, dir, progress)
}

fn forge(
    generation: Generation,
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Forged, ForgeError> {
    let mut cast = Cast::new(plan.seed, plan.messages);
    let (root, storage) = match generation {
        Generation::Four => {
            let suffix = mix(plan.seed) & 0xFFFF;
            let root = dir.join(format!("{}_{suffix:04x}", cast.owner().username));
            (root.clone(), root.join("db_storage"))
        }
        Generation::Windows3 => {
            // The row itself says whose it is, so that nobody is known by a hash alone.
            cast.name_orphans();
            let root = dir.join(&cast.owner().username);
            (root.clone(), root.join("Msg"))
        }
        Generation::Mac3 => {
            let root = dir.join(&cast.owner().hash);
            (root.clone(), root)
        }
    };
    make_folder(&root)?;
    let keys = Keys::new(generation, plan);
    let key_file = keys.write(&cast, dir)?;
    let play = Play {
        generation,
        plan,
        cast: &cast,
        keys: &keys,
        storage,
    };
    let outcome = play.run(&root, &dir.join("truth.jsonl"), progress)?;
    Ok(Forged {
        main_db: play.storage.join(generation.shards()[1]),
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

impl Generation {
    /// The two message databases and that of official accounts.
    const fn shards(self) -> [&'static str; 3] {
        match self {
            Self::Four => [
                "message/message_0.db",
                "message/message_1.db",
                "message/biz_message_0.db",
            ],
            Self::Windows3 => ["Multi/MSG2.db", "Multi/MSG10.db", "PublicMsg.db"],
            Self::Mac3 => ["Message/msg_0.db", "Message/msg_1.db", "Message/msg_2.db"],
        }
    }
}

/// What opens the databases.
struct Keys {
    generation: Generation,
    style: WechatKeys,
    seed: u64,
}

impl Keys {
    const fn new(generation: Generation, plan: &Plan) -> Self {
        Self {
            generation,
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
        let (key, old) = (self.bytes(0), self.generation != Generation::Four);
        match self.style {
            WechatKeys::Decrypted => Cipher::None,
            // Every database of version 3 has the same key, and those of macOS take it as it is but for a few.
            _ if old && self.generation == Generation::Windows3 => {
                Cipher::OldAccount { key, page: 4096 }
            }
            _ if old => match name {
                "Group/group_new.db" => Cipher::OldAccount { key, page: 1024 },
                "Message/hldata.db" => Cipher::OldRaw { key, page: 4096 },
                _ => Cipher::OldRaw { key, page: 1024 },
            },
            WechatKeys::Account => Cipher::Account(key),
            WechatKeys::PerFile => Cipher::Raw(self.file_key(name)),
        }
    }

    /// Writes `wechat-keys.json`, and `all_keys.json` where each file has its own key.
    fn write(&self, cast: &Cast, dir: &Path) -> Result<PathBuf, ForgeError> {
        let (image_key, image_xor) = cast.image_key();
        let mut keys = json!({ "image_key": image_key, "image_xor": image_xor, "uin": cast.uin, "wxid": cast.owner().username });
        let has_one_key = match self.generation {
            Generation::Four => self.style == WechatKeys::Account,
            _ => self.style != WechatKeys::Decrypted,
        };
        if has_one_key && let Some(keys) = keys.as_object_mut() {
            keys.insert("key".to_owned(), hex::encode(self.bytes(0)).into());
        }
        let path = dir.join("wechat-keys.json");
        write_file(&path, keys.to_string().as_bytes())?;
        if has_one_key || self.style != WechatKeys::PerFile {
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
    generation: Generation,
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
            generation: self.generation,
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
        let [first, second, public] = self.generation.shards();
        let setups = [
            setup(first, early, false, true),
            setup(second, late, true, true),
            setup(public, Vec::new(), false, false),
        ];
        let generation = self.generation;
        let beside = side::Setup {
            storage: &self.storage,
            ciphers: &cipher,
            hardlinks: self.plan.wechat.hardlinks,
            start,
        };

        let (threads, revoked, lines, files, report) = std::thread::scope(|scope| {
            let people = scope.spawn(|| match generation {
                Generation::Four => {
                    companions::write_people(self.cast, self.plan.seed, &self.storage, &cipher)
                }
                Generation::Windows3 => {
                    windows3::write_people(self.cast, self.plan.seed, &self.storage, &cipher)
                }
                Generation::Mac3 => mac3::write_people(self.cast, &self.storage, &cipher),
            });
            let [early, late, official] = setups.map(|setup| {
                let (sender, jobs) = sync_channel(WAITING);
                let cast = self.cast;
                (
                    sender,
                    scope.spawn(move || match generation {
                        Generation::Four => shard::write(&setup, cast, &jobs),
                        Generation::Windows3 => windows3::write_shard(&setup, cast, &jobs),
                        Generation::Mac3 => mac3::write_shard(&setup, cast, &jobs),
                    }),
                )
            });
            let (side, jobs) = sync_channel(WAITING);
            let aside = scope.spawn(move || match generation {
                Generation::Four => side::write(beside, self.cast, &jobs),
                Generation::Windows3 => windows3::write_side(beside, self.cast, &jobs),
                Generation::Mac3 => mac3::write_side(beside, self.cast, &jobs),
            });
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
        match generation {
            Generation::Four => companions::write_outcome(&outcome, &self.storage, &cipher)?,
            Generation::Windows3 => windows3::write_outcome(&outcome, &self.storage, &cipher)?,
            Generation::Mac3 => mac3::write_outcome(&outcome, &self.storage, &cipher)?,
        }
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
            // On macOS the conversation decides which database its rows stand in.
            let is_mac = self.generation == Generation::Mac3;
            if beat.index == course.turn && !is_mac {
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
            stage.is_early = if is_mac {
                self.cast
                    .party(beat.conversation)
                    .hash
                    .as_bytes()
                    .first()
                    .is_some_and(|digit| digit % 2 == 0)
            } else {
                beat.index < course.turn
            };
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
