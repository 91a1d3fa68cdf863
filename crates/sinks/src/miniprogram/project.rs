//! One project: its fixed files, its sub-packages and what fits into them.

use crate::WriteError;
use crate::json::Object;
use crate::output::FolderTarget;

use super::{PACKAGE_BYTES, PROJECT_BYTES, script_string};

/// Files that are the same in every project.
const FIXED: [(&str, &str); 19] = [
    ("app.js", include_str!("project/app.js")),
    ("app.wxss", include_str!("project/app.wxss")),
    ("sitemap.json", include_str!("project/sitemap.json")),
    (
        "project.config.json",
        include_str!("project/project.config.json"),
    ),
    ("lib/reader.js", include_str!("project/reader.js")),
    (
        "components/messages/messages.js",
        include_str!("project/messages.js"),
    ),
    (
        "components/messages/messages.wxml",
        include_str!("project/messages.wxml"),
    ),
    (
        "components/messages/messages.json",
        include_str!("project/component.json"),
    ),
    ("pages/index/index.js", include_str!("project/index.js")),
    ("pages/index/index.wxml", include_str!("project/index.wxml")),
    ("pages/index/index.json", include_str!("project/plain.json")),
    ("pages/about/about.js", include_str!("project/about.js")),
    ("pages/about/about.wxml", include_str!("project/about.wxml")),
    ("pages/about/about.json", include_str!("project/plain.json")),
    ("pages/bundle/bundle.js", include_str!("project/bundle.js")),
    (
        "pages/bundle/bundle.wxml",
        include_str!("project/bundle.wxml"),
    ),
    (
        "pages/bundle/bundle.json",
        include_str!("project/chat.json"),
    ),
    // Pages and components without a style of their own: the tools look for the file.
    ("components/messages/messages.wxss", ""),
    ("pages/bundle/bundle.wxss", ""),
];

/// Chats listed on the first page; the list lies in the main package.
const LIST_BYTES: u64 = 1_500_000;

/// A project being written.
pub(super) struct Project {
    folder: String,
    files: u64,
    bytes: u64,
    package: Option<Package>,
    packages: Vec<String>,
    /// Elements of the list of chats.
    chats: Vec<u8>,
    /// The part of the chat at hand that is open, when there is one.
    is_open: bool,
}

/// A sub-package being filled.
struct Package {
    root: String,
    bytes: u64,
    /// Parts of chats: title, number of pages, where it goes on.
    parts: Vec<Part>,
    pictures: u64,
}

struct Part {
    title: String,
    pages: u64,
    next: String,
}

impl Project {
    pub(super) fn begin(number: u64, folder: &FolderTarget) -> Result<Self, WriteError> {
        let mut project = Self {
            folder: if number == 1 {
                "miniprogram".to_owned()
            } else {
                format!("miniprogram {number}")
            },
            files: 0,
            bytes: 0,
            package: None,
            packages: Vec::new(),
            chats: Vec::new(),
            is_open: false,
        };
        for inside in [
            "lib",
            "components/messages",
            "pages/index",
            "pages/about",
            "pages/bundle",
        ] {
            folder.make_folder(&format!("{}/{inside}", project.folder))?;
        }
        for (name, content) in FIXED {
            project.put(name, content.as_bytes(), folder)?;
        }
        Ok(project)
    }

    fn put(&mut self, name: &str, content: &[u8], folder: &FolderTarget) -> Result<(), WriteError> {
        let mut file = folder.file(&format!("{}/{name}", self.folder))?;
        file.buffer.extend_from_slice(content);
        self.bytes += file.finish()?;
        self.files += 1;
        Ok(())
    }

    /// Whether so many bytes more stay within what a mini program may have.
    pub(super) fn takes(&self, bytes: u64) -> bool {
        self.bytes + bytes + 50_000 <= PROJECT_BYTES && (self.chats.len() as u64) < LIST_BYTES
    }

    /// Whether the package at hand takes so many bytes more.
    pub(super) fn fits(&self, bytes: u64) -> bool {
        self.takes(bytes)
            && self
                .package
                .as_ref()
                .is_some_and(|package| package.bytes + bytes <= PACKAGE_BYTES)
    }

    /// Begins a new package when the one at hand is full.
    pub(super) fn make_room(
        &mut self,
        bytes: u64,
        folder: &FolderTarget,
    ) -> Result<(), WriteError> {
        if self.fits(bytes) {
            return Ok(());
        }
        let root = format!("chats/p{:03}", self.packages.len() + 1);
        if let Some(mut full) = self.package.take() {
            // The chat at hand goes on in the next one, where it is the first.
            if let Some(part) = full.parts.last_mut().filter(|_| self.is_open) {
                part.next = format!("/{root}/chat?chat=0");
            }
            self.end_package(full, folder)?;
        }
        folder.make_folder(&format!("{}/{root}/m", self.folder))?;
        self.packages.push(root.clone());
        let mut package = Package {
            root,
            bytes: 4096,
            parts: Vec::new(),
            pictures: 0,
        };
        package.bytes += 1024;
        self.package = Some(package);
        Ok(())
    }

