//! One-time links and the sessions that they begin.

use std::collections::HashMap;
use std::sync::Mutex;

use sha2::{Digest, Sha256};

use crate::Failure;
use crate::site::lock;

/// A link that nobody used is void after this time.
const INVITATION_MS: i64 = 24 * 60 * 60 * 1000;

/// A session that nobody used is over after this time.
const SESSION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// So many links and sessions are remembered; the oldest is forgotten first.
const MAX_REMEMBERED: usize = 64;

/// Only digests of secrets are kept: looking one up takes the same time whatever is tried.
type Secret = [u8; 32];

#[derive(Clone, Debug)]
struct Session {
    form_token: String,
    last_used_ms: i64,
}

/// Who may see the page. Sessions live as long as the program runs.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    invitations: Mutex<HashMap<Secret, i64>>,
    sessions: Mutex<HashMap<Secret, Session>>,
}

impl Sessions {
    /// A secret that opens one session.
    pub(crate) fn invite(&self, now_ms: i64) -> Result<String, Failure> {
        let secret = random()?;
        let mut invitations = lock(&self.invitations);
        invitations.retain(|_, made| now_ms - *made < INVITATION_MS);
        if invitations.len() >= MAX_REMEMBERED
            && let Some(oldest) = oldest(invitations.iter().map(|(key, made)| (*key, *made)))
        {
            invitations.remove(&oldest);
        }
        invitations.insert(digest(&secret), now_ms);
        Ok(secret)
    }

    /// Begins a session for an invitation, which is used up by it.
    pub(crate) fn enter(&self, invitation: &str, now_ms: i64) -> Result<Option<String>, Failure> {
        let made = lock(&self.invitations).remove(&digest(invitation));
        if made.is_none_or(|made| now_ms - made >= INVITATION_MS) {
            return Ok(None);
        }
        let secret = random()?;
        let session = Session {
            form_token: random()?,
            last_used_ms: now_ms,
        };
        let mut sessions = lock(&self.sessions);
        sessions.retain(|_, session| now_ms - session.last_used_ms < SESSION_MS);
        if sessions.len() >= MAX_REMEMBERED
            && let Some(oldest) = oldest(
                sessions
                    .iter()
                    .map(|(key, session)| (*key, session.last_used_ms)),
            )
        {
            sessions.remove(&oldest);
        }
        sessions.insert(digest(&secret), session);
        Ok(Some(secret))
    }

    /// The form token of a session, if it is one.
    pub(crate) fn form_token(&self, secret: &str, now_ms: i64) -> Option<String> {
        let mut sessions = lock(&self.sessions);
        let session = sessions.get_mut(&digest(secret))?;
        if now_ms - session.last_used_ms >= SESSION_MS {
            return None;
        }
        session.last_used_ms = now_ms;
        Some(session.form_token.clone())
    }

    /// Ends a session.
    pub(crate) fn leave(&self, secret: &str) {
        lock(&self.sessions).remove(&digest(secret));
    }
}

fn oldest(entries: impl Iterator<Item = (Secret, i64)>) -> Option<Secret> {
    entries.min_by_key(|(_, time)| *time).map(|(key, _)| key)
}

fn digest(secret: &str) -> Secret {
    Sha256::digest(secret.as_bytes()).into()
}

/// 256 random bits in hexadecimal digits.
fn random() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Broken(format!("the system has no randomness: {error}")))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_works_once_and_not_after_a_day() {
        let sessions = Sessions::default();
        let invitation = sessions.invite(0).unwrap();
        let session = sessions.enter(&invitation, 1).unwrap().unwrap();
        assert!(sessions.enter(&invitation, 2).unwrap().is_none());
        assert!(sessions.form_token(&session, 3).is_some());
        let late = sessions.invite(0).unwrap();
        assert!(sessions.enter(&late, INVITATION_MS).unwrap().is_none());
    }

    #[test]
    fn a_session_ends_when_it_is_left_or_forgotten() {
        let sessions = Sessions::default();
        let enter = |now| {
            let invitation = sessions.invite(now).unwrap();
            sessions.enter(&invitation, now).unwrap().unwrap()
        };
        let (one, two) = (enter(0), enter(0));
        sessions.leave(&one);
        assert!(sessions.form_token(&one, 1).is_none());
        assert!(sessions.form_token(&two, SESSION_MS - 1).is_some());
        assert!(sessions.form_token(&two, 2 * SESSION_MS).is_none());
        for _ in 0..2 * MAX_REMEMBERED {
            enter(5);
        }
        assert!(lock(&sessions.sessions).len() <= MAX_REMEMBERED);
    }
}
