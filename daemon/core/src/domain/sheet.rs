//! Tables as CSV for spreadsheets: what somebody wrote stays text there and never becomes a formula.

use std::borrow::Cow;

/// What a cell begins with that a spreadsheet would calculate (OWASP ASVS 5.0, 1.2.10).
const BEGINS_A_FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\0'];

/// The text of a cell: an apostrophe before what would be taken for a formula.
pub fn cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(BEGINS_A_FORMULA) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Rows of cells as CSV (RFC 4180).
pub fn rows<'a, R>(rows: impl IntoIterator<Item = R>) -> Vec<u8>
where
    R: IntoIterator<Item = Cow<'a, str>>,
{
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(|text| cell(&text).into_owned()).collect();
        // A Vec takes everything, and rows may differ in length.
        let _ = writer.write_record(cells);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_becomes_a_formula() {
        for text in ["=1+1", "+1 555", "-1", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("ann=read"), "ann=read");
        let row: [Cow<'_, str>; 3] = ["=HYPERLINK(\"http://x.example\")".into(), "two, parts".into(), String::new().into()];
        let csv = String::from_utf8(rows([row])).unwrap();
        assert_eq!(csv, "\"'=HYPERLINK(\"\"http://x.example\"\")\",\"two, parts\",\r\n");
    }
}
