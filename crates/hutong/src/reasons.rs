//! Why rows were not read or need a word, in Chinese: reports keep the English that the sources wrote.

use std::borrow::Cow;

use hutong_sinks::Language;

/// What sources say, and the same in Chinese.
const REASONS: &[(&str, &str)] = &[
    (
        "a forward bundle holds more than 20000 messages; the rest is left out",
        "一条合并转发里超过 20000 条消息，多出的没有读",
    ),
    ("a message has no time", "一条消息没有时间"),
    (
        "a text holds bytes that are no characters",
        "一段文字里有不是字符的字节",
    ),
    (
        "forward bundles are nested more than 16 deep; the inner ones are kept unread",
        "合并转发嵌套超过 16 层，更里面的原样保留",
    ),
    (
        "links in the tar file were left out",
        "tar 文件里的链接没有读",
    ),
    (
        "messages inside forward bundles whose own message is gone are left out",
        "有些合并转发里的消息，它所在的消息已不在，没有读",
    ),
    (
        "no contacts were found: names will be missing",
        "没有找到联系人：会缺少名字",
    ),
    ("no date stands above this message", "这条消息上方没有日期"),
    (
        "some characters of a message are damaged",
        "一条消息里有些字符已损坏",
    ),
    (
        "some characters of a row are damaged",
        "一行里有些字符已损坏",
    ),
    (
        "sparse files in the tar file were left out; unpack it first",
        "tar 文件里的稀疏文件没有读；请先解开它",
    ),
    (
        "text is not valid UTF-8; replacement characters stand for the bad bytes",
        "文字不是有效的 UTF-8，坏的字节用替代字符表示",
    ),
    (
        "the JSON of a card cannot be read; it is kept as it is",
        "一张卡片的 JSON 无法读懂，原样保留",
    ),
    (
        "the JSON of a message was repaired: bytes or escapes that are no text were replaced",
        "一条消息的 JSON 已修补：不是文字的字节或转义被替换",
    ),
    (
        "the JSON of an event was repaired: bytes or escapes that are no text were replaced",
        "一个事件的 JSON 已修补：不是文字的字节或转义被替换",
    ),
    (
        "the body ends inside a field; the unread bytes are kept",
        "消息内容在一个字段中间结束，没读的字节已保留",
    ),
    (
        "the clock of this zone never showed this time; perhaps another zone is meant",
        "这个时区没有这个时刻，也许应该用别的时区",
    ),
    ("the compressed message is damaged", "压缩的消息已损坏"),
    ("the compressed message is too long", "压缩的消息太长"),
    (
        "the conversation is not named; the file's name stands in for it",
        "会话没有名字，用文件名代替",
    ),
    ("the end of a segment is damaged", "一段的末尾已损坏"),
    ("the event has no time", "这个事件没有时间"),
    ("the event is no object", "这个事件不是一个对象"),
    ("the event is not valid JSON", "这个事件不是有效的 JSON"),
    ("the event is of no known kind", "这个事件的种类未知"),
    ("the event names no chat", "这个事件没有说是哪个会话"),
    (
        "the file ends before its JSON does",
        "文件在 JSON 结束之前就断了",
    ),
    (
        "the file ends before its last page",
        "文件在最后一页之前就断了",
    ),
    ("the file ends inside a picture", "文件在一张图片中间断了"),
    (
        "the file ends inside the table of messages",
        "文件在消息表中间断了",
    ),
    (
        "the file ends without a line end; the last message may be cut",
        "文件末尾没有换行，最后一条消息可能不完整",
    ),
    (
        "the file is not of this format and was left out",
        "这个文件不是这种格式，没有读",
    ),
    (
        "the header is missing; platform and conversation are not known",
        "缺少开头，不知道是哪个平台和会话",
    ),
    ("the line is longer than 64 MiB", "这一行超过 64 MiB"),
    (
        "the line is neither header, member nor message",
        "这一行既不是开头，也不是成员或消息",
    ),
    ("the line is not JSON", "这一行不是 JSON"),
    (
        "the list of messages is damaged here; reading went on behind it",
        "消息列表在这里损坏，从后面接着读了",
    ),
    ("the message has no time", "这条消息没有时间"),
    (
        "the message is compressed with an unknown dictionary",
        "这条消息用未知的字典压缩",
    ),
    ("the message is no object", "这条消息不是一个对象"),
    ("the message is not valid JSON", "这条消息不是有效的 JSON"),
    ("the object cannot be read", "这个对象无法读懂"),
    (
        "the owner was told by paths and senders in rows; name the account if that is wrong",
        "账号是从路径和发送者判断的；不对的话请指明账号",
    ),
    (
        "the owner was told by senders that sent rows name; name the account if that is wrong",
        "账号是从发出的消息里的发送者判断的；不对的话请指明账号",
    ),
    (
        "the owner was told by what own messages name as their sender; name the account if that is wrong",
        "账号是从自己发的消息判断的；不对的话请指明账号",
    ),
    (
        "the owner was told by who is in every room; name the account if that is wrong",
        "账号是从每个群里都有谁判断的；不对的话请指明账号",
    ),
    (
        "the owner was told by who writes in direct chats; name the account if that is wrong",
        "账号是从私聊里谁在说话判断的；不对的话请指明账号",
    ),
    (
        "the packed file of a segment cannot be read",
        "一段的打包文件无法读取",
    ),
    (
        "the packed file of a segment is missing",
        "缺少一段的打包文件",
    ),
    (
        "the row has fewer fields than the header",
        "这一行的字段比表头少",
    ),
    (
        "the row has no time that can be read",
        "这一行没有能读懂的时间",
    ),
    ("the row names no conversation", "这一行没有说是哪个会话"),
    (
        "the row names no discussion group",
        "这一行没有说是哪个讨论组",
    ),
    ("the row names no group", "这一行没有说是哪个群"),
    (
        "the row names nobody whom it was exchanged with",
        "这一行没有说是和谁的聊天",
    ),
    (
        "the same event stands in the input more than once and was read once",
        "同一个事件出现多次，只读了一次",
    ),
    (
        "the sender of a message is nowhere listed",
        "一条消息的发送者不在任何名单里",
    ),
    ("the statements end inside a row", "语句在一行中间断了"),
    ("the table ends inside a row", "表在一行中间断了"),
    (
        "the table has no readable definition and was left out",
        "这张表的定义无法读懂，没有读",
    ),
    (
        "the time has no year, and nothing else tells it",
        "时间没有年份，也无从得知",
    ),
    ("the value is larger than 64 MiB", "这个值超过 64 MiB"),
    (
        "there are more than five million pictures; the rest counts as missing",
        "图片超过五百万张，多出的算作缺失",
    ),
    ("there is no message in this file", "这个文件里没有消息"),
    (
        "there is text before the first message",
        "第一条消息之前有文字",
    ),
    (
        "this file is no export of WeChat history that is known; it was left out here",
        "这个文件不是已知的微信记录导出，没有读",
    ),
    (
        "this is not JSON; reading went on behind it",
        "这里不是 JSON，从后面接着读了",
    ),
    (
        "this is not an object with a message",
        "这不是含有消息的对象",
    ),
    (
        "times carry no zone; they are taken as those of Asia/Shanghai, unless a zone is named",
        "时间没有时区，按 Asia/Shanghai 读取，除非另外指定",
    ),
    (
        "times have no year: they were placed in the twelve months before the file was last written",
        "时间没有年份：按文件最后写入前的十二个月推算",
    ),
    (
        "times without a zone were read as Asia/Shanghai; name another with --zone",
        "没有时区的时间按 Asia/Shanghai 读取；可以另外指定时区",
    ),
    (
        "too many quoted fields are never closed; the rest was not read",
        "太多带引号的字段没有结束，其余没有读",
    ),
    (
        "what the file says about the chat is missing; whose copy it is and which chat are not known",
        "缺少文件对会话的说明：不知道是谁的、哪个会话的",
    ),
    (
        "which of the two is the owner of the copy cannot be told",
        "无法判断两人中谁是这份记录的主人",
    ),
    (
        "whose account this is cannot be told; name the account",
        "无法判断这是谁的账号；请指明账号",
    ),
    (
        "whose account this is cannot be told; name the account, or chats between two cannot be joined with other copies",
        "无法判断这是谁的账号；请指明，否则私聊不能与其他拷贝合并",
    ),
    (
        "whose account this is cannot be told; name the account, so that its chats meet those of other copies",
        "无法判断这是谁的账号；请指明，它的会话才能与其他拷贝合并",
    ),
    (
        "whose backup this is cannot be told; name the account",
        "无法判断这是谁的备份；请指明账号",
    ),
    (
        "whose copy this is cannot be told; name the account",
        "无法判断这是谁的记录；请指明账号",
    ),
];

/// A reason of a report in the reader's language; what is not known in Chinese stays as it is.
#[must_use]
pub fn reason_words(reason: &str, language: Language) -> Cow<'_, str> {
    let known = match language {
        Language::Zh => REASONS.iter().find(|(english, _)| *english == reason),
        Language::En => None,
    };
    known.map_or(Cow::Borrowed(reason), |(_, chinese)| {
        Cow::Borrowed(*chinese)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn gather(folder: &Path, out: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, out);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                out.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_reason_is_one_that_a_source_gives() {
        let mut sources = String::new();
        gather(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/src"),
            &mut sources,
        );
        for (english, _) in REASONS {
            assert!(sources.contains(english), "{english}");
        }
    }

    #[test]
    fn reasons_are_told_in_the_language_of_the_reader() {
        let (english, chinese) = REASONS[0];
        assert_eq!(reason_words(english, Language::Zh), chinese);
        assert_eq!(reason_words(english, Language::En), english);
        assert_eq!(
            reason_words("something else", Language::Zh),
            "something else"
        );
    }
}
