//! Errors in words for people: what failed, why, and what to try; in Chinese and English.
//!
//! The shells show the same words. Only what to try differs between a command line and a page, see [`Surface`].

use hutong_archive::ArchiveError;
use hutong_crypto::{KeyRingError, OpenError};
use hutong_sinks::Language;
use hutong_sources::ReadError;

use crate::Error;

/// Where the words will stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Commands and flags can be named.
    CommandLine,
    /// A person looks at a page with forms and buttons.
    Page,
}

/// An error in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What failed.
    pub what: String,
    /// Why, the nearest cause first.
    pub why: Vec<String>,
    /// What to try.
    pub hint: Option<String>,
}

/// Puts an error into words; causes that these words hold already are not repeated.
#[must_use]
pub fn explain(
    error: &(dyn std::error::Error + 'static),
    language: Language,
    surface: Surface,
) -> Explanation {
    let say = Say {
        zh: language == Language::Zh,
        on_page: surface == Surface::Page,
    };
    let chain = || std::iter::successors(Some(error), |cause| cause.source());
    let mut words = chain()
        .find_map(|cause| say.ours(cause))
        .unwrap_or_else(|| Explanation {
            what: error.to_string(),
            ..Explanation::default()
        });
    if words.why.is_empty() {
        let mut said = vec![words.what.clone()];
        for cause in chain() {
            let text = cause.to_string();
            let is_said =
                said.iter().any(|known| known.contains(&text)) || (say.zh && is_ours(cause));
            if !is_said {
                said.push(text);
            }
        }
        words.why = said.split_off(1);
    }
    words
}

/// Whether the words of a cause are ours, in English, and were said in Chinese already.
fn is_ours(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<Error>()
        || cause.is::<ArchiveError>()
        || cause.is::<ReadError>()
        || cause.is::<OpenError>()
}

/// Language and place of the words.
#[derive(Clone, Copy)]
struct Say {
    zh: bool,
    on_page: bool,
}

impl Say {
    /// The words for an error of ours.
    fn ours(self, cause: &(dyn std::error::Error + 'static)) -> Option<Explanation> {
        cause
            .downcast_ref()
            .map(|error| use_case(error, self))
            .or_else(|| cause.downcast_ref().map(|error| archive(error, self)))
            .or_else(|| cause.downcast_ref().map(|error| key_ring(error, self)))
            .filter(|words| !words.what.is_empty())
    }

    /// A hint by where it stands: on the command line in both languages, on a page in both languages.
    fn hint<'a>(self, line: (&'a str, &'a str), page: (&'a str, &'a str)) -> &'a str {
        let (zh, en) = if self.on_page { page } else { line };
        if self.zh { zh } else { en }
    }
}

fn words(what: impl Into<String>, hint: Option<&str>) -> Explanation {
    Explanation {
        what: what.into(),
        why: Vec::new(),
        hint: hint.map(str::to_owned),
    }
}

fn use_case(error: &Error, say: Say) -> Explanation {
    let zh = say.zh;
    match error {
        Error::NoSuchPath { path, nearest } => {
            let (path, nearest) = (path.display(), nearest.display());
            if zh {
                words(
                    format!("{path} 不存在"),
                    Some(&format!("最近的存在的文件夹是 {nearest}")),
                )
            } else {
                words(
                    format!("there is nothing at {path}"),
                    Some(&format!("the nearest folder that exists is {nearest}")),
                )
            }
        }
        Error::NothingRecognized { path, looks_like } => {
            let path = path.display();
            let mut said = words(
                if zh {
                    format!("{path} 里没有互通能读的聊天记录")
                } else {
                    format!("nothing in {path} is chat history that Hutong can read")
                },
                Some(say.hint(
                    (
                        "指向微信或 QQ 的账号文件夹、手机备份，或导出的文件；hutong sources 列出能读什么，hutong inspect 会到常见位置查找",
                        "name an account folder of WeChat or QQ, a phone backup, or an exported file; `hutong sources` lists what can be read, `hutong inspect` looks in the usual places",
                    ),
                    (
                        "选微信或 QQ 的账号文件夹、手机备份，或导出的文件",
                        "choose an account folder of WeChat or QQ, a phone backup, or an exported file",
                    ),
                )),
            );
            if let Some(kind) = looks_like {
                said.why.push(if zh {
                    format!("看起来是 {kind}")
                } else {
                    format!("it looks like {kind}")
                });
            }
            said
        }
        Error::NothingChosen { word, found } => {
            let found = found.join("; ");
            if zh {
                words(
                    format!("没有一个输入符合 {word}"),
                    Some(&format!("用编号、来源或路径的一部分选择：{found}")),
                )
            } else {
                words(
                    format!("none of the inputs fits {word}"),
                    Some(&format!(
                        "choose by number, source or a part of the path: {found}"
                    )),
                )
            }
        }
        Error::NoSuchSource(id) => {
            if zh {
                words(format!("没有叫 {id} 的来源"), Some("hutong sources"))
            } else {
                words(
                    format!("there is no source called {id}"),
                    Some("hutong sources"),
                )
            }
        }
        Error::NoSuchFormat(id) => {
            if zh {
                words(format!("没有叫 {id} 的格式"), Some("hutong formats"))
            } else {
                words(
                    format!("there is no format called {id}"),
                    Some("hutong formats"),
                )
            }
        }
        Error::Read { input, source } => read(&input.display().to_string(), source, say),
        Error::Archive(error) => archive(error, say),
        Error::Write(error) => {
            let hint = match error {
                hutong_sinks::WriteError::Exists { .. } => Some(if zh {
                    "换一个位置，或加 --overwrite"
                } else {
                    "choose another place, or add --overwrite"
                }),
                hutong_sinks::WriteError::NoFont => Some(if zh {
                    "安装一种中文字体后再试，或用 --font 文件 指明一个。Debian、Ubuntu：sudo apt-get install fonts-noto-cjk \
                     fonts-noto-color-emoji；Fedora：sudo dnf install google-noto-sans-cjk-fonts google-noto-color-emoji-fonts；\
                     Arch：sudo pacman -S noto-fonts-cjk noto-fonts-emoji；Windows：设置 → 系统 → 可选功能 → 添加“简体中文补充字体”；\
                     macOS 自带“苹方”和“冬青黑体”"
                } else {
                    "install a Chinese font and try again, or name one with --font FILE. Debian, Ubuntu: sudo apt-get install \
                     fonts-noto-cjk fonts-noto-color-emoji; Fedora: sudo dnf install google-noto-sans-cjk-fonts \
                     google-noto-color-emoji-fonts; Arch: sudo pacman -S noto-fonts-cjk noto-fonts-emoji; Windows: Settings, \
                     System, Optional features, add “Chinese (Simplified) Supplemental Fonts”; macOS comes with PingFang"
                }),
                hutong_sinks::WriteError::TooMuchForStream(_) => Some(if zh {
                    "用 -o 指明一个文件或文件夹：长的会分成编号的几份"
                } else {
                    "name a file or a folder with -o: what is long comes in numbered parts"
                }),
                hutong_sinks::WriteError::BadFont(_) => Some(if zh {
                    "给 --font 一个 .ttf、.otf 或 .ttc 文件"
                } else {
                    "give --font a .ttf, .otf or .ttc file"
                }),
                _ => None,
            };
            words(
                if zh {
                    format!("无法写出：{error}")
                } else {
                    format!("cannot write: {error}")
                },
                hint,
            )
        }
        Error::Cancelled => words(
            if zh { "已停止" } else { "stopped" },
            Some(say.hint(
                (
                    "已提交的内容保留着；再运行一次同样的命令就会接着做",
                    "what was committed stays; run the same command again to go on",
                ),
                (
                    "已写入存档的内容保留着；再导入一次就会接着做",
                    "what is in the archive already stays; bringing it in again goes on from there",
                ),
            )),
        ),
        other => words(
            if zh {
                format!("失败：{other}")
            } else {
                other.to_string()
            },
            None,
        ),
    }
}

fn read(input: &str, error: &ReadError, say: Say) -> Explanation {
    let zh = say.zh;
    match error {
        ReadError::Open { file, source } => {
            let mut said = words(
                if zh {
                    format!("无法打开 {input} 里的数据库 {file}")
                } else {
                    format!("cannot open the database {file} in {input}")
                },
                Some(open_hint(source, say)),
            );
            said.why.push(if zh {
                open_reason(source)
            } else {
                source.to_string()
            });
            said
        }
        ReadError::Missing(file) => words(
            if zh {
                format!("{input} 里缺少 {file}")
            } else {
                format!("{file} is missing in {input}")
            },
            Some(if zh {
                "把整个账号文件夹拷来，连同 -wal 文件"
            } else {
                "copy the whole account folder, -wal files included"
            }),
        ),
        ReadError::CannotOpen { file, refusal } => {
            let mut said = words(
                if zh {
                    format!("{input} 里的 {file} 无法离线打开")
                } else {
                    format!("{file} in {input} cannot be opened outside its messenger")
                },
                Some(if zh {
                    refusal.instead_zh
                } else {
                    refusal.instead_en
                }),
            );
            let why = if zh { refusal.why_zh } else { refusal.why_en };
            said.why.push(why.to_owned());
            said
        }
        ReadError::Layout { file, reason } => {
            let mut said = words(
                if zh {
                    format!("{file} 打得开，但不是预期的样子")
                } else {
                    format!("{file} opens but is not laid out as expected")
                },
                None,
            );
            said.why.push(reason.clone());
            said
        }
        other => words(
            if zh {
                format!("无法读取 {input}：{other}")
            } else {
                format!("cannot read {input}: {other}")
            },
            None,
        ),
    }
}

fn open_reason(error: &OpenError) -> String {
    match error {
        OpenError::Empty => "文件是空的".to_owned(),
        OpenError::TooShort { length } => format!("文件只有 {length} 字节，不足一页"),
        OpenError::NoKey => "文件已加密，没有给出密钥".to_owned(),
        OpenError::WrongKey { tried } => format!("给出的密钥都打不开它（试了 {tried} 个）"),
        OpenError::KeyOfAnotherFile => "给出的密钥属于另一个文件".to_owned(),
        OpenError::ImageKeyGiven => "给出的是图片密钥，不是数据库密钥".to_owned(),
        OpenError::NoBackupPassword => "手机备份已加密，没有给出备份密码".to_owned(),
        OpenError::WrongBackupPassword => "给出的备份密码打不开这个手机备份".to_owned(),
        OpenError::NotADatabase { looks_like } => format!("不是数据库，看起来是 {looks_like}"),
        other => format!("{other}"),
    }
}

fn open_hint(error: &OpenError, say: Say) -> &'static str {
    let line = if say.zh {
        match error {
            OpenError::Empty | OpenError::TooShort { .. } => {
                "退出聊天软件后，把文件连同 -wal 一起重新拷贝"
            }
            OpenError::NoKey => "用 --key 或 --key-file 给出数据库密钥",
            OpenError::WrongKey { .. } => {
                "确认密钥属于这个账号和这个版本；微信 3 和微信 4 的密钥不同"
            }
            OpenError::KeyOfAnotherFile => {
                "给出这个文件的密钥、账号密钥，或用 --key-file 给出整张密钥表"
            }
            OpenError::ImageKeyGiven => {
                "给出数据库密钥（64 位十六进制）；图片密钥写在密钥文件的 image_key 里"
            }
            OpenError::NoBackupPassword => {
                "给出在 iTunes 或访达里为备份设的密码：--key，或密钥文件的 backup_password 一项"
            }
            OpenError::WrongBackupPassword => {
                "核对备份密码：是在 iTunes 或访达里设的那个，不是手机的锁屏密码"
            }
            OpenError::NotADatabase { .. } => "指向聊天软件的文件夹或其中的 .db 文件",
            OpenError::Header(_) | OpenError::Page(_) => "试试更早的副本或备份",
            OpenError::Io(_) => "确认文件存在并且可读",
        }
    } else {
        error.next_step()
    };
    match error {
        OpenError::NoKey => say.hint(
            (line, line),
            ("填写密钥后再试", "give its key and try again"),
        ),
        OpenError::KeyOfAnotherFile => say.hint(
            (line, line),
            (
                "填写这个账号的密钥，或整张密钥表",
                "give the key of this account, or the whole list of keys",
            ),
        ),
        OpenError::NoBackupPassword => say.hint(
            (line, line),
            (
                "填写在 iTunes 或访达里为备份设的密码",
                "give the password that was set for the backup in iTunes or Finder",
            ),
        ),
        _ => line,
    }
}

fn archive(error: &ArchiveError, say: Say) -> Explanation {
    let zh = say.zh;
    let pick = |chinese: &str, english: &str| {
        if zh {
            chinese.to_owned()
        } else {
            english.to_owned()
        }
    };
    let hint =
        |chinese: &'static str, english: &'static str| Some(if zh { chinese } else { english });
    let by_place = |line, page| Some(say.hint(line, page));
    match error {
        ArchiveError::NoArchive(path) => words(
            pick(
                &format!("{} 里没有存档", path.display()),
                &format!("there is no archive in {}", path.display()),
            ),
            by_place(
                (
                    "先导入：hutong import 路径；或用 --archive 指明存档",
                    "import first: hutong import PATH; or name an archive with --archive",
                ),
                ("先导入聊天记录", "bring in chats first"),
            ),
        ),
        ArchiveError::Exists(path) => words(
            pick(
                &format!("{} 里已经有存档", path.display()),
                &error.to_string(),
            ),
            hint("换一个文件夹", "choose another folder"),
        ),
        ArchiveError::NotEmpty(path) => words(
            pick(
                &format!("{} 不是空文件夹，也不是存档", path.display()),
                &error.to_string(),
            ),
            hint(
                "为存档选一个新的文件夹",
                "choose a new folder for the archive",
            ),
        ),
        ArchiveError::WrongPassphrase => words(
            pick(
                "口令打不开这个存档",
                "the passphrase does not open this archive",
            ),
            by_place(
                (
                    "检查 HUTONG_PASSPHRASE 或 --passphrase-file",
                    "check HUTONG_PASSPHRASE or --passphrase-file",
                ),
                ("再输入一次", "type it again"),
            ),
        ),
        ArchiveError::NeedsPassphrase => words(
            pick("打开这个存档需要口令", "this archive needs its passphrase"),
            by_place(
                (
                    "设置 HUTONG_PASSPHRASE，或用 --passphrase-file",
                    "set HUTONG_PASSPHRASE, or use --passphrase-file",
                ),
                ("打开存档后再试", "unlock the archive and try again"),
            ),
        ),
        ArchiveError::NeedsDeviceKey => words(
            pick("这个存档的密钥保存在建立它的机器上", &error.to_string()),
            hint(
                "在那台机器上运行 hutong archive rekey 设置口令",
                "run `hutong archive rekey` on that machine to set a passphrase",
            ),
        ),
        ArchiveError::Newer { found, known } => words(
            pick(
                &format!("存档的格式是 {found}，本版本只认识到 {known}"),
                &error.to_string(),
            ),
            hint("升级互通", "use a newer version of Hutong"),
        ),
        ArchiveError::Busy => words(
            pick(
                "另一个互通正在写这个存档",
                "another Hutong is writing to this archive",
            ),
            hint("等它结束再试", "wait until it has finished"),
        ),
        ArchiveError::Damaged(reason) => Explanation {
            what: pick("存档已损坏", "the archive is damaged"),
            why: vec![reason.clone()],
            hint: hint(
                "运行 hutong archive check 查看详情",
                "run `hutong archive check` for details",
            )
            .map(str::to_owned),
        },
        other => words(
            if zh {
                format!("存档出错：{other}")
            } else {
                other.to_string()
            },
            None,
        ),
    }
}

fn key_ring(error: &KeyRingError, say: Say) -> Explanation {
    let zh = say.zh;
    let hint = if zh {
        "密钥的各种写法见手册"
    } else {
        "the guide lists the spellings of keys"
    };
    words(
        if zh {
            format!("密钥看不懂：{error}")
        } else {
            format!("the key cannot be understood: {error}")
        },
        Some(hint),
    )
}
