//! Which keys a source takes and where its owner has them from, in plain words.

/// A field of the key form.
#[derive(Debug)]
pub(crate) struct Field {
    /// Name in a key file; `text` is a whole key file or one key.
    pub(crate) name: &'static str,
    /// What it is called in Chinese.
    pub(crate) zh: &'static str,
    /// What it is called in English.
    pub(crate) en: &'static str,
    /// Whether it is one short line.
    pub(crate) is_short: bool,
}

/// The form for one source.
#[derive(Debug)]
pub(crate) struct Help {
    /// Its fields; none where no key helps.
    pub(crate) fields: &'static [Field],
    /// What kind of key it takes, and where such a key comes from, in Chinese.
    pub(crate) zh: &'static str,
    /// The same in English.
    pub(crate) en: &'static str,
}

const DATABASE_KEY: Field = Field {
    name: "text",
    zh: "数据库密钥，或密钥文件的内容",
    en: "Database key, or the content of a key file",
    is_short: false,
};

const PASSPHRASE: Field = Field {
    name: "text",
    zh: "数据库口令，或密钥文件的内容",
    en: "Database passphrase, or the content of a key file",
    is_short: false,
};

const UID: Field = Field {
    name: "uid",
    zh: "或：自己的 uid（u_ 开头，手机版）",
    en: "Or: your own uid (begins with u_; phone)",
    is_short: true,
};

const IMEI: Field = Field {
    name: "imei",
    zh: "或：手机的 IMEI（15 位数字）",
    en: "Or: the phone's IMEI (15 digits)",
    is_short: true,
};

const UIN: Field = Field {
    name: "uin",
    zh: "和账号的 uin（可以是负数）",
    en: "and the account's uin (may be negative)",
    is_short: true,
};

const KC: Field = Field {
    name: "kc",
    zh: "files/kc 里的文字",
    en: "The text in files/kc",
    is_short: true,
};

const BACKUP_PASSWORD: Field = Field {
    name: "backup_password",
    zh: "备份密码",
    en: "Backup password",
    is_short: true,
};

static WECHAT_COMPUTER: Help = Help {
    fields: &[DATABASE_KEY],
    zh: "微信把电脑上的记录加密存放，每个账号有自己的数据库密钥：64 位十六进制数字。微信 4 也可能是每个数据库各一把（例如 all_keys.json）。\
         这把密钥属于你：用你自己的工具在自己的电脑上得到，或来自你以前存下的密钥文件。微信 3 和微信 4 的密钥不同，换过账号的也不同。",
    en: "WeChat keeps its records on a computer encrypted, and each account has a database key of its own: 64 hexadecimal \
         digits. WeChat 4 may have one for each database (such as all_keys.json). The key is yours: you have it from your own \
         tools on your own computer, or from a key file that you kept. The keys of WeChat 3 and WeChat 4 differ, and so do \
         those of different accounts.",
};

static WECHAT_BACKUP: Help = Help {
    fields: &[DATABASE_KEY],
    zh: "电脑上的微信备份（“备份与恢复”）有自己的密钥：32 位十六进制数字，与聊天数据库的密钥不同。它来自你自己的工具或以前存下的密钥文件。",
    en: "A backup that WeChat made on a computer has its own key: 32 hexadecimal digits, another one than the chat database \
         has. You have it from your own tools or from a key file that you kept.",
};

static WECHAT_ANDROID: Help = Help {
    fields: &[DATABASE_KEY, IMEI, UIN],
    zh: "安卓微信的数据库密钥是 7 位十六进制，由手机的 IMEI 和账号的 uin 算出。知道密钥就直接填；不知道就填 IMEI 和 uin，互通在本机算。\
         IMEI 在手机上拨 *#06# 可以看到；较新的手机没有 IMEI 时留空即可。",
    en: "The database key of WeChat for Android has 7 hexadecimal digits and follows from the phone's IMEI and the account's \
         uin. Give the key if you know it; else give IMEI and uin, and Hutong computes it on this machine. A phone shows its \
         IMEI when you dial *#06#; newer ones have none for WeChat: leave it empty.",
};

