//! Tokens to arguments: one table of keys drives unknown, duplicate, missing and wrong type.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token};

use crate::diag::{Faults, nearest};
use crate::value::{self, Value};

/// What a key takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Service,
    Preset,
    /// `u32`, at least 1.
    Count,
    /// 0 < x <= 1.
    Share,
    /// At least 1 and finite.
    Factor,
    /// 0 <= x <= 1.
    Jitter,
    Duration,
    Window,
    Bool,
    Criticality,
    /// A path or a closure with one argument.
    Callable,
    Crate,
}

/// Every key of the attribute. The order is that of the documentation.
pub(crate) const KEYS: &[(&str, Kind)] = &[
    ("service", Kind::Service),
    ("preset", Kind::Preset),
    ("failure_threshold", Kind::Count),
    ("consecutive_failures", Kind::Count),
    ("failure_rate", Kind::Share),
    ("slow_call_duration", Kind::Duration),
    ("slow_call_rate", Kind::Share),
    ("minimum_requests", Kind::Count),
    ("window", Kind::Window),
    ("open_timeout", Kind::Duration),
    ("open_timeout_multiplier", Kind::Factor),
    ("open_timeout_max", Kind::Duration),
    ("open_timeout_jitter", Kind::Jitter),
    ("success_threshold", Kind::Count),
    ("half_open_max_calls", Kind::Count),
    ("half_open_timeout", Kind::Duration),
    ("request_timeout", Kind::Duration),
    ("fail_fast", Kind::Bool),
    ("response_times", Kind::Bool),
    ("enable_health_check", Kind::Bool),
    ("health_check_interval", Kind::Duration),
    ("health_check_timeout", Kind::Duration),
    ("health_check_failures", Kind::Count),
    ("criticality", Kind::Criticality),
    ("metrics_log_interval", Kind::Duration),
    ("fallback", Kind::Callable),
    ("failure_if", Kind::Callable),
    ("ignore_if", Kind::Callable),
    ("classify", Kind::Callable),
    ("map_error", Kind::Callable),
    ("crate", Kind::Crate),
];

/// Names that other libraries use for what we call differently.
const SYNONYMS: &[(&str, &str)] = &[
    ("name", "service"),
    ("timeout", "request_timeout"),
    ("call_timeout", "request_timeout"),
    ("max_failures", "failure_threshold"),
    ("threshold", "failure_threshold"),
    ("reset_timeout", "open_timeout"),
    ("recovery_timeout", "open_timeout"),
    ("sliding_window", "window"),
    ("window_size", "window"),
    ("minimum_calls", "minimum_requests"),
    ("min_requests", "minimum_requests"),
    ("on_error", "fallback"),
    ("ignore", "ignore_if"),
    ("failure_rate_threshold", "failure_rate"),
    ("slow_call_rate_threshold", "slow_call_rate"),
    ("slow_call_duration_threshold", "slow_call_duration"),
];

/// One `key = value` whose value has the right type and range.
pub(crate) struct Arg {
    pub(crate) name: &'static str,
    /// The key as the user wrote it: where a fault of the pair is shown.
    pub(crate) key: Ident,
    /// The value as the user wrote it: where a fault of the value is shown.
    pub(crate) expr: Expr,
    pub(crate) value: Value,
}

/// What the user wrote between the parentheses.
#[derive(Default)]
pub(crate) struct Args {
    list: Vec<Arg>,
    /// Keys that were there, though their value may have been faulty.
    seen: Vec<&'static str>,
}

impl Args {
    pub(crate) fn get(&self, name: &str) -> Option<&Arg> {
        self.list.iter().find(|arg| arg.name == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.seen.contains(&name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arg> {
        self.list.iter()
    }

    /// Reads all pairs and reports all faults.
    pub(crate) fn read(tokens: TokenStream, faults: &mut Faults) -> Self {
        let mut args = Self::default();
        let empty = tokens.is_empty();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                args.read_pair(input, faults);
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            faults.take(error);
        }
        if !args.seen.contains(&"service") && (empty || faults.is_empty()) {
            faults.at(
                Span::call_site(),
                "`service` is missing: name the breaker, as in `#[circuit_breaker(service = \"s3\")]`",
            );
        }
        args
    }

    fn read_pair(&mut self, input: ParseStream<'_>, faults: &mut Faults) {
        let Some((key, expr)) = pair(input, faults) else {
            skip_to_comma(input);
            return;
        };
        let written = key.unraw().to_string();
        let Some(&(name, kind)) = KEYS.iter().find(|(name, _)| *name == written) else {
            faults.on(&key, unknown(&written));
            return;
        };
        if self.seen.contains(&name) {
            faults.on(&key, format_args!("`{name}` is given twice: keep one of them"));
            return;
        }
        self.seen.push(name);
        match value::read(name, kind, &expr) {
            Ok(value) => self.list.push(Arg { name, key, expr, value }),
            Err(error) => faults.take(error),
        }
    }
}

/// `key = value`; what is wrong with it has been reported if there is none.
fn pair(input: ParseStream<'_>, faults: &mut Faults) -> Option<(Ident, Expr)> {
    let Ok(key) = Ident::parse_any(input) else {
        let token: Option<TokenTree> = input.fork().parse().ok();
        let message = match &token {
            Some(TokenTree::Literal(literal)) if literal.to_string().starts_with('"') => {
                format!("name the key: write `service = {literal}`")
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => "there is a comma too many here".to_owned(),
            _ => "expected `key = value`, as in `service = \"s3\"`".to_owned(),
        };
        faults.on(token, message);
        return None;
    };
    if input.is_empty() || input.peek(Token![,]) {
        faults.on(&key, format_args!("`{key}` has no value: write `{key} = …`"));
        return None;
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        faults.on(&key, format_args!("expected `=` after `{key}`: write `{key} = …`"));
        return None;
    }
    let _: Option<Token![=]> = input.parse().ok();
    if input.is_empty() || input.peek(Token![,]) {
        faults.on(&key, format_args!("`{key}` has no value: write `{key} = …`"));
        return None;
    }
    let ahead = input.fork();
    match ahead.parse::<Expr>() {
        Ok(expr) if ahead.is_empty() || ahead.peek(Token![,]) => {
            input.advance_to(&ahead);
            Some((key, expr))
        }
        Ok(_) => {
            let next: Option<TokenTree> = ahead.parse().ok();
            faults.on(next, "expected a comma before this");
            None
        }
        Err(error) => {
            faults.take(error);
            None
        }
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // A token can always be read while there is one.
        let _: syn::Result<TokenTree> = input.parse();
    }
}

fn unknown(written: &str) -> String {
    let names = KEYS.iter().map(|(name, _)| *name);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == written).map(|(_, ours)| *ours);
    match synonym.or_else(|| nearest(written, names.clone())) {
        Some(name) => format!("unknown key `{written}`: did you mean `{name}`?"),
        None => format!(
            "unknown key `{written}`; the keys are {}",
            names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}
