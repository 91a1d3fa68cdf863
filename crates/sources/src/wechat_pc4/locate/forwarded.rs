//! Files of forwarded messages: `Rec/<record>/{Img,V,F}/<index>`.

use hutong_model::{Attachment, Forward, Part};

use super::{Locator, Wanted, months};

/// How deep records inside records are followed on disk.
const MAX_LEVELS: usize = 16;

impl Locator {
    pub(super) fn forward(&mut self, wanted: &Wanted<'_>, forward: &mut Forward) {
        let record = self.record_folder(wanted);
        self.bundle(record.as_deref(), &mut Vec::new(), forward);
    }

    /// The folder of this message's record. What names it is not known for sure, so every id of the message is tried.
    fn record_folder(&self, wanted: &Wanted<'_>) -> Option<String> {
        let root = self.root.as_ref()?;
        let packed = wanted.packed;
        let ids = [wanted.server_id, wanted.local_id].map(|id| id.to_string());
        let names: Vec<&str> = [&packed.loose, &packed.image]
            .into_iter()
            .flatten()
            .chain(&ids)
            .map(String::as_str)
            .collect();
        months(wanted.time).into_iter().find_map(|month| {
            let path = format!("msg/attach/{}/{month}/Rec", self.talker);
            let folders = root.folder_names(&path);
            let found = names.iter().find_map(|name| {
                folders
                    .iter()
                    .find(|folder| folder.eq_ignore_ascii_case(name))
            })?;
            Some(format!("{path}/{found}"))
        })
    }

    fn bundle(&mut self, record: Option<&str>, index: &mut Vec<String>, forward: &mut Forward) {
        if index.len() >= MAX_LEVELS {
            return;
        }
        for (number, message) in forward.messages.iter_mut().enumerate() {
            index.push(number.to_string());
            for part in &mut message.parts {
                let name = index.join("_");
                match part {
                    Part::Image(image) => {
                        self.item(record, "Img", "image", &name, &mut image.attachment);
                    }
                    Part::Video(video) => {
                        self.item(record, "V", "video", &name, &mut video.attachment);
                    }
                    Part::File(file) => self.item(record, "F", "file", &name, &mut file.attachment),
                    Part::Voice(voice) => {
                        self.item(record, "F", "file", &name, &mut voice.attachment);
                    }
                    Part::Forward(inner) => self.bundle(record, index, inner),
                    _ => {}
                }
            }
            index.pop();
        }
    }

    fn item(
        &mut self,
        record: Option<&str>,
        folder: &str,
        kind: &str,
        index: &str,
        attachment: &mut Attachment,
    ) {
        let in_record = record
            .and_then(|record| self.in_record(&format!("{record}/{folder}"), index, attachment));
        let path =
            in_record.or_else(|| self.linked_path(kind, attachment.native_digest.as_deref()?));
        if let Some(path) = path {
            self.found(path, attachment);
        }
    }

    /// `<index>`, `<index>.mp4`, `<index>.dat` or a folder of that name with one file; a thumbnail when nothing else is there.
    fn in_record(&mut self, path: &str, index: &str, attachment: &Attachment) -> Option<String> {
        let files = self.folder(path.to_owned(), true);
        let whole = ["", ".dat", ".mp4"]
            .iter()
            .find_map(|end| files.exact(&format!("{index}{end}")));
        if let Some(name) = whole {
            return Some(format!("{path}/{name}"));
        }
        let inner = format!("{path}/{index}");
        let named = self.folder(inner.clone(), true);
        if let Some(name) = attachment
            .name
            .as_deref()
            .and_then(|name| named.exact(name))
        {
            return Some(format!("{inner}/{name}"));
        }
        let thumbnail = ["_t", "_t.dat"]
            .iter()
            .find_map(|end| files.exact(&format!("{index}{end}")));
        thumbnail.map(|name| format!("{path}/{name}"))
    }

    fn linked_path(&mut self, kind: &str, digest: &str) -> Option<String> {
        let link = self.linked(kind, &[digest])?;
        let path = match kind {
            "image" => format!("msg/attach/{}/{}/Img", link.folder?, link.subfolder?),
            kind => format!("msg/{kind}/{}", link.folder.or(link.subfolder)?),
        };
        let folder = self.folder(path.clone(), kind == "image");
        folder
            .exact(&link.name)
            .map(|name| format!("{path}/{name}"))
    }
}
