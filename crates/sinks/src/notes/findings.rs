//! What a reader looks for in a session, found by plain rules: decisions, questions, dates, amounts, numbers to call.

use crate::url::url_length;

/// Kinds of finding, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Decision,
    Question,
    Date,
    Amount,
    Phone,
    Link,
    File,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::Decision,
        Self::Question,
        Self::Date,
        Self::Amount,
        Self::Phone,
        Self::Link,
        Self::File,
    ];

    pub(super) const fn name(self, language: crate::Language) -> &'static str {
        let (zh, en) = match self {
            Self::Decision => ("决定与待办", "Decisions and to-dos"),
            Self::Question => ("问题", "Questions"),
            Self::Date => ("日期", "Dates"),
            Self::Amount => ("金额", "Amounts"),
            Self::Phone => ("电话", "Phone numbers"),
            Self::Link => ("链接", "Links"),
            Self::File => ("文件", "Files"),
        };
        language.pick(zh, en)
    }
}

const DECISIONS: [&str; 32] = [
    "结论",
    "决定",
    "待办",
    "敲定",
    "拍板",
    "定了",
    "定下来",
    "就这么办",
    "记得",
    "别忘",
    "务必",
    "截止",
    "负责",
    "跟进",
    "落实",
    "提醒我",
    "下一步",
    "todo",
    "to do",
    "to-do",
    "deadline",
    "decided",
    "decision",
    "agreed",
    "conclusion",
    "action item",
    "next step",
    "remember to",
    "don't forget",
    "follow up",
    "must ",
    "due ",
];

const RELATIVE_DAYS: [&str; 30] = [
    "明天",
    "后天",
    "大后天",
    "下周",
    "下个月",
    "下月",
    "月底",
    "月初",
    "周一",
    "周二",
    "周三",
    "周四",
    "周五",
    "周六",
    "周日",
    "周末",
    "星期一",
    "星期二",
    "星期三",
    "星期四",
    "星期五",
    "星期六",
    "星期天",
    "星期日",
    "礼拜",
    "tomorrow",
    "next week",
    "next month",
    "on monday",
    "on friday",
];

/// Finds in one line; `found` gets the kind and, where it is a piece of the line, the piece.
pub(super) fn find(line: &str, found: &mut dyn FnMut(Kind, &str)) {
    let line = line.trim();
    if line.is_empty() {
        return;
    }
    let lower = line.to_lowercase();
    let is_list = ["- [ ]", "[ ]", "□", "☐"]
        .iter()
        .any(|start| lower.starts_with(start));
    if is_list || DECISIONS.iter().any(|word| lower.contains(word)) {
        found(Kind::Decision, line);
    }
    if is_question(line) {
        found(Kind::Question, line);
    }
    dates(line, &lower, found);
    numbers(line, found);
    links(line, found);
}

fn is_question(line: &str) -> bool {
    if line.chars().nth(3).is_none() || line.contains("://") {
        return false;
    }
    let words =
        line.trim_end_matches(|end: char| !end.is_alphanumeric() && !matches!(end, '？' | '?'));
    words.ends_with(['？', '?'])
        || words.ends_with("吗")
        || [
            "怎么办",
            "什么时候",
            "为什么",
            "多少钱",
            "谁来",
            "能不能",
            "可不可以",
            "有没有人",
        ]
        .iter()
        .any(|word| line.contains(word))
}

