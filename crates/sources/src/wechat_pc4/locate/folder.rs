//! The files of one folder, found without regard to case.

/// Names sorted by their lower-case form.
#[derive(Debug, Default)]
pub(super) struct Folder {
    names: Vec<(String, String)>,
}

impl Folder {
    pub(super) fn new(names: Vec<String>) -> Self {
        let mut names: Vec<_> = names
            .into_iter()
            .map(|name| (name.to_lowercase(), name))
            .collect();
        names.sort();
        Self { names }
    }

    /// Names whose lower-case form begins so.
    fn beginning<'a>(
        &'a self,
        prefix: &str,
    ) -> impl Iterator<Item = &'a (String, String)> + use<'a> {
        let start = self
            .names
            .partition_point(|(lower, _)| lower.as_str() < prefix);
        let rest = self.names.get(start..).unwrap_or_default();
        let prefix = prefix.to_owned();
        rest.iter()
            .take_while(move |(lower, _)| lower.starts_with(&prefix))
    }

    /// The file of exactly this name.
    pub(super) fn exact(&self, name: &str) -> Option<&str> {
        let lower = name.to_lowercase();
        let place = self
            .names
            .binary_search_by(|(known, _)| known.as_str().cmp(&lower))
            .ok()?;
        self.names.get(place).map(|(_, name)| name.as_str())
    }

    /// The best variant of a picture: high definition, then plain, then others, the thumbnail last.
    pub(super) fn best_image(&self, stem: &str) -> Option<&str> {
        if stem.is_empty() {
            return None;
        }
        let lower = stem.to_lowercase();
        let mut best: Option<(u8, &String)> = None;
        for (name, real) in self.beginning(&lower) {
            let rank = name.get(lower.len()..).and_then(rank);
            if let Some(rank) = rank
                && best.is_none_or(|(known, _)| rank < known)
            {
                best = Some((rank, real));
            }
        }
        best.map(|(_, real)| real.as_str())
    }

    /// The file of this name and those that the client numbered because the name was taken: `a(1).pdf`.
    pub(super) fn numbered<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let lower = name.to_lowercase();
        let (stem, extension) = match lower.rfind('.') {
            Some(dot) => lower.split_at(dot),
            None => (lower.as_str(), ""),
        };
        let (stem, extension) = (stem.to_owned(), extension.to_owned());
        let start = self.names.partition_point(|(known, _)| *known < stem);
        let rest = self.names.get(start..).unwrap_or_default();
        let is_same = move |known: &str, stem: &str| {
            let middle = known
                .strip_prefix(stem)
                .and_then(|rest| rest.strip_suffix(extension.as_str()));
            middle.is_some_and(|middle| {
                let number = middle
                    .strip_prefix('(')
                    .and_then(|number| number.strip_suffix(')'));
                middle.is_empty()
                    || number.is_some_and(|number| {
                        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
                    })
            })
        };
        let limit = stem.clone();
        rest.iter()
            .take_while(move |(known, _)| known.starts_with(&limit))
            .filter(move |(known, _)| is_same(known, &stem))
            .map(|(_, real)| real.as_str())
    }
}

/// How good a variant is, from what follows the stem; `None` when the file is another picture's.
fn rank(rest: &str) -> Option<u8> {
    match rest {
        "_h.dat" | ".h.dat" | ".h" => Some(0),
        ".dat" | "" => Some(1),
        "_t.dat" | ".t.dat" | ".t" | "_t_w.dat" => Some(4),
        _ if rest.starts_with("_t") || rest.starts_with(".t.") => Some(5),
        _ if rest.starts_with('_') => Some(2),
        _ if rest.starts_with('.') => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> Folder {
        Folder::new(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn the_best_variant_of_a_picture_is_taken() {
        let all = folder(&[
            "ab.dat", "ab_t.dat", "AB_h.dat", "abc.dat", "x_t.dat", "y_W.dat", "y_t.dat",
        ]);
        assert_eq!(all.best_image("AB"), Some("AB_h.dat"));
        assert_eq!(all.best_image("x"), Some("x_t.dat"));
        assert_eq!(all.best_image("y"), Some("y_W.dat"));
        assert_eq!(all.best_image("a"), None);
        assert_eq!(all.best_image(""), None);
    }

    #[test]
    fn numbered_copies_of_a_file_are_found() {
        let all = folder(&["a.pdf", "a(1).pdf", "a(x).pdf", "ab.pdf", "A(12).PDF"]);
        assert_eq!(
            all.numbered("a.pdf").collect::<Vec<_>>(),
            ["a(1).pdf", "A(12).PDF", "a.pdf"]
        );
        assert_eq!(all.exact("AB.pdf"), Some("ab.pdf"));
        assert_eq!(all.numbered("../a.pdf").count(), 0);
    }
}
