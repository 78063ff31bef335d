//! Rust source -> the tokens that matter for paths. Comments and the insides of literals are dropped.

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Ident(String),
    /// `::`
    Sep,
    Other(char),
}

/// A token and its line, counted from 1.
pub(super) type Placed = (Token, usize);

pub(super) fn tokens(text: &str) -> Vec<Placed> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1 };
    let mut tokens = Vec::new();
    while let Some(c) = reader.peek(0) {
        let line = reader.line;
        if reader.skip_comment() || reader.skip_literal() {
            continue;
        }
        if is_ident(c) {
            tokens.push((Token::Ident(reader.ident()), line));
        } else if c == ':' && reader.peek(1) == Some(':') {
            reader.skip(2);
            tokens.push((Token::Sep, line));
        } else {
            reader.skip(1);
            if !c.is_whitespace() {
                tokens.push((Token::Other(c), line));
            }
        }
    }
    tokens
}

fn is_ident(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == Some('\n') {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(index, c)| self.peek(index) == Some(c))
    }

    /// Skips up to and including `end`, or the rest of the file.
    fn skip_past(&mut self, end: &str) {
        while self.peek(0).is_some() && !self.starts_with(end) {
            self.skip(1);
        }
        self.skip(end.len());
    }

    fn ident(&mut self) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(is_ident) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    fn skip_comment(&mut self) -> bool {
        if self.starts_with("//") {
            while self.peek(0).is_some_and(|c| c != '\n') {
                self.skip(1);
            }
            return true;
        }
        if !self.starts_with("/*") {
            return false;
        }
        let mut depth = 0_usize;
        while self.peek(0).is_some() {
            if self.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.skip(2);
                if depth == 0 {
                    break;
                }
            } else {
                self.skip(1);
            }
        }
        true
    }

    fn skip_literal(&mut self) -> bool {
        match self.peek(0) {
            Some('"') => self.skip_string(),
            Some('\'') => self.skip_char_or_lifetime(),
            Some('r' | 'b' | 'c') => return self.skip_prefixed(),
            _ => return false,
        }
        true
    }

    fn skip_string(&mut self) {
        self.skip(1);
        while let Some(c) = self.peek(0) {
            self.skip(if c == '\\' { 2 } else { 1 });
            if c == '"' {
                break;
            }
        }
    }

    /// `'a'` and `'\n'` are literals, `'a` is a lifetime: its name must not look like the start of a path.
    fn skip_char_or_lifetime(&mut self) {
        if self.peek(1) == Some('\\') {
            self.skip(3);
            self.skip_past("'");
        } else if self.peek(2) == Some('\'') {
            self.skip(3);
        } else {
            self.skip(1);
            self.ident();
        }
    }

    /// `b"…"`, `c"…"`, `br#"…"#`, `r"…"`, `b'…'`; anything else (`ring`, `r#type`) is left for the caller.
    fn skip_prefixed(&mut self) -> bool {
        let mut length = 0;
        while matches!(self.peek(length), Some('r' | 'b' | 'c')) && length < 2 {
            length += 1;
        }
        let raw = self.peek(length - 1) == Some('r');
        let mut hashes = 0;
        while raw && self.peek(length + hashes) == Some('#') {
            hashes += 1;
        }
        match self.peek(length + hashes) {
            Some('"') if raw => {
                self.skip(length + hashes + 1);
                self.skip_past(&format!("\"{}", "#".repeat(hashes)));
            }
            Some('"') => {
                self.skip(length);
                self.skip_string();
            }
            Some('\'') if length == 1 && self.peek(0) == Some('b') => {
                self.skip(1);
                self.skip_char_or_lifetime();
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idents(text: &str) -> Vec<String> {
        let idents = tokens(text).into_iter().filter_map(|(token, _)| match token {
            Token::Ident(name) => Some(name),
            _ => None,
        });
        idents.collect()
    }

    #[test]
    fn comments_and_literals_hold_no_paths() {
        let text = r##"
            // a::b
            /* c /* d */ e */ f
            "g \" h" r#"i "j" k"# b"l" br"m" b'n' 'o' '\'' '\u{41}' p 'q: r
            rust
        "##;
        assert_eq!(idents(text), ["f", "p", "r", "rust"]);
    }

    #[test]
    fn lines_are_counted_through_strings() {
        let (last, line) = tokens("\"\n\n\" /*\n*/ x").pop().expect("x is a token");
        assert_eq!((last, line), (Token::Ident("x".to_owned()), 4));
    }
}