static QQ_NT: Help = Help {
    fields: &[PASSPHRASE, UID],
    zh: "新版 QQ（NT）的数据库用口令加密：电脑版 16 个字符，手机版 32 个字符。口令属于你的账号，来自你自己的工具或以前存下的密钥文件。\
         手机版的口令也可以由自己的 uid 算出。",
    en: "Databases of QQ NT are encrypted with a passphrase: 16 characters on a computer, 32 on a phone. It belongs to your \
         account; you have it from your own tools or from a key file that you kept. That of a phone also follows from your \
         own uid.",
};

static QQ_ANDROID: Help = Help {
    fields: &[KC, IMEI, DATABASE_KEY],
    zh: "旧版安卓 QQ 用 files/kc 里的文字保护消息；它在同一个文件夹里时会自动使用。更旧的手机用的是 IMEI（15 位数字，拨 *#06# 可看到）。",
    en: "Old QQ for Android protects messages with the text in files/kc, which is used by itself when it lies in the same \
         folder. Still older phones used their IMEI (15 digits; dial *#06#).",
};

static PHONE_BACKUP: Help = Help {
    fields: &[BACKUP_PASSWORD],
    zh: "这是加密的手机备份。需要的是你在 iTunes 或访达里勾选“加密本地备份”时设的密码，不是手机的锁屏密码，也不是 Apple 账户的密码。",
    en: "This is an encrypted phone backup. It takes the password that you chose when you ticked “Encrypt local backup” in \
         iTunes or Finder; not the phone's passcode, nor the password of your Apple account.",
};

static ANY: Help = Help {
    fields: &[DATABASE_KEY, BACKUP_PASSWORD],
    zh: "它已加密。如果是手机备份，需要在 iTunes 或访达里为备份设的密码；如果是聊天软件的数据库，需要它的密钥。",
    en: "It is encrypted. A phone backup takes the password that was chosen for it in iTunes or Finder; a messenger's \
         database takes its key.",
};

static NONE: Help = Help {
    fields: &[],
    zh: "不需要密钥。",
    en: "No key is needed.",
};

/// The form for a source.
pub(crate) fn of(source: &str) -> &'static Help {
    match source {
        "wechat_pc4" | "wechat_pc3" | "wechat_mac3" => &WECHAT_COMPUTER,
        "wechat_backup" => &WECHAT_BACKUP,
        "wechat_android" => &WECHAT_ANDROID,
        "wechat_ios" | "qq_ios" => &PHONE_BACKUP,
        "qq_nt" => &QQ_NT,
        "qq_android" => &QQ_ANDROID,
        _ => &NONE,
    }
}

/// The form for something encrypted that no source has recognised yet.
pub(crate) fn of_anything() -> &'static Help {
    &ANY
}

/// What Hutong does not do, in Chinese and English.
pub(crate) const NEVER: [(&str, &str); 4] = [
    (
        "不读取其他程序的内存，不搜寻密钥",
        "It reads no other program's memory and hunts for no keys",
    ),
    (
        "不写入聊天软件的数据库，你的文件只读",
        "It writes into no messenger's database; your files are only read",
    ),
    (
        "不代替你操作聊天软件",
        "It does not operate a messenger for you",
    ),
    (
        "不把密钥写进存档、日志或网址；导入结束就从内存清除（微信 4 的图片密钥除外，没有它存档里的图片无法显示）",
        "It writes no key into the archive, a log or an address; keys leave the memory when the import is over (except the \
         picture key of WeChat 4, without which the archive's pictures cannot be shown)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_whose_words_name_a_key_has_a_form() {
        for source in hutong::sources::SOURCES {
            let about = source.about();
            let takes_none = about.key_en.starts_with("no") && !about.key_en.contains("password");
            let help = of(about.id);
            assert!(
                takes_none || !help.fields.is_empty(),
                "{} takes a key: {}",
                about.id,
                about.key_en
            );
        }
    }
}
