//! Charts are well formed whatever the names are.

use super::*;

const HOSTILE: &str = "</text><script>alert(1)</script>\"' onload=x &amp; \u{202E}txt\u{0}\u{FFFF}";

const CAPTION: Caption<'_> = Caption {
    id: "a",
    title: HOSTILE,
    description: HOSTILE,
};

/// Every tag is closed in order, every attribute is quoted, nothing but drawing elements occurs.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "{}", &rest[..at]);
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name.to_owned()));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert!(
            ["svg", "title", "desc", "g", "rect", "path", "text"].contains(&name),
            "{tag}"
        );
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(!tag.contains("style=") && !tag.contains(" on"), "{tag}");
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty());
    assert!(!svg.contains('\u{202E}') && !svg.contains('\u{0}') && !svg.contains("<script"));
}

#[test]
fn hostile_names_stay_text_in_every_chart() {
    let piles = format!("a{}", "\u{301}".repeat(100_000));
    for name in [HOSTILE, &piles, "", "😀"] {
        let row = RankedRow {
            name: name.to_owned(),
            count: 3,
        };
        let bar = Bar {
            label: name.to_owned(),
            count: 5,
            part: 2,
        };
        let words = [(name.to_owned(), 9), ("b".to_owned(), 1)];
        let figures = [
            bars(CAPTION, ["a", "b", "c"], &[bar]),
            ranked(CAPTION, ["a", "b"], &[row], 10),
            word_cloud(CAPTION, ["a", "b"], &words, 10),
            week_hours(CAPTION, [name; 7], name, &[[7; 24]; 7]),
            calendar(CAPTION, [name; 12], ["a", "b"], &[(19_000, 4), (20_000, 1)]),
        ];
        for figure in figures {
            assert_well_formed(&figure.svg);
            assert!(figure.svg.len() < 200_000);
            let columns = figure.table.head.len();
            assert!(figure.table.rows.iter().all(|row| row.len() == columns));
        }
    }
}

#[test]
fn empty_charts_are_charts_too() {
    for figure in [
        bars(CAPTION, ["a", "b", "c"], &[]),
        ranked(CAPTION, ["a", "b"], &[], 10),
        word_cloud(CAPTION, ["a", "b"], &[], 10),
        week_hours(CAPTION, ["a"; 7], "h", &[[0; 24]; 7]),
        calendar(CAPTION, ["a"; 12], ["a", "b"], &[]),
    ] {
        assert_well_formed(&figure.svg);
        assert!(!figure.svg.contains("NaN"));
    }
}

#[test]
fn the_highest_bar_is_as_high_as_its_share_of_the_scale() {
    let bar = |count| Bar {
        label: String::new(),
        count,
        part: 0,
    };
    let figure = bars(CAPTION, ["a", "b", "c"], &[bar(10), bar(20)]);
    // 182 pixels stand for 20.
    assert!(figure.svg.contains("height=\"91.00\"") && figure.svg.contains("height=\"182.00\""));
    assert_eq!(figure.table.head, ["a", "b"]);
}

#[test]
fn shades_grow_with_counts() {
    let shades: Vec<u64> = [0, 1, 10, 40, 100].map(|count| shade(count, 100)).to_vec();
    assert_eq!(shades, [0, 1, 2, 4, 5]);
    assert_eq!(shade(u64::MAX, u64::MAX), 5);
}

#[test]
fn long_names_are_shortened() {
    assert_eq!(clean("  一二三四五  ", 3), "一二三…");
    assert_eq!(clean("a\nb", 9), "a b");
}
