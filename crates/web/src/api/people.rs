//! People.

use axum::Json;
use axum::extract::State;
use hutong::NamePattern;
use hutong::model::AccountId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::types::{Chat, People, Person, PersonWithChats, Problem, Slice};
use crate::asked::{Asked, Id};
use crate::{Failure, Site};

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those who answer to this: a part of a name, an id, pinyin or initials.
    #[serde(default)]
    name: Option<String>,
}

/// People: owners first, then contacts, then others, by name.
#[utoipa::path(
    get, path = "/api/v1/people", security(("session" = [])), params(Wanted, Slice),
    responses(
        (status = 200, body = People), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn people(
    State(site): State<Site>,
    Asked(wanted): Asked<Wanted>,
    Asked(slice): Asked<Slice>,
) -> Result<Json<People>, Failure> {
    site.read(move |open, _| {
        let pattern = wanted
            .name
            .filter(|name| !name.trim().is_empty())
            .map(|name| NamePattern::new(&name));
        let mut found: Vec<_> = open
            .names
            .accounts
            .values()
            .filter(|account| {
                pattern.as_ref().is_none_or(|pattern| {
                    pattern.is(&account.native_id)
                        || [&account.nickname, &account.remark, &account.alias]
                            .into_iter()
                            .flatten()
                            .any(|name| pattern.matches(name))
                })
            })
            .collect();
        found.sort_by(|one, other| {
            (!one.is_owner, !one.is_contact, one.display_name(), one.id).cmp(&(
                !other.is_owner,
                !other.is_contact,
                other.display_name(),
                other.id,
            ))
        });
        let total = found.len() as u64;
        let people = slice.cut(found)?;
        Ok(Json(People {
            total,
            people: people.into_iter().map(Person::new).collect(),
        }))
    })
    .await
}

/// Somebody and the chats that they take part in.
#[utoipa::path(
    get, path = "/api/v1/people/{id}", security(("session" = [])),
    params(("id" = String, Path, description = "Id of the account")),
    responses(
        (status = 200, body = PersonWithChats),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn person(
    State(site): State<Site>,
    Id(id): Id<AccountId>,
) -> Result<Json<PersonWithChats>, Failure> {
    site.read(move |open, _| {
        let account = open.names.accounts.get(&id).ok_or(Failure::NotFound)?;
        let mut chats: Vec<_> = open
            .stats
            .iter()
            .filter(|(chat, _)| {
                open.names.members.contains_key(&(**chat, id))
                    || open
                        .names
                        .conversations
                        .get(chat)
                        .is_some_and(|chat| chat.peer == Some(id))
            })
            .collect();
        chats.sort_by_key(|(id, stats)| (std::cmp::Reverse(stats.last_ms), **id));
        Ok(Json(PersonWithChats {
            person: Person::new(account),
            chats: chats
                .into_iter()
                .map(|(id, stats)| Chat::new(open, *id, stats))
                .collect(),
        }))
    })
    .await
}
