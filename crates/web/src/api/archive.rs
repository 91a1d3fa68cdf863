//! The archive itself, its imports, and what can be read and written.

use axum::Json;
use axum::extract::State;
use hutong::Cipher;

use super::types::{
    ArchiveInfo, Import, ImportProblem, ImportWithProblems, Imports, Kind, Kinds, Problem,
};
use crate::asked::Id;
use crate::visitor::Visitor;
use crate::{Failure, Site};

/// What the archive is and how much it holds.
#[utoipa::path(
    get, path = "/api/v1/archive", security(("session" = [])),
    responses(
        (status = 200, body = ArchiveInfo),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn archive(State(site): State<Site>) -> Result<Json<ArchiveInfo>, Failure> {
    let program = site.settings().program.clone();
    site.read(move |open, _| {
        let header = open.archive.header();
        let totals = open.archive.totals()?;
        Ok(Json(ArchiveInfo {
            id: header.id.clone(),
            created: header.created.clone(),
            is_encrypted: header.cipher != Cipher::None,
            messages: totals.messages,
            records: totals.records,
            chats: totals.conversations,
            accounts: totals.accounts,
            program,
        }))
    })
    .await
}

/// Every import, oldest first.
#[utoipa::path(
    get, path = "/api/v1/imports", security(("session" = [])),
    responses(
        (status = 200, body = Imports),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn imports(State(site): State<Site>) -> Result<Json<Imports>, Failure> {
    site.read(|open, _| {
        let imports = open.archive.imports()?;
        Ok(Json(Imports {
            imports: imports.iter().map(Import::new).collect(),
        }))
    })
    .await
}

/// One import with its problems.
#[utoipa::path(
    get, path = "/api/v1/imports/{number}", security(("session" = [])),
    params(("number" = i64, Path, description = "Number of the import")),
    responses(
        (status = 200, body = ImportWithProblems),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem),
    )
)]
pub(super) async fn import(
    State(site): State<Site>,
    Id(number): Id<i64>,
) -> Result<Json<ImportWithProblems>, Failure> {
    site.read(move |open, _| {
        let imports = open.archive.imports()?;
        let report = imports
            .iter()
            .find(|report| report.number == number)
            .ok_or(Failure::NotFound)?;
        let problems = open.archive.problems(number)?;
        Ok(Json(ImportWithProblems {
            import: Import::new(report),
            problems: problems
                .into_iter()
                .map(|problem| ImportProblem {
                    kind: problem.kind.to_owned(),
                    reason: problem.reason,
                    input: problem.input,
                    table: problem.table,
                    position: problem.position,
                })
                .collect(),
        }))
    })
    .await
}

/// What can be read.
#[utoipa::path(
    get, path = "/api/v1/sources", security(("session" = [])),
    responses((status = 200, body = Kinds), (status = 401, body = Problem))
)]
pub(super) async fn sources(visitor: Visitor) -> Json<Kinds> {
    let kinds = hutong::sources::SOURCES.iter().map(|source| {
        let about = source.about();
        Kind {
            id: about.id.to_owned(),
            name: visitor.pick(about.name_zh, about.name_en).to_owned(),
        }
    });
    Json(Kinds {
        kinds: kinds.collect(),
    })
}

/// What can be written.
#[utoipa::path(
    get, path = "/api/v1/formats", security(("session" = [])),
    responses((status = 200, body = Kinds), (status = 401, body = Problem))
)]
pub(super) async fn formats(visitor: Visitor) -> Json<Kinds> {
    let kinds = hutong::sinks::FORMATS.iter().map(|format| {
        let about = format.about();
        Kind {
            id: about.id.to_owned(),
            name: visitor.pick(about.name_zh, about.name_en).to_owned(),
        }
    });
    Json(Kinds {
        kinds: kinds.collect(),
    })
}
