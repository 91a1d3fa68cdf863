//! What only WeChat 3 on a computer writes differently: calls and nudges without XML.

use hutong_model::{
    AccountId, CallKind, CallOutcome, Direction, Message, Nudge, Part, SystemEvent,
};

use super::decode::Extra;
use crate::wechat::map::{account, is_room};

/// The types of system rows that stand for nudges.
const NUDGE: u32 = 4;

/// Completes a call whose state is a number and whose kind and length stand beside it.
pub(crate) fn complete_call(parts: &mut [Part], content: &str, display: &str, extra: &Extra<'_>) {
    let Some(Part::Call(call)) = parts.first_mut() else {
        return;
    };
    match extra.third.as_deref().map(str::trim) {
        Some("0") => call.kind = CallKind::Video,
        Some("1") => call.kind = CallKind::Voice,
        _ => {}
    }
    let seconds: Option<u64> = extra
        .fourth
        .as_deref()
        .and_then(|seconds| seconds.trim().parse().ok())
        .filter(|seconds| *seconds > 0);
    let Ok(state) = content.trim().parse::<u32>() else {
        if call.duration_ms.is_none() && call.outcome == CallOutcome::Finished {
            call.duration_ms = seconds.map(|seconds| seconds.saturating_mul(1000));
        }
        return;
    };
    call.outcome = match state {
        11 => CallOutcome::Finished,
        5 => CallOutcome::Cancelled,
        8 | 12 => CallOutcome::Refused,
        7 => CallOutcome::Elsewhere,
        _ => CallOutcome::Unknown,
    };
    call.duration_ms = seconds
        .filter(|_| call.outcome == CallOutcome::Finished)
        .map(|seconds| seconds.saturating_mul(1000));
    let words = display.trim();
    call.text = (!words.is_empty()).then(|| words.to_owned());
}

/// A nudge that is told in plain words; `display` may name who took part, the one who nudged first.
///
/// Gives the usernames that are named.
pub(crate) fn complete_nudge(
    message: &mut Message,
    sub: u32,
    display: &str,
    is_known: impl Fn(&str) -> bool,
) -> Vec<String> {
    if sub != NUDGE {
        return Vec::new();
    }
    let Some(Part::System(system)) = message.parts.first() else {
        return Vec::new();
    };
    if !matches!(system.event, SystemEvent::Notice) {
        return Vec::new();
    }
    let people: Vec<String> = display
        .split([',', ';', '|', ' ', '\n', '\t', '"'])
        .map(str::trim)
        .filter(|name| !name.is_empty() && !is_room(name) && is_known(name))
        .map(str::to_owned)
        .collect();
    let nudge = Nudge {
        actor: people.first().map(|name| account(name)),
        target: people.get(1).map(|name| account(name)),
        text: system.text.clone(),
    };
    message.sender = nudge.actor;
    message.parts = vec![Part::Nudge(Box::new(nudge))];
    people
}

/// The direction that follows from a sender.
pub(crate) fn direction(sender: Option<AccountId>, owner: Option<AccountId>) -> Direction {
    match sender {
        Some(sender) if Some(sender) == owner => Direction::Out,
        Some(_) => Direction::In,
        None => Direction::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::Call;
    use std::borrow::Cow;

    fn call(state: &str, kind: &'static str, seconds: &'static str) -> Call {
        let mut parts = [Part::Call(Box::new(Call {
            kind: CallKind::Other,
            duration_ms: None,
            outcome: CallOutcome::Unknown,
            text: Some(state.to_owned()),
        }))];
        let extra = Extra {
            third: Some(Cow::Borrowed(kind)),
            fourth: Some(Cow::Borrowed(seconds)),
            ..Extra::default()
        };
        complete_call(&mut parts, state, "", &extra);
        let [Part::Call(call)] = parts else {
            panic!("a call")
        };
        *call
    }

    #[test]
    fn numbers_tell_how_a_call_ended() {
        let finished = call("11", "1", "65");
        assert_eq!(finished.outcome, CallOutcome::Finished);
        assert_eq!(finished.duration_ms, Some(65_000));
        assert_eq!(finished.kind, CallKind::Voice);
        assert_eq!(finished.text, None);
        assert_eq!(call("5", "0", "0").outcome, CallOutcome::Cancelled);
        assert_eq!(call("5", "0", "0").kind, CallKind::Video);
        assert_eq!(call("8", "0", "9").duration_ms, None);
        assert_eq!(call("7", "", "").outcome, CallOutcome::Elsewhere);
        assert_eq!(call("12", "", "").outcome, CallOutcome::Refused);
        assert_eq!(call("99", "", "").outcome, CallOutcome::Unknown);
    }
}
