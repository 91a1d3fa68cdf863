//! Help in Chinese: the same definitions, other words.

use clap::{Command, CommandFactory};

use crate::args::Args;
use crate::language::Language;

/// Chinese help by command path and argument id; `""` is the command itself.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "hutong",
        "",
        "互通：聊天记录属于写下它的人。\n\n互通读取你已经持有的 QQ 和微信记录，密钥由你提供；存进一个加密存档，能找到任何一句话，也能再拿出来。\
它从不读取其他程序的内存，从不写入聊天软件的数据库，不联网。",
    ),
    ("*", "archive", "存档所在的文件夹（默认：系统的数据文件夹）"),
    (
        "*",
        "passphrase_file",
        "存放存档口令的文件（否则用 HUTONG_PASSPHRASE，或当场询问）",
    ),
    ("*", "no_encryption", "新建存档时不加密"),
    ("*", "json", "结果写成 JSON Lines，供程序使用"),
    ("*", "lang", "提示信息的语言（默认随系统）"),
    (
        "*",
        "zone",
        "日期和时间的时区，如 Asia/Shanghai（默认随系统）",
    ),
    (
        "*",
        "key",
        "密钥：64 位十六进制、x'…'、QQ 口令、手机备份的密码，或手册列出的其他写法",
    ),
    (
        "*",
        "key_file",
        "密钥文件：一个密钥，或含多个密钥的 JSON/TOML",
    ),
    (
        "*",
        "account",
        "你在该软件里的账号（wxid、QQ 号），文件夹里看不出时才需要",
    ),
    (
        "serve",
        "",
        "打开网页：在浏览器里导入、阅读、查找，只在本机；不写命令直接运行 hutong 也是如此",
    ),
    ("serve", "address", "监听的地址；只能是本机自己的地址"),
    ("serve", "port", "监听的端口（默认 8765，被占用时另选）"),
    ("serve", "no_open", "只打印链接，不打开浏览器"),
    (
        "serve",
        "lock_after",
        "多少分钟无人使用就锁上存档；0 表示不锁",
    ),
    (
        "demo",
        "",
        "造一套虚构的 QQ 和微信数据，导入、生成网页并打开：一分钟走完全程",
    ),
    (
        "demo",
        "dir",
        "数据、密钥、存档和网页所在的文件夹（默认 hutong-demo）",
    ),
    ("demo", "no_serve", "只生成文件，不提供网页"),
    ("demo", "messages", "每个软件的消息数"),
    ("demo", "seed", "虚构内容的种子"),
    (
        "inspect",
        "",
        "说明文件或文件夹是什么，不做任何改动；不给路径时，到聊天软件存放账号的地方查找",
    ),
    (
        "inspect",
        "paths",
        "文件、文件夹或压缩包（zip、tar）；路径!/文件夹 指压缩包里的内容",
    ),
    ("sources", "", "列出能读取的来源"),
    (
        "formats",
        "",
        "列出能写出的格式，或看一种格式保留什么、丢失什么",
    ),
    ("formats", "name", "一种格式：每种内容会变成什么样"),
    ("import", "", "把聊天记录导入存档"),
    (
        "import",
        "paths",
        "文件、文件夹或压缩包（zip、tar）：账号文件夹、它的副本、数据库、或手机备份",
    ),
    (
        "import",
        "only",
        "有多个输入时只要这一个：编号（见 hutong inspect）、来源、或路径的一部分；可重复",
    ),
    ("import", "source", "按此来源读取（见 hutong sources）"),
    ("import", "dry_run", "只统计会新增多少"),
    ("import", "keep_raw", "保留每一行原始数据"),
    (
        "import",
        "attachments",
        "图片、语音和文件怎么处理：copy 复制进存档，reference 只记摘要和位置，none 不看",
    ),
    (
        "import",
        "salvage",
        "丢了首页的数据库也读；其中已删除的行可能会再出现",
    ),
    ("inspect", "salvage", "丢了首页的数据库也读"),
    ("import", "again", "即使自上次以来没有变化也重新读取"),
    ("imports", "", "列出以往的导入，或显示其中一次及其问题"),
    ("imports show", "", "显示一次导入及其问题"),
    ("imports show", "number", "导入的编号"),
    (
        "chats",
        "",
        "列出会话；把其实是同一个的两个会话合起来，或再分开",
    ),
    (
        "chats",
        "name",
        "只列名称或编号含有这些字的（支持拼音和首字母）",
    ),
    (
        "chats link",
        "",
        "把一个会话的消息放到另一个会话里显示，重复的只显示一次；可以撤销",
    ),
    ("chats link", "chat", "要并过去的会话的名称或编号"),
    ("chats link", "into", "在哪个会话里显示：名称或编号"),
    ("chats unlink", "", "把并过去的会话再分出来"),
    (
        "chats unlink",
        "chat",
        "它的名称或编号（见 hutong chats links）",
    ),
    ("chats links", "", "列出合并显示的会话"),
    (
        "people",
        "",
        "列出人物；把同一个人的几个账号合为一人，或再分开",
    ),
    (
        "people",
        "name",
        "只列名称或编号含有这些字的（支持拼音和首字母）",
    ),
    (
        "people link",
        "",
        "说明两个账号是同一个人，不限平台；可以撤销",
    ),
    ("people link", "account", "一个账号的名字或编号"),
    ("people link", "other", "另一个账号的名字或编号"),
    ("people unlink", "", "把一个账号从合并的人物里分出来"),
    (
        "people unlink",
        "account",
        "它的名字或编号（见 hutong people links）",
    ),
    (
        "people links",
        "",
        "列出由几个账号合成的人物，以及可能是同一个人的账号",
    ),
    ("show", "", "阅读一个会话"),
    ("show", "chat", "会话的名称或编号"),
    ("show", "around", "这条消息（编号）或这个日期前后"),
    ("show", "limit", "显示多少条"),
    ("search", "", "查找消息"),
    (
        "search",
        "query",
        "要找什么：词、\"短语\"、-排除、from: in: on: before: after: during: has: kind: is:（也可写 来自： 会话： 平台： 之前： 之后： 日期： 含： 类型： 状态：）",
    ),
    ("search", "limit", "最多多少条，从新到旧"),
    (
        "search",
        "batch",
        "把文件的每一行当作一个查询，打印各自的命中数和毫秒数",
    ),
    ("stats", "", "统计消息：什么时候、谁、什么类型、用了什么词"),
    ("stats", "chat", "会话的名称或编号（默认全部）"),
    (
        "stats",
        "person",
        "一个人，按名称或编号：你和他的私聊，以及他在群里写的",
    ),
    ("stats", "year", "只要这一年"),
    ("stats", "from", "从这一天起"),
    ("stats", "until", "到这一天为止（含）"),
    ("stats", "no_words", "不统计词语（词语最费时间）"),
    ("convert", "", "读取文件，写成另一种形式，不建立存档"),
    (
        "convert",
        "paths",
        "文件、文件夹或压缩包（zip、tar），同 import",
    ),
    (
        "pack",
        "",
        "打成能发出去的一包文件：发到微信、QQ、邮件等；先说明会丢失什么",
    ),
    (
        "pack",
        "target",
        "发到哪里：wechat、wechat-large、qq、wecom、wecom-bot、dingtalk、feishu-bot、slack、discord、telegram、whatsapp、email、disk",
    ),
    (
        "pack",
        "forms",
        "变成什么：page（网页）、pictures（长图）、pdf、files（原文件）；可用逗号写几种",
    ),
    ("pack", "output", "写到哪个文件夹（新的或空的）"),
    (
        "pack",
        "select",
        "只要这个查询找到的消息（见 hutong search）",
    ),
    ("pack", "chat", "只要这些会话，按名称或编号；可重复"),
    ("pack", "from", "从这一天起"),
    ("pack", "until", "到这一天为止（含）"),
    ("pack", "limit", "每个文件的上限，如 50MB"),
    ("pack", "targets", "自己的目标表（TOML），优先于内置的"),
    (
        "pack",
        "keep_accounts",
        "保留账号、备注和平台编号；不写则不带出去",
    ),
    ("pack", "dry_run", "只说会丢失什么，不写文件"),
    ("export", "", "把消息从存档里拿出来"),
    (
        "export",
        "part_size",
        "一个文件超过这个大小之前另起一个，如 20MB（page，写入文件夹时）",
    ),
    ("export", "format", "格式（见 hutong formats）"),
    (
        "export",
        "output",
        "写到哪个文件或文件夹；- 或不写表示标准输出（限单文件格式）",
    ),
    (
        "export",
        "select",
        "只要此查询找到的消息（见 hutong search）",
    ),
    ("export", "chat", "只要这些会话，按名称或编号；可重复"),
    ("export", "from", "从这一天起"),
    ("export", "until", "到这一天为止（含）"),
    ("export", "overwrite", "替换已有的文件"),
    ("export", "no_attachments", "不写出图片、语音和文件"),
    (
        "export",
        "inline_images",
        "不超过这么多字节的图片直接放进网页（html）",
    ),
    ("export", "page_size", "每页多少条消息（html）"),
    ("export", "hidden", "显示平时不显示的服务消息"),
    (
        "export",
        "mail_per",
        "一封邮件装多少：message 每条消息（eml 默认），day 每个会话的一天（mbox 默认）",
    ),
    (
        "export",
        "phone",
        "whatsapp-txt 像哪种手机的导出：iphone 精确到秒，android 精确到分",
    ),
    (
        "export",
        "pseudonyms",
        "用化名和占位号码代替人名和号码（onebot-nodes）",
    ),
    (
        "export",
        "font",
        "比系统字体先用的字体文件（pdf、png；可以写几次）",
    ),
    ("media", "", "以后再补上图片、语音和文件"),
    (
        "media probe",
        "",
        "在一个文件夹或压缩包（zip、tar）里找缺失的附件，并收进存档",
    ),
    (
        "media decode",
        "",
        "把单个文件变成其他程序能显示、能播放的：微信的 .dat 变图片，SILK 和 AMR 变 WAV",
    ),
    ("media decode", "files", "文件"),
    (
        "media decode",
        "output",
        "写到哪个文件；有几个文件时写到哪个文件夹（默认在每个文件旁边）",
    ),
    ("media probe", "path", "文件夹或压缩包"),
    (
        "media probe",
        "attachments",
        "怎样处理找到的附件；none 只计数",
    ),
    (
        "archive gaps",
        "",
        "说明可能缺了什么：序号的空缺、忙碌日子中间没有消息的几天、缺少的文件",
    ),
    ("archive gaps", "chat", "会话的名称或编号（默认全部）"),
    ("hcx", "", "检查开放交换格式的文件"),
    (
        "hcx check",
        "",
        "通读一个 .hcx 文件（或解开后的文件夹），指出第一处不对的地方",
    ),
    ("hcx check", "file", "文件或文件夹"),
    ("archive", "", "新建、查看、检查存档，或更换口令"),
    ("archive create", "", "新建一个空存档"),
    ("archive info", "", "说明存档里有什么"),
    (
        "archive check",
        "",
        "把每条记录和每个附件与它进来时的摘要核对",
    ),
    (
        "archive rekey",
        "",
        "设置新口令（取自 --new-passphrase-file、HUTONG_NEW_PASSPHRASE，或当场询问）",
    ),
    ("archive rekey", "new_passphrase_file", "首行是新口令的文件"),
    (
        "archive rekey",
        "keep_on_this_machine",
        "同时把密钥留在本机，在本机打开时不用口令",
    ),
    ("archive upgrade", "", "把旧版本的存档升级到当前版本"),
    ("completions", "", "打印命令行补全脚本"),
    ("completions", "shell", "哪种 shell"),
    ("man", "", "把手册页写进文件夹"),
    ("man", "dir", "写到哪里"),
];

