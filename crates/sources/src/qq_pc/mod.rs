//! QQ and TIM on Windows before NT.
//!
//! What these programs leave on disk is encrypted with keys that only their servers hand out, so it is recognised and
//! refused with the ways that are left. A copy of `Msg3.0.db` that was decrypted elsewhere is read.
//! What the bytes mean is in `FORMAT.md`.

mod content;
mod inspect;
mod locate;
mod map;
mod read;
mod sequences;
mod tables;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::locate::Found;
use crate::{
    About, Input, Inspection, ReadError, ReadOptions, Recognition, Refusal, Source, Summary,
};

static ABOUT: About = About {
    id: "qq_pc",
    name_zh: "QQ / TIM 电脑版（NT 之前）",
    name_en: "QQ and TIM for Windows before NT",
    input_zh: "已解密的 Msg3.0.db（或它所在的文件夹）；未解密的 Msg3.0.db、Msg2.0.db、.bak 会被认出并说明该怎么办",
    input_en: "a decrypted Msg3.0.db (or its folder); encrypted ones, Msg2.0.db and .bak files are recognised and told what to do about",
    key_zh: "不需要；加密的原文件没有任何密钥能离线打开",
    key_en: "none; no key that you can have opens the encrypted originals",
    usual_places: &[],
};

/// Reads decrypted databases of old PC QQ and refuses the others with a way out.
#[derive(Debug, Clone, Copy)]
pub struct QqPc;

/// `Msg3.0.db` and its copies.
pub(super) static ENCRYPTED: Refusal = Refusal {
    why_zh: "旧版电脑 QQ/TIM 的消息库，密钥只在登录后由服务器下发，不在文件里",
    why_en: "it is the message database of old PC QQ or TIM; its key comes from the server at login and stands in no file",
    instead_zh: "在旧版 QQ 的消息管理器里导出为 mht 或 txt 再导入互通；或在新版 QQ（NT）里导入旧消息，再导入 nt_msg.db",
    instead_en: "export mht or txt in the message manager of the old client and import that; or let QQ NT take over the old messages and import its nt_msg.db",
};

/// `Msg2.0.db` and `MsgEx.db`.
pub(super) static COMPOUND: Refusal = Refusal {
    why_zh: "2010 年前后的 QQ 消息库（OLE 复合文件），内容经过 TEA 加密",
    why_en: "it is a message store of QQ from around 2010 (an OLE compound file) whose streams are encrypted",
    instead_zh: "用当年的或较新的旧版 QQ 登录，让它升级消息库，再在消息管理器里导出为 mht 或 txt",
    instead_en: "log in with an old client so that it takes the messages over, then export mht or txt in its message manager",
};

/// `.bak` files of the message manager.
pub(super) static BACKUP: Refusal = Refusal {
    why_zh: "消息管理器导出的 .bak（加密文件，支持导入），只有官方客户端能打开",
    why_en: "it is a .bak file of the message manager, which only the official client opens",
    instead_zh: "在 QQ 的消息管理器里导入这个 .bak，再导出为 mht 或 txt，或升级到 QQ NT 后导入 nt_msg.db",
    instead_en: "import the .bak in QQ's message manager and export mht or txt there, or upgrade to QQ NT and import its nt_msg.db",
};

impl Source for QqPc {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match locate::find(input) {
            Found::Nothing => Recognition::No,
            Found::Decrypted(path) => {
                let account = locate::account(input, &path)
                    .map(|uin| format!(", account {uin}"))
                    .unwrap_or_default();
                Recognition::Yes(format!(
                    "QQ for Windows before NT{account}, decrypted copy {path}"
                ))
            }
            // Not certain on purpose: what can be read in the same place comes first.
            Found::Locked(path, refusal) => Recognition::Maybe(format!(
                "{path} of QQ for Windows before NT, which cannot be opened: {}",
                refusal.why_en
            )),
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        inspect::inspect(input, options)
    }

    fn read(
        &self,
        input: &Input,
        options: &ReadOptions,
        out: &mut dyn Sink,
    ) -> Result<Summary, ReadError> {
        read::read(input, options, out)
    }

    fn lost_tables(&self) -> &'static [hutong_sqlite::LostTable] {
        crate::lost_tables::QQ_PC
    }

    fn files(&self, input: &Input) -> Vec<String> {
        inspect::files(input)
    }
}
