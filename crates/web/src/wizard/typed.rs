//! Keys as they were typed, field by field.

use zeroize::Zeroizing;

/// What was typed into a key form: name of the field and its content.
#[derive(Clone, Default)]
pub(crate) struct Typed(Vec<(String, Zeroizing<String>)>);

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(…)")
    }
}

impl Typed {
    /// Notes a field; what was typed into it before is forgotten.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| known != name);
        let value = Zeroizing::new(value.trim().to_owned());
        self.0.push((name.to_owned(), value));
    }

    /// Takes over the fields of another form.
    pub(crate) fn renew(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            self.set(name, value);
        }
    }

    /// As a key file has it: the text first, then a line for each field.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::new());
        for (_, value) in self.0.iter().filter(|(name, _)| name == "text") {
            out.push_str(value);
        }
        for (name, value) in self.0.iter().filter(|(name, _)| name != "text") {
            out.push_str(&format!("\n{name} = {}", value.as_str()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_later_takes_the_place_of_its_own_kind_only() {
        let mut typed = Typed::default();
        typed.set("backup_password", " 1234 ");
        let mut key = Typed::default();
        key.set("text", "wrong");
        typed.renew(&key);
        key.set("text", "right");
        typed.renew(&key);
        assert_eq!(typed.text().as_str(), "right\nbackup_password = 1234");
        assert_eq!(format!("{typed:?}"), "Typed(…)");
    }
}
