//! 通话: what the codes of call records mean.

use hutong_model::{Call, CallKind, CallOutcome, Part};

use super::super::decode::{self, Call as Element};
use super::Mapper;

/// From here on a number of milliseconds is more than eleven days, and a number of seconds a time since 2001.
const LOOKS_LIKE_A_TIME: u64 = 1_000_000_000;

impl Mapper<'_> {
    pub(super) fn call(&mut self, raw: &[u8]) -> Part {
        let element = Element::read(raw);
        let code = element.code.or(element.sub).unwrap_or(0);
        let (kind, outcome) = meaning(code);
        let lines: Vec<String> = decode::repeated(raw, 48157)
            .filter_map(|line| self.words(line))
            .collect();
        let text = if lines.is_empty() {
            self.field(element.text)
        } else {
            Some(lines.join(" "))
        };
        Part::Call(Box::new(Call {
            kind: method(element.method).or(kind).unwrap_or_default(),
            duration_ms: duration(&element),
            outcome,
            text,
        }))
    }
}

/// Older clients wrote the time of the call where its length belongs.
fn duration(element: &Element<'_>) -> Option<u64> {
    let duration = element.duration.filter(|duration| *duration > 0)?;
    let is_old = element.generation.unwrap_or(0) == 0;
    (!is_old || duration < LOOKS_LIKE_A_TIME).then_some(duration)
}

const fn method(method: Option<u64>) -> Option<CallKind> {
    Some(match method {
        Some(1) => CallKind::Voice,
        Some(2) => CallKind::Video,
        Some(3) => CallKind::Screen,
        Some(5) => CallKind::Other,
        _ => return None,
    })
}

/// Kind, where the code tells it, and outcome of a type code (48151).
const fn meaning(code: u64) -> (Option<CallKind>, CallOutcome) {
    use CallKind::{Other, Screen, Video, Voice};
    use CallOutcome::{Cancelled, Elsewhere, Finished, Missed, Refused, Started, Unknown};
    match code {
        // Between two.
        2 | 5 => (Some(Video), Finished),
        3 => (Some(Video), Missed),
        6 => (Some(Video), Refused),
        7 => (Some(Voice), Finished),
        8 => (Some(Voice), Missed),
        9 => (None, Missed),
        10 => (None, Cancelled),
        11 => (Some(Voice), Refused),
        12 | 13 => (None, Elsewhere),
        19 => (Some(Screen), Finished),
        22 => (Some(Screen), Refused),
        33 => (Some(Other), Finished),
        34 => (Some(Other), Unknown),
        // In a group.
        1 => (Some(Voice), Started),
        26 => (Some(Video), Started),
        27 => (Some(Other), Started),
        16 | 25 | 29 => (None, Finished),
        _ => (None, Unknown),
    }
}
