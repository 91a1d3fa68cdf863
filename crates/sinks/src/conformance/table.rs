//! Reads Parquet tables as other programs do.

use ::parquet::file::reader::{FileReader, SerializedFileReader};

/// A table as text: a line for each row, with the names of the columns.
pub(super) fn read(bytes: &[u8]) -> String {
    // Files are small here; the reader wants to own them.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
    let mut out = String::new();
    for row in reader.get_row_iter(None).unwrap() {
        for (name, value) in row.unwrap().get_column_iter() {
            if !matches!(value, ::parquet::record::Field::Null) {
                out.push_str(name);
                out.push_str(": ");
                out.push_str(&value.to_string());
                out.push('\n');
            }
        }
        out.push('\n');
    }
    out
}
