//! 名片, 地点, friend requests, mail.

use hutong_model::{Contact, Part, Place};

use crate::wechat::decode::{Document, Element};

use super::{Body, kind, unknown};

fn carrier<'d>(document: &'d Document<'_>, name: &str) -> Element<'d> {
    document
        .root()
        .find(name)
        .unwrap_or_else(|| document.root())
}

pub(super) fn place(content: &str) -> Body {
    let document = Document::parse(content);
    let place = carrier(&document, "location");
    Body::of(Part::Place(Box::new(Place {
        latitude: place.attribute_of_any(&["x"]),
        longitude: place.attribute_of_any(&["y"]),
        name: place.attribute_of_any(&["poiname"]),
        address: place.attribute_of_any(&["label", "cityname"]),
    })))
}

/// A card of a person, an official account or a WeCom member (42, 66, 67).
pub(super) fn contact(content: &str) -> Body {
    let document = Document::parse(content);
    Body::of(contact_part(carrier(&document, "msg")))
}

pub(super) fn contact_part(card: Element<'_>) -> Part {
    let native_id = card.attribute_of_any(&["username"]);
    let is_official = card.number("certflag").is_some_and(|flag| flag != 0)
        || native_id
            .as_deref()
            .is_some_and(|username| username.starts_with("gh_"));
    Part::Contact(Box::new(Contact {
        native_id,
        name: card.attribute_of_any(&["nickname"]),
        alias: card.attribute_of_any(&["alias"]),
        description: card.attribute_of_any(&["certinfo", "sign"]),
        is_official,
    }))
}

/// Somebody asks to become a friend (37) or might be one (40).
pub(super) fn request(content: &str) -> Body {
    let document = Document::parse(content);
    let request = carrier(&document, "msg");
    Body::of(Part::Contact(Box::new(Contact {
        native_id: request.attribute_of_any(&["fromusername", "username"]),
        name: request.attribute_of_any(&["fromnickname", "nickname"]),
        alias: request.attribute_of_any(&["alias"]),
        description: request.attribute_of_any(&["content", "sign"]),
        is_official: false,
    })))
}

/// 企业微信: a greeting (65), which is a card when it names somebody.
pub(super) fn greeting(content: &str) -> Body {
    let document = Document::parse(content);
    let card = carrier(&document, "msg");
    if card.attribute("username").is_some() || card.attribute("nickname").is_some() {
        return Body::of(contact_part(card));
    }
    let words = document.root().deep_text().trim().to_owned();
    Body::of(unknown(
        kind::WECOM_GREETING,
        0,
        (!words.is_empty()).then_some(words),
        content.as_bytes(),
    ))
}

/// A mail that was announced (35): its subject is all that is known of the form.
pub(super) fn mail(content: &str) -> Body {
    let document = Document::parse(content);
    let root = document.root();
    let text = |name: &str| {
        root.find(name)
            .map(|found| found.text().trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let subject = text("subject").or_else(|| text("title"));
    Body::of(unknown(kind::MAIL, 0, subject, content.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::map::tests::body_of;

    #[test]
    fn coordinates_are_kept_as_written() {
        let body = body_of(
            48,
            "<msg><location x=\"31.230416\" y=\"121.4737\" label=\"路 1 号\" poiname=\"公园\"/></msg>",
        );
        let [Part::Place(place)] = &body.parts[..] else {
            panic!("place")
        };
        assert_eq!(place.latitude.as_deref(), Some("31.230416"));
        assert_eq!(
            (place.name.as_deref(), place.address.as_deref()),
            (Some("公园"), Some("路 1 号"))
        );
    }

    #[test]
    fn a_certificate_makes_a_card_official() {
        let official = |flag: u8| match body_of(
            42,
            &format!("<msg username=\"a\" nickname=\"店\" certflag=\"{flag}\"/>"),
        )
        .parts
        .pop()
        {
            Some(Part::Contact(contact)) => contact.is_official,
            _ => panic!("contact"),
        };
        assert!(official(24) && !official(0));
    }
}