    /// Copies a picture into the package at hand; gives its address.
    pub(super) fn picture(
        &mut self,
        bytes: &[u8],
        extension: &str,
        folder: &FolderTarget,
    ) -> Result<String, WriteError> {
        let Some(package) = &mut self.package else {
            return Ok(String::new());
        };
        package.pictures += 1;
        package.bytes += bytes.len() as u64 + 100;
        let address = format!("{}/m/{}.{extension}", package.root, package.pictures);
        self.put(&address, bytes, folder)?;
        Ok(format!("/{address}"))
    }

    /// Writes a page of the chat at hand into the package at hand.
    pub(super) fn page(
        &mut self,
        title: &str,
        about: &str,
        messages: &[u8],
        folder: &FolderTarget,
    ) -> Result<(), WriteError> {
        let Some(package) = &mut self.package else {
            return Ok(());
        };
        if !self.is_open || package.parts.is_empty() {
            if !self.is_open {
                if !self.chats.is_empty() {
                    self.chats.extend_from_slice(b",\n");
                }
                let mut chat = Object::open(&mut self.chats);
                script_string(title, chat.key("title"));
                script_string(about, chat.key("about"));
                let place = package.parts.len();
                chat.text("url", &format!("/{}/chat?chat={place}", package.root));
                chat.close();
            }
            package.parts.push(Part {
                title: title.to_owned(),
                pages: 0,
                next: String::new(),
            });
            self.is_open = true;
        }
        let place = package.parts.len();
        let Some(part) = package.parts.last_mut() else {
            return Ok(());
        };
        part.pages += 1;
        let name = format!("{}/c{place}_{}.js", package.root, part.pages);
        let mut content = b"module.exports = [".to_vec();
        content.extend_from_slice(messages);
        content.extend_from_slice(b"];\n");
        package.bytes += content.len() as u64 + 60;
        self.put(&name, &content, folder)
    }

    /// The next page belongs to another chat.
    pub(super) fn end_chat(&mut self) {
        self.is_open = false;
    }

    fn end_package(&mut self, package: Package, folder: &FolderTarget) -> Result<(), WriteError> {
        let mut data = b"module.exports = [\n".to_vec();
        for (place, part) in package.parts.iter().enumerate() {
            let mut chat = Object::open(&mut data);
            script_string(&part.title, chat.key("title"));
            chat.text("next", &part.next);
            // Written out one by one, because modules are found when the program is built.
            chat.list("pages", 1..=part.pages, |page, out| {
                out.extend_from_slice(
                    format!("() => require('./c{}_{page}.js')", place + 1).as_bytes(),
                );
            });
            chat.close();
            data.extend_from_slice(b",\n");
        }
        data.extend_from_slice(b"];\n");
        self.put(&format!("{}/data.js", package.root), &data, folder)?;
        for (name, content) in [
            ("chat.js", include_str!("project/chat.js")),
            ("chat.wxml", include_str!("project/chat.wxml")),
            ("chat.json", include_str!("project/chat.json")),
        ] {
            self.put(
                &format!("{}/{name}", package.root),
                content.as_bytes(),
                folder,
            )?;
        }
        Ok(())
    }

    /// Completes the project; gives the number of files and bytes.
    pub(super) fn finish(
        mut self,
        labels: &[u8],
        folder: &FolderTarget,
    ) -> Result<(u64, u64), WriteError> {
        if let Some(package) = self.package.take() {
            self.end_package(package, folder)?;
        }
        self.put("lib/labels.js", labels, folder)?;
        let chats = [b"module.exports = [\n", &self.chats[..], b"\n];\n"].concat();
        self.put("lib/chats.js", &chats, folder)?;
        let mut app = Vec::new();
        let mut object = Object::open(&mut app);
        object.texts(
            "pages",
            [
                "pages/index/index",
                "pages/about/about",
                "pages/bundle/bundle",
            ],
        );
        object.list("subPackages", &self.packages, |root, out| {
            let mut package = Object::open(out);
            package.text("root", root);
            package.texts("pages", ["chat"]);
            package.close();
        });
        let mut window = object.object("window");
        window.text("navigationBarTitleText", "Hutong");
        window.text("navigationBarBackgroundColor", "#ededed");
        window.text("navigationBarTextStyle", "black");
        window.close();
        object.text("sitemapLocation", "sitemap.json");
        object.close();
        app.push(b'\n');
        self.put("app.json", &app, folder)?;
        Ok((self.files, self.bytes))
    }
}