/// The command with help in this language.
pub(crate) fn command(language: Language) -> Command {
    let command = Args::command();
    match language {
        Language::En => command,
        Language::Zh => translated(command, ""),
    }
}

fn words(path: &str, id: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(known_path, known_id, _)| *known_id == id && *known_path == path)
        .or_else(|| {
            // What it reads is said as for import, what it writes as for export.
            ["import", "export"]
                .iter()
                .filter(|_| path == "convert" && !id.is_empty())
                .find_map(|like| {
                    WORDS
                        .iter()
                        .find(|(known, known_id, _)| known == like && *known_id == id)
                })
        })
        .or_else(|| {
            WORDS.iter().find(|(known_path, known_id, _)| {
                *known_id == id && *known_path == "*" && !id.is_empty()
            })
        })
        .map(|(_, _, text)| *text)
}

fn translated(command: Command, above: &str) -> Command {
    let path = if above.is_empty() {
        String::new()
    } else {
        format!("{above} ")
    } + command.get_name();
    let path = path.strip_prefix("hutong ").unwrap_or(&path).to_owned();
    let mut command = command;
    if let Some(text) = words(&path, "") {
        command = command
            .about(text.lines().next().unwrap_or(text))
            .long_about(text);
    }
    command = command.mut_args(|argument| match words(&path, argument.get_id().as_str()) {
        Some(text) => argument.help(text).long_help(text),
        None => argument,
    });
    let below = if path == "hutong" {
        String::new()
    } else {
        path
    };
    command.mut_subcommands(|sub| translated(sub, &below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &Command, above: &str) {
        let path = if above.is_empty() {
            command.get_name().to_owned()
        } else {
            format!("{above} {}", command.get_name())
        };
        assert!(
            words(&path, "").is_some(),
            "no Chinese words for the command {path}"
        );
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            assert!(
                matches!(id, "help" | "version") || words(&path, id).is_some(),
                "no Chinese words for {path} {id}"
            );
        }
        let below = if path == "hutong" { "" } else { &path };
        command
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help")
            .for_each(|sub| check(sub, below));
    }

    #[test]
    fn every_command_and_argument_has_chinese_help() {
        check(&Args::command(), "");
        translated(Args::command(), "").debug_assert();
        Args::command().debug_assert();
    }
}
