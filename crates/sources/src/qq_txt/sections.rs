//! The frame of an export: its title, bars of equal signs, and where one conversation ends and the next begins.

use crate::qq_manager::Label;

/// What the first line of a text export begins with.
const TITLES: [&str; 2] = [
    "消息记录（此消息记录为文本格式",
    "訊息記錄（此訊息記錄為文字格式",
];
/// Fewer equal signs are a message.
const SHORTEST_BAR: usize = 32;

/// Whether a line is a bar of equal signs.
pub(super) fn is_bar(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() >= SHORTEST_BAR && line.iter().all(|byte| *byte == b'=')
}

/// Whether a line is the first of an export.
pub(super) fn is_title(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    TITLES.iter().any(|title| line.starts_with(title))
}

/// Recognises the frame of the next section while its lines come, from behind a blank line: a title or none, and between
/// bars the list of contacts and the name. With less than that the lines are somebody's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    step: Step,
    pub(super) group: Option<String>,
    pub(super) object: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Before,
    Title,
    /// A bar; what must come next is told by what came.
    Bar,
    Group,
    BarBehindGroup,
    Object,
}

/// What a line does to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It belongs to the frame, which goes on.
    GoesOn,
    /// It completes the frame.
    Complete,
    /// There is no frame here.
    Broken,
}

impl Frame {
    /// Takes the next line.
    pub(super) fn take(&mut self, line: &str) -> Verdict {
        let bytes = line.as_bytes();
        let label = Label::read(line);
        let next = match (self.step, label) {
            (Step::Before, None) if is_title(line) => Step::Title,
            (Step::Title, None) if bytes.trim_ascii().is_empty() => Step::Title,
            (Step::Before | Step::Title, None) if is_bar(bytes) => Step::Bar,
            (Step::Group, None) if is_bar(bytes) => Step::BarBehindGroup,
            (Step::Object, None) if is_bar(bytes) => return Verdict::Complete,
            (Step::Bar, Some(Label::Group(name))) => {
                self.group = Some(name.to_owned());
                Step::Group
            }
            (Step::BarBehindGroup, Some(Label::Object(name))) => {
                self.object = Some(name.to_owned());
                Step::Object
            }
            _ => return Verdict::Broken,
        };
        self.step = next;
        Verdict::GoesOn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAR: &str = "================================================================";

    fn take(lines: &[&str]) -> (Verdict, Frame) {
        let mut frame = Frame::default();
        let mut verdict = Verdict::GoesOn;
        for line in lines {
            verdict = frame.take(line);
        }
        (verdict, frame)
    }

    #[test]
    fn a_frame_names_the_next_conversation() {
        let (verdict, frame) = take(&[BAR, "消息分组:我的好友", BAR, "消息对象:小满", BAR]);
        assert_eq!(verdict, Verdict::Complete);
        assert_eq!(frame.object.as_deref(), Some("小满"));
        let title = "消息记录（此消息记录为文本格式，不支持重新导入）";
        let run_together = [title, "", BAR, "消息分组:群", BAR, "消息对象:小满", BAR];
        assert_eq!(take(&run_together).0, Verdict::Complete);
    }

    #[test]
    fn half_a_frame_is_none() {
        assert_eq!(take(&[BAR, "你好"]).0, Verdict::Broken);
        assert_eq!(take(&["消息对象:小满"]).0, Verdict::Broken);
        assert_eq!(take(&[BAR, "消息对象:小满"]).0, Verdict::Broken);
        assert_eq!(
            take(&[BAR, "消息分组:我的好友", "消息对象:小满"]).0,
            Verdict::Broken
        );
    }
}
