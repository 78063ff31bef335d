//! Parses YAML 1.2 into a small tree with the position of each node and whether a value was quoted. Size and depth are
//! limited.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

/// The maximum length of a file in bytes. A thousand services with all their keys take half of it.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The maximum number of nodes in a tree, including copies by aliases.
const MAX_NODES: usize = 100_000;
/// The maximum depth of the tree. Valid files have three levels; deeper ones get messages about the content found there.
const MAX_DEPTH: usize = 16;

/// Line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Position,
    /// Whether the node has a tag, such as `!!int`.
    pub(crate) tagged: bool,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// No content, which YAML reads as null.
    Null,
    /// Text without quotes. Its type depends on the key.
    Plain(String),
    /// Text in quotes or in a block.
    Quoted(String),
    Map(Vec<(Node, Node)>),
    /// A list. Its items are not kept, because no key takes a list.
    List,
}

/// Why a text can't be parsed.
#[derive(Debug)]
pub(crate) struct ParseError {
    pub(crate) at: Position,
    pub(crate) problem: String,
    pub(crate) fix: String,
}

/// Parses the only document of a text; `None` if the text contains only white space and comments.
pub(crate) fn parse(text: &str) -> Result<Option<Node>, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder { parser: Parser::new_from_str(text), text, anchors: HashMap::new(), left: MAX_NODES };
    let (mut document, mut begun) = (None, false);
    loop {
        match builder.next()? {
            (Event::StreamEnd, _) => return Ok(document),
            (Event::DocumentStart(_), span) if begun => {
                return Err(parse_error(
                    at(span),
                    "a second document begins",
                    "keep one document, and leave out the other",
                ));
            }
            (Event::DocumentStart(_), _) => begun = true,
            (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
            (event, span) => {
                document = Some(builder.node(event, span, 0)?).filter(|node| !matches!(node.content, Content::Null));
            }
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    /// The nodes that aliases refer to.
    anchors: HashMap<usize, Node>,
    /// The number of nodes that are still allowed.
    left: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), ParseError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.not_yaml(&error)),
            // Unreachable in practice: the parser returns `StreamEnd` as its last event.
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, ParseError> {
        let at = at(span);
        if depth > MAX_DEPTH {
            return Err(parse_error(
                at,
                format!("is nested more than {MAX_DEPTH} deep"),
                "write `service:` with keys below",
            ));
        }
        self.spend(1, at)?;
        let (anchor, tagged, content) = match event {
            Event::Alias(id) => return self.alias(id, at),
            Event::Scalar(text, style, anchor, tag) => (anchor, tag.is_some(), scalar(text.into_owned(), style, span)),
            Event::MappingStart(anchor, tag) => (anchor, tag.is_some(), self.map(depth)?),
            Event::SequenceStart(anchor, tag) => (anchor, tag.is_some(), self.list(depth)?),
            // Other events don't begin a node.
            _ => (0, false, Content::Null),
        };
        let node = Node { at, tagged, content };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn map(&mut self, depth: usize) -> Result<Content, ParseError> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Content::Map(entries));
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let mut value = self.node(event, span, depth + 1)?;
            if matches!(value.content, Content::Null) {
                // A missing value has no position of its own.
                value.at = key.at;
            }
            entries.push((key, value));
        }
    }

    fn list(&mut self, depth: usize) -> Result<Content, ParseError> {
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Content::List);
            }
            self.node(event, span, depth + 1)?;
        }
    }

    fn alias(&mut self, id: usize, at: Position) -> Result<Node, ParseError> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return Err(parse_error(at, "an alias refers to a node that contains it", "repeat the values"));
        };
        self.spend(size(&node), at)?;
        Ok(node)
    }

    fn spend(&mut self, nodes: usize, at: Position) -> Result<(), ParseError> {
        self.left = self.left.checked_sub(nodes).ok_or_else(|| {
            let problem = format!("holds more than {MAX_NODES} values, copies by aliases included");
            parse_error(at, problem, "put values for all services into `defaults:`, and use no aliases")
        })?;
        Ok(())
    }

    fn not_yaml(&self, error: &ScanError) -> ParseError {
        let at = Position { line: error.marker().line(), column: error.marker().col() + 1 };
        let line = self.text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
        let indent = &line[..line.len() - line.trim_start().len()];
        let fix = if indent.contains('\t') {
            "indent with spaces, never with tabs"
        } else {
            "check the indentation, the colons and the quotes of this line and of those above"
        };
        parse_error(at, format!("is not YAML: {}", error.info()), fix)
    }
}

fn scalar(text: String, style: ScalarStyle, span: Span) -> Content {
    match style {
        // For a missing value, the parser returns `~` with an empty span; for an empty document, an empty text.
        ScalarStyle::Plain if span.is_empty() || text.is_empty() => Content::Null,
        ScalarStyle::Plain => Content::Plain(text),
        _ => Content::Quoted(text),
    }
}

fn size(node: &Node) -> usize {
    match &node.content {
        Content::Map(entries) => 1 + entries.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>(),
        // Copying a long text costs memory, too.
        Content::Plain(text) | Content::Quoted(text) => 1 + text.len() / 16,
        Content::Null | Content::List => 1,
    }
}

fn at(span: Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}

fn parse_error(at: Position, problem: impl Into<String>, fix: impl Into<String>) -> ParseError {
    ParseError { at, problem: problem.into(), fix: fix.into() }
}