fn links(line: &str, found: &mut dyn FnMut(Kind, &str)) {
    let mut rest = line;
    while let Some(at) = rest.find("http") {
        rest = rest.get(at..).unwrap_or_default();
        let length = url_length(rest.as_bytes()).unwrap_or(4);
        if length > 4 {
            found(Kind::Link, rest.get(..length).unwrap_or_default());
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn dates(line: &str, lower: &str, found: &mut dyn FnMut(Kind, &str)) {
    let mut is_dated = false;
    for (at, number) in digit_runs(line) {
        let after = line.get(at + number.len()..).unwrap_or_default();
        let is_month = matches!(number.parse::<u32>(), Ok(1..=12)) && number.len() <= 2;
        if is_month && after.starts_with('月') {
            let day = after.get('月'.len_utf8()..).unwrap_or_default();
            let digits = day.bytes().take(2).take_while(u8::is_ascii_digit).count();
            let rest = day.get(digits..).unwrap_or_default();
            let sign = rest
                .chars()
                .next()
                .filter(|sign| matches!(sign, '日' | '号'));
            let length = number.len() + '月'.len_utf8() + digits + sign.map_or(0, char::len_utf8);
            // 3月 alone may be a length of time.
            if digits > 0 {
                found(Kind::Date, line.get(at..at + length).unwrap_or_default());
                is_dated = true;
            }
        } else if number.len() == 4 && after.starts_with(['-', '/', '.']) {
            let length = after
                .bytes()
                .take(6)
                .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'.'))
                .count();
            let date = line.get(at..at + 4 + length).unwrap_or_default();
            let date = date.trim_end_matches(['-', '/', '.']);
            let pieces: Vec<_> = date.split(['-', '/', '.']).collect();
            let fits = |index: usize, up_to: u32| {
                let piece = pieces
                    .get(index)
                    .and_then(|piece| piece.parse::<u32>().ok());
                piece.is_some_and(|piece| (1..=up_to).contains(&piece))
            };
            let year = number.parse::<u32>().unwrap_or_default();
            if pieces.len() == 3 && (1900..2200).contains(&year) && fits(1, 12) && fits(2, 31) {
                found(Kind::Date, date);
                is_dated = true;
            }
        }
    }
    if let (false, Some(word)) = (
        is_dated,
        RELATIVE_DAYS.iter().find(|word| lower.contains(**word)),
    ) {
        found(Kind::Date, word);
    }
}

fn numbers(line: &str, found: &mut dyn FnMut(Kind, &str)) {
    let mut until = 0;
    for (at, digits) in digit_runs(line) {
        if at < until {
            continue;
        }
        let before = line.get(..at).unwrap_or_default();
        let after_run = line.get(at + digits.len()..).unwrap_or_default();
        let is_mobile = digits.len() == 11 && digits.starts_with('1') && !digits.starts_with("10");
        let is_fixed = (3..=4).contains(&digits.len())
            && digits.starts_with('0')
            && after_run.starts_with('-');
        if is_mobile && !before.ends_with(['.', '-', '_', '/', '=']) {
            found(Kind::Phone, digits);
            continue;
        }
        if is_fixed {
            let rest = after_run
                .bytes()
                .skip(1)
                .take_while(u8::is_ascii_digit)
                .count();
            if (7..=8).contains(&rest) {
                until = at + digits.len() + 1 + rest;
                found(Kind::Phone, line.get(at..until).unwrap_or_default());
                continue;
            }
        }
        // 1,234.56
        let tail = after_run
            .bytes()
            .take(24)
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'))
            .count();
        let number = line.get(at..at + digits.len() + tail).unwrap_or(digits);
        let number = number.trim_end_matches([',', '.']);
        let end = at + number.len();
        until = end;
        let after = line.get(end..).unwrap_or_default();
        let sign = ["￥", "¥", "$", "€", "£"]
            .iter()
            .find(|sign| before.ends_with(**sign));
        let unit = amount_unit(after);
        if sign.is_some() || unit > 0 {
            let start = at - sign.map_or(0, |sign| sign.len());
            until = end + unit;
            found(Kind::Amount, line.get(start..until).unwrap_or(number));
        }
    }
}

/// Bytes of the unit of money that follows a number; none when what follows is something else.
fn amount_unit(after: &str) -> usize {
    let trimmed = after.trim_start_matches(' ');
    let blank = after.len() - trimmed.len();
    if blank > 1 {
        return 0;
    }
    for unit in [
        "万元", "亿元", "美元", "美金", "欧元", "港币", "日元", "块钱", "元", "RMB", "rmb", "CNY",
        "USD", "EUR", "HKD",
    ] {
        if let Some(rest) = trimmed.strip_prefix(unit) {
            // 3元素 is no money, 元旦 neither.
            let goes_on = unit == "元" && rest.starts_with(['素', '旦', '组', '件']);
            return if goes_on { 0 } else { blank + unit.len() };
        }
    }
    for unit in ["万块", "块", "万"] {
        if let Some(rest) = trimmed.strip_prefix(unit) {
            let ends = rest
                .chars()
                .next()
                .is_none_or(|next| !next.is_alphanumeric());
            if ends {
                return blank + unit.len();
            }
        }
    }
    0
}

/// Runs of ASCII digits with where they begin.
fn digit_runs(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest
            + line
                .get(rest..)?
                .find(|character: char| character.is_ascii_digit())?;
        let tail = line.get(start..)?;
        let length = tail
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(tail.len());
        rest = start + length;
        Some((start, tail.get(..length)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(line: &str) -> Vec<(Kind, String)> {
        let mut all = Vec::new();
        find(line, &mut |kind, piece| all.push((kind, piece.to_owned())));
        all
    }

    fn pieces(line: &str, wanted: Kind) -> Vec<String> {
        let all = found(line).into_iter();
        all.filter(|(kind, _)| *kind == wanted)
            .map(|(_, piece)| piece)
            .collect()
    }

    #[test]
    fn what_matters_is_found() {
        for line in [
            "结论：周五前付款",
            "你负责订位",
            "TODO: call Bob",
            "- [ ] 买票",
            "We agreed on Monday",
        ] {
            assert_eq!(pieces(line, Kind::Decision), [line]);
        }
        for line in [
            "周六吃什么？",
            "你到了吗",
            "Where are you?!",
            "这个怎么办啊",
        ] {
            assert_eq!(pieces(line, Kind::Question), [line]);
        }
        assert_eq!(
            pieces("一共 ¥1,234.50，先付300元，其余 2万", Kind::Amount),
            ["¥1,234.50", "300元", "2万"]
        );
        assert_eq!(
            pieces("80块钱 $5 3元素 2块蛋糕 100 USD", Kind::Amount),
            ["80块钱", "$5", "100 USD"]
        );
        assert_eq!(
            pieces("13812345678 或 010-88886666", Kind::Phone),
            ["13812345678", "010-88886666"]
        );
        assert_eq!(
            pieces("5月3日或2024-06-01", Kind::Date),
            ["5月3日", "2024-06-01"]
        );
        assert_eq!(pieces("明天见", Kind::Date), ["明天"]);
        assert_eq!(
            pieces("看 https://a.cn/b 和 http://c.cn", Kind::Link),
            ["https://a.cn/b", "http://c.cn"]
        );
    }

    #[test]
    fn what_does_not_matter_is_not() {
        for line in [
            "好的",
            "哈哈哈哈",
            "？",
            "1234567890123456",
            "3个月",
            "版本 1.2.3",
            "13:45",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(line in "\\PC{0,80}|[0-9¥元万月日.,/ -]{0,40}") {
            find(&line, &mut |_, piece| assert!(piece.len() <= line.len().max(16)));
        }
    }
}
