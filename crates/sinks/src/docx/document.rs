//! The document around the paragraphs.

use super::writer::Writer;
use crate::ooxml::{Package, write_attribute, write_text};
use crate::output::FileTarget;
use crate::{Context, WriteError};

const STYLES: &str = include_str!("styles.xml");

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Begins a document: everything that stands before its text.
pub(super) fn begin(target: FileTarget, context: &Context<'_>) -> Result<Package, WriteError> {
    let mut package = Package::new(target);
    package.part(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
            <Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"word/document.xml\"/>\
            <Relationship Id=\"r2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>\
            </Relationships>"
        ),
    )?;
    package.core_properties(context)?;
    package.part("word/styles.xml", STYLES)?;
    package.part(
        "word/settings.xml",
        &format!(
            "<w:settings xmlns:w=\"{WORD}\"><w:zoom w:percent=\"100\"/><w:characterSpacingControl w:val=\"compressPunctuation\"/>\
            <w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat>\
            <w:themeFontLang w:val=\"en-US\" w:eastAsia=\"zh-CN\" w:bidi=\"ar-SA\"/></w:settings>"
        ),
    )?;
    // The second names are for systems that know the font by its Chinese name, or have another.
    package.part(
        "word/fontTable.xml",
        &format!(
            "<w:fonts xmlns:w=\"{WORD}\"><w:font w:name=\"Microsoft YaHei\"><w:altName w:val=\"微软雅黑\"/>\
            <w:panose1 w:val=\"020B0503020204020204\"/><w:charset w:val=\"86\"/><w:family w:val=\"swiss\"/><w:pitch w:val=\"variable\"/></w:font>\
            <w:font w:name=\"Calibri\"><w:charset w:val=\"00\"/><w:family w:val=\"swiss\"/><w:pitch w:val=\"variable\"/></w:font>\
            <w:font w:name=\"Arial\"><w:charset w:val=\"00\"/><w:family w:val=\"swiss\"/><w:pitch w:val=\"variable\"/></w:font></w:fonts>"
        ),
    )?;
    write_footer(&mut package, context)?;
    package.begin("word/document.xml")?;
    package.buffer.extend_from_slice(
        format!(
            "<w:document xmlns:w=\"{WORD}\" xmlns:r=\"{OFFICE}\" \
            xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
            xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
            xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><w:body>"
        )
        .as_bytes(),
    );
    Ok(package)
}

/// The footer: what made the document, and the page.
fn write_footer(package: &mut Package, context: &Context<'_>) -> Result<(), WriteError> {
    package.begin("word/footer1.xml")?;
    let out = &mut package.buffer;
    let field = |name: &str| {
        format!(
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> {name} </w:instrText></w:r>\
            <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        )
    };
    out.extend_from_slice(
        format!("<w:ftr xmlns:w=\"{WORD}\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr><w:r><w:t xml:space=\"preserve\">").as_bytes(),
    );
    write_text(context.generated_by, out);
    out.extend_from_slice(b"</w:t></w:r><w:r><w:tab/></w:r>");
    out.extend_from_slice(field("PAGE").as_bytes());
    out.extend_from_slice(b"<w:r><w:t xml:space=\"preserve\"> / </w:t></w:r>");
    out.extend_from_slice(field("NUMPAGES").as_bytes());
    out.extend_from_slice(b"</w:p></w:ftr>");
    package.flush_if_full()
}

/// Completes a document; gives its bytes and how many pictures could not be read any more.
pub(super) fn finish(
    mut package: Package,
    writer: &mut Writer<'_>,
) -> Result<(u64, u64), WriteError> {
    package.buffer.extend_from_slice(
        b"<w:sectPr><w:footerReference w:type=\"default\" r:id=\"footer\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
        <w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/>\
        </w:sectPr></w:body></w:document>",
    );
    let lost = writer.pictures.write(&mut package)?;
    package.begin("word/_rels/document.xml.rels")?;
    package.buffer.extend_from_slice(
        b"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
    );
    for (id, kind, target) in [
        ("styles", "styles", "styles.xml"),
        ("settings", "settings", "settings.xml"),
        ("fonts", "fontTable", "fontTable.xml"),
        ("footer", "footer", "footer1.xml"),
    ] {
        relationship(&mut package, id, kind, target, false)?;
    }
    for (number, name) in writer.pictures.names() {
        relationship(
            &mut package,
            &format!("image{number}"),
            "image",
            &name,
            false,
        )?;
    }
    for (number, target) in (1..).zip(std::mem::take(&mut writer.links)) {
        relationship(
            &mut package,
            &format!("link{number}"),
            "hyperlink",
            &target,
            true,
        )?;
    }
    package.buffer.extend_from_slice(b"</Relationships>");
    write_types(&mut package)?;
    Ok((package.finish()?, lost))
}

fn relationship(
    package: &mut Package,
    id: &str,
    kind: &str,
    target: &str,
    is_outside: bool,
) -> Result<(), WriteError> {
    let mode = if is_outside {
        " TargetMode=\"External\""
    } else {
        ""
    };
    let out = &mut package.buffer;
    out.extend_from_slice(
        format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\"{mode} Target=\"").as_bytes(),
    );
    write_attribute(target, out);
    out.extend_from_slice(b"\"/>");
    package.flush_if_full()
}

fn write_types(package: &mut Package) -> Result<(), WriteError> {
    const TYPES: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let mut xml = String::from(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
        <Default Extension=\"xml\" ContentType=\"application/xml\"/>",
    );
    for extension in ["png", "jpeg", "gif", "bmp"] {
        xml.push_str(&format!(
            "<Default Extension=\"{extension}\" ContentType=\"image/{extension}\"/>"
        ));
    }
    xml.push_str("<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>");
    for (part, kind) in [
        ("document", "document.main"),
        ("styles", "styles"),
        ("settings", "settings"),
        ("fontTable", "fontTable"),
        ("footer1", "footer"),
    ] {
        xml.push_str(&format!(
            "<Override PartName=\"/word/{part}.xml\" ContentType=\"{TYPES}.{kind}+xml\"/>"
        ));
    }
    xml.push_str("</Types>");
    package.part("[Content_Types].xml", &xml)
}
