//! Text within a number of columns.

use textwrap::{Options, WordSplitter};

/// Marks the place where text was cut off.
pub(crate) const CUT: char = '…';
/// The width of printed text where the terminal doesn't ask for less.
pub(crate) const WIDTH: usize = 80;

/// Wraps `text` at its spaces. Lines after the first are indented by `indent` columns. A word is broken only if it is
/// longer than a whole line.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    // On a very narrow screen, text matters more than its indentation.
    let indent = " ".repeat(if indent * 2 < width { indent } else { 0 });
    let options = Options::new(width.max(1)).subsequent_indent(&indent).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Wraps each line of `text` for itself, so that its paragraphs stay.
pub(crate) fn fill(text: &str, width: usize) -> String {
    text.lines().flat_map(|line| wrap(line, width, 0)).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::{fill, wrap};

    #[test]
    fn lines_break_at_spaces_only() {
        assert_eq!(wrap("a half-open circuit", 12, 2), ["a half-open", "  circuit"]);
        assert_eq!(wrap("a half-open circuit", 19, 2), ["a half-open circuit"]);
    }

    #[test]
    fn a_narrow_screen_has_no_indentation() {
        assert_eq!(wrap("a half-open circuit", 9, 8), ["a", "half-open", "circuit"]);
        assert_eq!(wrap("abc", 0, 8), ["a", "b", "c"]);
    }

    #[test]
    fn paragraphs_stay() {
        assert_eq!(fill("one two\n\nthree", 4), "one\ntwo\n\nthre\ne\n");
    }
}
