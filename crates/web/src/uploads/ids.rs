//! Names of batches and uploads: random digits, which are safe as names of files.

use crate::Failure;

/// Names a batch: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BatchId(String);

impl BatchId {
    /// The batch that this text names, if it is a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        is_id(text).then(|| Self(text.to_owned()))
    }

    /// A new one.
    pub(crate) fn random() -> Result<Self, Failure> {
        Ok(Self(random_id()?))
    }

    /// Its digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn random_id() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Broken(format!("the system has no randomness: {error}")))?;
    Ok(hex::encode(bytes))
}

/// Names an upload: its batch and its own digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UploadId {
    batch: BatchId,
    own: String,
}

impl UploadId {
    /// The upload that an address names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (batch, own) = text.split_once('-')?;
        Some(Self {
            batch: BatchId::parse(batch)?,
            own: is_id(own).then(|| own.to_owned())?,
        })
    }

    /// The text that [`Self::parse`] understands.
    pub(crate) fn text(&self) -> String {
        format!("{}-{}", self.batch.0, self.own)
    }

    /// One of this batch with digits of its own, if they are digits.
    pub(super) fn of(batch: &BatchId, own: &str) -> Option<Self> {
        Some(Self {
            batch: batch.clone(),
            own: is_id(own).then(|| own.to_owned())?,
        })
    }

    /// A new one of this batch.
    pub(super) fn random(batch: &BatchId) -> Result<Self, Failure> {
        Ok(Self {
            batch: batch.clone(),
            own: random_id()?,
        })
    }

    /// The batch it belongs to.
    pub(crate) const fn batch(&self) -> &BatchId {
        &self.batch
    }

    /// Its own digits.
    pub(super) fn own(&self) -> &str {
        &self.own
    }
}
