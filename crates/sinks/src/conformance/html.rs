//! What a page must be: only our own elements and attributes, properly nested, leading nowhere but where we say.

const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "h1",
    "h2",
    "p",
    "nav",
    "a",
    "span",
    "main",
    "div",
    "b",
    "bdi",
    "time",
    "figure",
    "figcaption",
    "img",
    "audio",
    "video",
    "blockquote",
    "details",
    "summary",
    "small",
    "pre",
    "ol",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "footer",
];
const VOID: &[&str] = &["meta", "img"];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "id",
    "dir",
    "href",
    "rel",
    "title",
    "datetime",
    "src",
    "alt",
    "width",
    "height",
    "loading",
    "controls",
    "preload",
    "poster",
    "download",
    "open",
    "aria-hidden",
    "aria-label",
    "data-time",
    "data-sender",
    "data-own",
    "data-day",
    "data-picture",
    "data-more",
];
/// What may not stand inside a paragraph: browsers would close it and the page would fall apart.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "figure",
    "blockquote",
    "details",
    "ol",
    "ul",
    "dl",
    "pre",
    "header",
    "footer",
    "h1",
    "h2",
];

pub(super) fn check(name: &str, text: &str) {
    let rest = text
        .strip_prefix("<!doctype html>\n")
        .expect("the document type");
    check_elements(name, rest);
    assert!(text.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"));
}

/// What stands in a page, whoever framed it.
pub(crate) fn check_elements(name: &str, text: &str) {
    let mut rest = text;
    let mut ids = std::collections::BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('\0'));
        rest = &rest[start + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let (element, after) = closing.split_once('>').unwrap();
            assert_eq!(
                open.pop().as_deref(),
                Some(element),
                "{name}: nesting near {}",
                near(after)
            );
            rest = after;
            continue;
        }
        let end = rest
            .find(|character: char| !character.is_ascii_alphanumeric())
            .unwrap();
        let element = &rest[..end];
        assert!(
            ELEMENTS.contains(&element),
            "{name}: <{element} near {}",
            near(rest)
        );
        if BLOCKS.contains(&element) {
            assert!(
                !open.iter().any(|outer| outer == "p"),
                "{name}: <{element} inside <p> near {}",
                near(rest)
            );
        }
        if element == "a" {
            assert!(
                !open.iter().any(|outer| outer == "a"),
                "{name}: a link inside a link near {}",
                near(rest)
            );
        }
        let outer = open.last().map(String::as_str);
        assert!(
            (element == "li") == matches!(outer, Some("ul" | "ol")),
            "{name}: <{element} in {outer:?} near {}",
            near(rest)
        );
        rest = attributes(name, &rest[end..], &mut ids);
        if element == "style" {
            rest = rest.split_once("</style>").unwrap().1;
        } else if !VOID.contains(&element) {
            open.push(element.to_owned());
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
    assert!(!text.to_lowercase().contains("<script"));
}

/// Reads the attributes of a tag; gives what follows it.
fn attributes<'t>(
    name: &str,
    mut rest: &'t str,
    ids: &mut std::collections::BTreeSet<String>,
) -> &'t str {
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return after;
        }
        let end = rest.find(['=', ' ', '>']).unwrap();
        let attribute = &rest[..end];
        assert!(
            ATTRIBUTES.contains(&attribute),
            "{name}: attribute {attribute}"
        );
        rest = &rest[end..];
        if let Some(after) = rest.strip_prefix("=\"") {
            let (value, after) = after.split_once('"').unwrap();
            assert!(
                !value.contains(['<', '>', '\'']) || attribute == "content",
                "{name}: {attribute}={value}"
            );
            if attribute == "id" {
                assert!(ids.insert(value.to_owned()), "{name}: id {value} twice");
            }
            if matches!(attribute, "href" | "src" | "poster") {
                let own = [
                    "#m",
                    "../media/",
                    "../index.html#c",
                    "chats/",
                    "data:image/",
                    "data:audio/",
                    "/m/",
                    "/media/",
                ];
                let is_own =
                    own.iter().any(|start| value.starts_with(start)) && !value[3..].contains("..");
                let is_page =
                    attribute == "href" && value.ends_with(".html") && !value.contains("..");
                let is_web = attribute == "href"
                    && ["http://", "https://"]
                        .iter()
                        .any(|start| value.starts_with(start));
                assert!(is_own || is_web || is_page, "{name}: {attribute}={value}");
            }
            rest = after;
        }
    }
}

fn near(text: &str) -> String {
    text.chars().take(80).collect()
}
