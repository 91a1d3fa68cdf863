//! What a list of forward nodes must be.

use serde_json::Value;

pub(super) fn check(name: &str, text: &str) {
    let nodes: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    card(nodes.as_array().unwrap(), 1);
}

/// A card of this depth, the outermost being the first.
pub(crate) fn card(nodes: &[Value], depth: usize) {
    assert!((1..=100).contains(&nodes.len()));
    assert!(depth <= 3, "QQ takes three cards inside each other");
    for node in nodes {
        assert_eq!(node["type"], "node");
        let data = &node["data"];
        for (number, name) in [("user_id", "nickname"), ("uin", "name")] {
            let number: u32 = data[number].as_str().unwrap().parse().unwrap();
            assert!(number >= 10_000, "{data}");
            assert!(!data[name].as_str().unwrap().contains(['\n', '\u{202e}']));
        }
        if let Some(time) = data.get("time") {
            assert!(time.is_i64());
        }
        let content = data["content"].as_array().unwrap();
        assert!(!content.is_empty());
        let nested = content.iter().filter(|segment| segment["type"] == "node");
        if nested.count() > 0 {
            card(content, depth + 1);
            continue;
        }
        for segment in content {
            let data = &segment["data"];
            match segment["type"].as_str().unwrap() {
                "text" => {
                    let text = data["text"].as_str().unwrap();
                    assert!(!text.is_empty());
                    assert!(
                        !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'),
                        "{text:?}"
                    );
                }
                "image" | "video" => {
                    let file = data["file"].as_str().unwrap();
                    assert!(
                        file.starts_with("media/") || file.starts_with("base64://"),
                        "{file}"
                    );
                }
                other => panic!("{other}"),
            }
        }
    }
}
