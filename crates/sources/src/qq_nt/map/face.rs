//! Faces: words inside a text, stickers when they stand alone, and the emoji of reactions.

use std::borrow::Cow;

use hutong_model::{Nudge, Part, Sticker};

use super::super::decode::{Face, MarketFace};
use super::body::Run;
use super::{Mapper, Scope};
use crate::qq::faces;

/// Sub types (45003) of a face.
const SUPER: u64 = 3;
const POKE: u64 = 5;
const DICE: u64 = 358;
const ROCK_PAPER_SCISSORS: u64 = 359;

impl Mapper<'_> {
    /// A face inside a text joins the run; one that stands for itself is a part.
    pub(super) fn face(
        &mut self,
        raw: &[u8],
        is_lone: &dyn Fn() -> bool,
        scope: Scope,
        run: &mut Run,
    ) -> Option<Part> {
        let face = Face::read(raw);
        let id = face.id.unwrap_or(u64::MAX);
        let words = self.field(face.words).or_else(|| self.field(face.fallback));
        if face.sub == Some(POKE) {
            let name = self
                .field(face.action_name)
                .or_else(|| self.field(face.action))
                .or(words);
            return Some(Part::Nudge(Box::new(Nudge {
                actor: scope.sender.map(|sender| self.directory.account(sender)),
                target: scope
                    .peer
                    .filter(|peer| Some(*peer) != scope.sender)
                    .map(|peer| self.directory.account(peer)),
                text: name.unwrap_or_else(|| "戳一戳".to_owned()),
            })));
        }
        let words = words
            .or_else(|| faces::name(id).map(|name| format!("/{name}")))
            .unwrap_or_else(|| "[表情]".to_owned());
        let is_game = matches!(id, DICE | ROCK_PAPER_SCISSORS);
        if (is_game || face.sub == Some(SUPER)) && is_lone() {
            let result = self
                .field(face.result)
                .or_else(|| Face::numeric_result(raw).map(|number| number.to_string()))
                .filter(|_| is_game);
            return Some(Part::Sticker(Box::new(Sticker {
                meaning: Some(bare(&words).to_owned()),
                result,
                ..Sticker::default()
            })));
        }
        run.push(Cow::Owned(words));
        None
    }

    /// A sticker of the sticker shop.
    pub(super) fn market_face(&mut self, raw: &[u8]) -> Part {
        let face = MarketFace::read(raw);
        let words = self.field(face.words);
        let pack = match face.pack {
            Some(pack) => Some(pack.to_string()),
            None => self.field(MarketFace::textual_pack(raw)),
        };
        let id = face.id.map(hex::encode);
        let mut sticker = Sticker {
            meaning: words.map(|words| bare(&words).to_owned()),
            pack: pack.clone(),
            ..Sticker::default()
        };
        if let (Some(pack), Some(id)) = (&pack, &id)
            && let Some(media) = &mut self.media
        {
            media.market_face(pack, id, &mut sticker.attachment);
        }
        sticker.attachment.name = id;
        Part::Sticker(Box::new(sticker))
    }
}

/// `[贴贴]` and `/贴贴` mean 贴贴.
pub(super) fn bare(words: &str) -> &str {
    let words = words.trim();
    words
        .strip_prefix('[')
        .and_then(|words| words.strip_suffix(']'))
        .or_else(|| words.strip_prefix('/'))
        .filter(|words| !words.is_empty())
        .unwrap_or(words)
}

/// The emoji of a reaction: short numbers name built-in faces, longer ones Unicode characters.
pub(super) fn reaction(id: &str) -> String {
    let Ok(number) = id.parse::<u32>() else {
        return id.to_owned();
    };
    if id.len() < 5 {
        return faces::name(u64::from(number))
            .map_or_else(|| id.to_owned(), |name| format!("/{name}"));
    }
    char::from_u32(number)
        .filter(|letter| !letter.is_control())
        .map_or_else(|| id.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactions_are_faces_or_characters() {
        assert_eq!(reaction("128077"), "👍");
        assert_eq!(reaction("14"), "/微笑");
        assert_eq!(reaction("9999"), "9999");
        assert_eq!(reaction("words"), "words");
    }

    #[test]
    fn words_lose_their_brackets() {
        assert_eq!(bare("[贴贴]"), "贴贴");
        assert_eq!(bare("/捂脸"), "捂脸");
        assert_eq!(bare("/"), "/");
    }
}
