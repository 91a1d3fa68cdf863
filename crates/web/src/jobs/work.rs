//! What the thread behind the page does.

use hutong::{ArchiveAccess, AttachmentMode, ImportRequest, Protection};

use super::{Chosen, Job, Options, Order, Stage, State, Step, Told, gone};
use crate::site::{Door, lock};
use crate::{Failure, Site};

/// Does jobs until none is left.
pub(super) fn work(site: &Site) {
    while let Some(job) = site.jobs().next() {
        let worker = std::panic::AssertUnwindSafe(|| run(site, &job));
        let ended = std::panic::catch_unwind(worker).unwrap_or_else(|_| {
            Err(Failure::Broken(
                "the import ended without giving a reason".to_owned(),
            ))
        });
        let now_ms = site.now_ms();
        job.change(|state| {
            state.ended_ms = Some(now_ms);
            match &ended {
                Ok(stage) => state.stage = *stage,
                Err(failure) => {
                    state.stage = Stage::Failed;
                    state.trouble = Some(Told::of(failure));
                }
            }
        });
        if matches!(ended, Ok(Stage::Done)) {
            finish(site, &job);
        }
        site.touch();
    }
}

/// Wipes keys and removes uploads of a job that ended well.
fn finish(site: &Site, job: &Job) {
    let has_trouble = lock(&job.state)
        .steps
        .iter()
        .any(|step| step.trouble.is_some());
    let order = lock(&job.order).take();
    // What could not be read may be tried again from the same upload until it expires.
    if let Some(Order::Import {
        batch: Some(batch), ..
    }) = order
    {
        site.uploads().release(&batch);
        if !has_trouble {
            // What cannot be removed now is removed when it has expired.
            let _ = site.uploads().remove(&batch);
        }
    }
}

fn run(site: &Site, job: &Job) -> Result<Stage, Failure> {
    if job.is_stopped() {
        return Ok(Stage::Stopped);
    }
    job.change(|state| state.stage = Stage::Running);
    let order = lock(&job.order).clone().ok_or_else(gone)?;
    match order {
        Order::Import {
            inputs,
            options,
            protection,
            batch: _,
        } => import(site, job, &inputs, &options, protection.as_ref()),
        Order::Probe { folder } => probe(site, job, &folder),
    }
}

/// The archive, to write into.
fn access<'a>(
    site: &'a Site,
    protection: Option<&'a Protection>,
) -> Result<ArchiveAccess<'a>, Failure> {
    match site.door()? {
        Door::Open(open) => Ok(ArchiveAccess::Open(open.archive.reopen()?)),
        Door::Locked { .. } => Err(Failure::Locked),
        Door::Missing => {
            let protection = protection.ok_or(Failure::NoArchive)?;
            Ok(ArchiveAccess::Create(Box::new(move || {
                site.keeper().create(protection)
            })))
        }
    }
}

fn import(
    site: &Site,
    job: &Job,
    inputs: &[Chosen],
    options: &Options,
    protection: Option<&Protection>,
) -> Result<Stage, Failure> {
    let mut access = access(site, protection)?;
    let mut has_read_any = false;
    for (index, chosen) in inputs.iter().enumerate() {
        let progress = job.next_progress();
        if job.is_stopped() {
            return Ok(Stage::Stopped);
        }
        let now_ms = site.now_ms();
        job.change(|state| {
            state.current = index;
            state.current_since_ms = now_ms;
        });
        let clock = || site.now_ms();
        let request = ImportRequest {
            found: &chosen.found,
            keys: chosen.keys.clone(),
            key_text: &chosen.key_text,
            account: chosen.account.clone(),
            keep_raw: options.keep_raw,
            attachments: options.attachments,
            zone: options.zone.clone(),
            again: false,
            dry_run: false,
            now_ms: &clock,
            progress,
        };
        let result = hutong::import(&mut access, &request);
        if let Some(archive) = access.archive() {
            site.renew(archive)?;
        }
        match result {
            Ok(report) => {
                has_read_any = true;
                job.change(|state| set(state, index, |step| step.report = Some(report)));
            }
            Err(hutong::Error::Cancelled) => return Ok(Stage::Stopped),
            // One of several inputs that cannot be read does not keep the others out.
            Err(error @ (hutong::Error::Read { .. } | hutong::Error::Io { .. })) => {
                let told = Told::new(&error);
                job.change(|state| set(state, index, |step| step.trouble = Some(told)));
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(if has_read_any {
        Stage::Done
    } else {
        Stage::Failed
    })
}

fn set(state: &mut State, index: usize, change: impl FnOnce(&mut Step)) {
    if let Some(step) = state.steps.get_mut(index) {
        change(step);
    }
}

fn probe(site: &Site, job: &Job, folder: &std::path::Path) -> Result<Stage, Failure> {
    let ArchiveAccess::Open(mut archive) = access(site, None)? else {
        return Err(Failure::NoArchive);
    };
    let input = hutong::sources::Input::open(folder).map_err(|source| hutong::Error::Io {
        path: folder.to_owned(),
        source,
    })?;
    let progress = job.next_progress();
    let result = hutong::media_probe(
        &mut archive,
        &input,
        AttachmentMode::Copy,
        &|| site.now_ms(),
        &progress,
    );
    site.renew(&archive)?;
    match result {
        Ok(report) => {
            job.change(|state| state.probe = Some(report));
            Ok(Stage::Done)
        }
        Err(hutong::Error::Cancelled) => Ok(Stage::Stopped),
        Err(other) => Err(other.into()),
    }
}
