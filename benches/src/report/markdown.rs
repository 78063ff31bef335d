//! Tables in Markdown.

/// A table with named columns. The first `texts` columns are text, the others are numbers.
pub(super) struct Table {
    text: String,
}

impl Table {
    pub(super) fn new(columns: &[&str], texts: usize) -> Self {
        let rule: Vec<&str> = (0..columns.len()).map(|index| if index < texts { "---" } else { "--:" }).collect();
        let mut table = Self { text: String::new() };
        table.row(columns.iter().copied());
        table.row(rule);
        table
    }

    pub(super) fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        for cell in cells {
            self.text += "| ";
            self.text += &cell.as_ref().replace('|', "\\|");
            self.text.push(' ');
        }
        self.text += "|\n";
    }

    pub(super) fn finish(self) -> String {
        self.text + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_rule_and_escapes_bars() {
        let mut table = Table::new(&["what", "ns"], 1);
        table.row(["a|b", "1.0"]);
        assert_eq!(table.finish(), "| what | ns |\n| --- | --: |\n| a\\|b | 1.0 |\n\n");
    }
}
