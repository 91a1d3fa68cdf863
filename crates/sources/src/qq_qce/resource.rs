//! What elements and resources state about a file.

use hutong_model::Attachment;

use crate::json_export::Files;
use crate::json_stream::Node;

/// An attachment with what an element or resource states about it.
pub(super) fn attachment(data: &Node<'_>, resources: &[Node<'_>], files: Files<'_>) -> Attachment {
    let name = data.first(&["filename", "fileName", "name"]).words();
    let md5 = data.first(&["md5", "md5HexStr"]).words();
    let url = data.first(&["url", "originImageUrl"]).words();
    let resource = resources.iter().find(|resource| {
        let same = |mine: &Option<String>, keys: &[&str]| {
            mine.is_some() && resource.first(keys).words() == *mine
        };
        same(&name, &["filename", "fileName"]) || same(&md5, &["md5"]) || same(&url, &["url"])
    });
    let empty = Node::Null;
    let resource = resource.unwrap_or(&empty);
    let mut attachment = Attachment {
        name: name.or_else(|| resource.first(&["filename", "fileName"]).words()),
        size_bytes: data
            .first(&["size", "fileSize"])
            .unsigned()
            .or_else(|| resource.first(&["size", "fileSize"]).unsigned())
            .filter(|size| *size > 0),
        native_digest: md5
            .or_else(|| resource.get("md5").words())
            .map(|digest| digest.to_ascii_lowercase()),
        url: url
            .or_else(|| resource.get("url").words())
            .filter(|url| url.contains("://")),
        ..Attachment::default()
    };
    let path = data
        .first(&["localPath", "path"])
        .words()
        .or_else(|| resource.first(&["localPath", "path"]).words())
        // A relative address is the file beside the export.
        .or_else(|| data.get("url").words().filter(|url| !url.contains("://")));
    files.locate(path.as_deref(), &mut attachment);
    attachment
}
