//! Errors for people: what failed, why, and what to try.

use hutong::sources::ReadError;
use hutong::{ArchiveError, Error, KeyRingError, OpenError};

use crate::language::Language;

/// Three lines that say it.
struct Words {
    what: String,
    why: Vec<String>,
    hint: Option<String>,
}

/// Prints an error on the standard error, or as one JSON line on the standard output.
#[expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "the one place that prints errors"
)]
pub(crate) fn report(error: &anyhow::Error, language: Language, is_json: bool) {
    let words = explain(error, language);
    let labels = language.pick("错误：|  原因：|  建议：", "error: |  why: |  try: ");
    let mut labels = labels.split('|');
    let mut label = || labels.next().unwrap_or_default();
    eprintln!("{}{}", label(), words.what);
    let why = label();
    for reason in &words.why {
        eprintln!("{why}{reason}");
    }
    if let Some(hint) = &words.hint {
        eprintln!("{}{hint}", label());
    }
    if is_json {
        println!(
            "{}",
            serde_json::json!({"type": "error", "error": words.what, "why": words.why, "try": words.hint})
        );
    }
}

fn explain(error: &anyhow::Error, language: Language) -> Words {
    let zh = language == Language::Zh;
    let find = |words: Option<Words>| words.filter(|words| !words.what.is_empty());
    let special = error.chain().find_map(|cause| {
        find(
            cause
                .downcast_ref::<Error>()
                .map(|error| use_case(error, zh)),
        )
        .or_else(|| {
            find(
                cause
                    .downcast_ref::<ArchiveError>()
                    .map(|error| archive(error, zh)),
            )
        })
        .or_else(|| {
            find(
                cause
                    .downcast_ref::<KeyRingError>()
                    .map(|error| key_ring(error, zh)),
            )
        })
    });
    let mut words = special.unwrap_or_else(|| Words {
        what: error.to_string(),
        why: Vec::new(),
        hint: None,
    });
    if words.why.is_empty() {
        let mut said = vec![words.what.clone()];
        for cause in error.chain() {
            let text = cause.to_string();
            let is_said = said.iter().any(|known| known.contains(&text)) || (zh && is_ours(cause));
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

fn words(what: impl Into<String>, hint: Option<&str>) -> Words {
    Words {
        what: what.into(),
        why: Vec::new(),
        hint: hint.map(str::to_owned),
    }
}

fn use_case(error: &Error, zh: bool) -> Words {
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
            let mut said = if zh {
                words(
                    format!("{path} 里没有互通能读的聊天记录"),
                    Some(
                        "指向微信或 QQ 的账号文件夹、手机备份，或导出的文件；hutong sources 列出能读什么，hutong inspect 会到常见位置查找",
                    ),
                )
            } else {
                words(
                    format!("nothing in {path} is chat history that Hutong can read"),
                    Some(
                        "name an account folder of WeChat or QQ, a phone backup, or an exported file; `hutong sources` lists what can be read, `hutong inspect` looks in the usual places",
                    ),
                )
            };
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
        Error::Read { input, source } => read(&input.display().to_string(), source, zh),
        Error::Archive(error) => archive(error, zh),
        Error::Write(error) => {
            let hint = match error {
                hutong::sinks::WriteError::Exists { .. } => Some(if zh {
                    "换一个位置，或加 --overwrite"
                } else {
                    "choose another place, or add --overwrite"
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
        Error::Cancelled => {
            if zh {
                words(
                    "已停止",
                    Some("已提交的内容保留着；再运行一次同样的命令就会接着做"),
                )
            } else {
                words(
                    "stopped",
                    Some("what was committed stays; run the same command again to go on"),
                )
            }
        }
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

fn read(input: &str, error: &ReadError, zh: bool) -> Words {
    match error {
        ReadError::Open { file, source } => {
            let mut said = words(
                if zh {
                    format!("无法打开 {input} 里的数据库 {file}")
                } else {
                    format!("cannot open the database {file} in {input}")
                },
                Some(if zh {
                    open_hint(source)
                } else {
                    source.next_step()
                }),
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

fn open_hint(error: &OpenError) -> &'static str {
    match error {
        OpenError::Empty | OpenError::TooShort { .. } => {
            "退出聊天软件后，把文件连同 -wal 一起重新拷贝"
        }
        OpenError::NoKey => "用 --key 或 --key-file 给出数据库密钥",
        OpenError::WrongKey { .. } => "确认密钥属于这个账号和这个版本；微信 3 和微信 4 的密钥不同",
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
}

fn archive(error: &ArchiveError, zh: bool) -> Words {
    let pick = |chinese: &str, english: &str| {
        if zh {
            chinese.to_owned()
        } else {
            english.to_owned()
        }
    };
    let hint =
        |chinese: &'static str, english: &'static str| Some(if zh { chinese } else { english });
    match error {
        ArchiveError::NoArchive(path) => words(
            pick(
                &format!("{} 里没有存档", path.display()),
                &format!("there is no archive in {}", path.display()),
            ),
            hint(
                "先导入：hutong import 路径；或用 --archive 指明存档",
                "import first: hutong import PATH; or name an archive with --archive",
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
            hint(
                "检查 HUTONG_PASSPHRASE 或 --passphrase-file",
                "check HUTONG_PASSPHRASE or --passphrase-file",
            ),
        ),
        ArchiveError::NeedsPassphrase => words(
            pick("打开这个存档需要口令", "this archive needs its passphrase"),
            hint(
                "设置 HUTONG_PASSPHRASE，或用 --passphrase-file",
                "set HUTONG_PASSPHRASE, or use --passphrase-file",
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
        ArchiveError::Damaged(reason) => Words {
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

fn key_ring(error: &KeyRingError, zh: bool) -> Words {
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
