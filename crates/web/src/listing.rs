//! Long lists: a page of them, and the addresses of pages.

/// An address with a query; empty values are left out.
pub(crate) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// A stretch of a list: pages are counted from one, and one beyond the last is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Its number.
    pub(crate) page: usize,
    /// How many there are, at least one.
    pub(crate) pages: usize,
    size: usize,
}

impl Stretch {
    /// The page that a text names; anything else is the first.
    pub(crate) fn named(text: &str, length: usize, size: usize) -> Self {
        let pages = length.div_ceil(size.max(1)).max(1);
        // A number too large to be read means: far behind the end.
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let page = match text.parse::<usize>() {
            Ok(page) => page.clamp(1, pages),
            Err(_) if is_number => pages,
            Err(_) => 1,
        };
        Self { page, pages, size }
    }

    /// What of a list stands on it.
    pub(crate) fn of<T>(self, list: &[T]) -> &[T] {
        let start = (self.page - 1).saturating_mul(self.size).min(list.len());
        let end = start.saturating_add(self.size).min(list.len());
        list.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_beyond_the_end_are_the_last() {
        let list: Vec<u32> = (0..25).collect();
        for (text, page) in [
            ("", 1),
            ("0", 1),
            ("-3", 1),
            ("two", 1),
            ("2", 2),
            ("3", 3),
            ("4", 3),
            ("18446744073709551616", 3),
        ] {
            assert_eq!(Stretch::named(text, 25, 10).page, page, "{text}");
        }
        assert_eq!(Stretch::named("3", 25, 10).of(&list), [20, 21, 22, 23, 24]);
        assert_eq!(Stretch::named("9", 0, 10).of::<u32>(&[]), [0_u32; 0]);
    }

    #[test]
    fn what_a_person_typed_stands_in_an_address_as_data() {
        let made = address("/", &[("q", "a&b=c#d\"<"), ("kind", ""), ("page", "2")]);
        assert_eq!(made, "/?q=a%26b%3Dc%23d%22%3C&page=2");
        assert_eq!(address("/people", &[("q", "")]), "/people");
    }
}
