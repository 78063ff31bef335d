//! A table with a column for each service, broken into blocks where the columns don't fit beside each other.

use std::fmt::Write as _;

/// The widths of the columns: all five services fit into 80.
const NAME: usize = 25;
const COLUMN: usize = 11;

/// Rows of values by name.
pub(crate) struct Table {
    rows: Vec<(&'static str, Vec<String>)>,
}

impl Table {
    /// A table with these column heads.
    pub(crate) fn new(columns: impl Iterator<Item = String>) -> Self {
        Self { rows: vec![("", columns.collect())] }
    }

    /// Adds a row with a value for each column.
    pub(crate) fn row(&mut self, name: &'static str, values: Vec<String>) {
        self.rows.push((name, values));
    }

    /// The table in lines of at most `width` columns, if one service fits into that.
    pub(crate) fn text(&self, width: usize) -> String {
        let columns = self.rows[0].1.len();
        let fit = (width.saturating_sub(NAME) / COLUMN).max(1);
        let blocks = (0..columns).step_by(fit).map(|from| self.block(from, columns.min(from + fit)));
        blocks.collect::<Vec<_>>().join("\n")
    }

    fn block(&self, from: usize, until: usize) -> String {
        let mut text = String::new();
        for (name, values) in &self.rows {
            let mut line = format!("{name:<NAME$}");
            for value in &values[from..until] {
                let _ = write!(line, "{value:>COLUMN$}");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    fn table() -> Table {
        let mut table = Table::new(["s3", "database", "cache", "catalog", "prices"].map(str::to_owned).into_iter());
        table.row("response time, average", vec!["1234.56 ms".to_owned(); 5]);
        table
    }

    #[test]
    fn all_columns_stand_side_by_side_where_they_fit() {
        for width in [80, 110, 200] {
            let text = table().text(width);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        }
    }

    #[test]
    fn a_narrow_table_has_blocks_with_all_columns() {
        let text = table().text(60);
        assert!(text.lines().all(|line| line.len() <= 60), "{text}");
        assert_eq!(text.split("\n\n").count(), 2, "{text}");
        assert_eq!(text.matches("1234.56 ms").count(), 5, "{text}");
        assert_eq!(table().text(0).split("\n\n").count(), 5);
    }
}
