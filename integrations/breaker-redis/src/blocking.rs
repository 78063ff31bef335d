//! Commands that wait on the server for as long as their caller has asked for.

use redis::{Arg, Cmd, Pipeline};

/// Commands that always wait. `XREAD` and `XREADGROUP` wait with the option `BLOCK`.
const BLOCKING: [&str; 10] =
    ["BLMOVE", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "WAIT", "WAITAOF"];

/// Whether a command may wait on the server: for items, for replicas or for the disk. Its duration says nothing about the
/// server, so [`Guarded`](crate::Guarded) exempts it from the limits of time.
///
/// They are `BLMOVE`, `BLMPOP`, `BLPOP`, `BRPOP`, `BRPOPLPUSH`, `BZMPOP`, `BZPOPMAX`, `BZPOPMIN`, `WAIT` and `WAITAOF`, and
/// `XREAD` and `XREADGROUP` with the option `BLOCK`.
#[must_use]
#[inline]
pub fn is_blocking(command: &Cmd) -> bool {
    // One test for nearly all commands.
    let Some(Arg::Simple([first, ..])) = command.args_iter().next() else { return false };
    matches!(first, b'b' | b'B' | b'w' | b'W' | b'x' | b'X') && is_among_blocking(command)
}

#[inline(never)]
fn is_among_blocking(command: &Cmd) -> bool {
    let mut words = command.args_iter();
    let Some(Arg::Simple(name)) = words.next() else { return false };
    let words = words.map(|word| match word {
        Arg::Simple(word) => word,
        // A cursor, or what a later version adds: no option.
        _ => b"",
    });
    let is = |expected: &str| name.eq_ignore_ascii_case(expected.as_bytes());
    if is("XREAD") || is("XREADGROUP") { blocks(words) } else { BLOCKING.into_iter().any(is) }
}

/// Whether the options have `BLOCK`. They end at `STREAMS`: what follows are keys. Names of a group and a consumer stand
/// among them.
fn blocks<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> bool {
    while let Some(word) = words.next() {
        let is = |option: &str| word.eq_ignore_ascii_case(option.as_bytes());
        if is("BLOCK") {
            return true;
        }
        if is("STREAMS") {
            return false;
        }
        if is("GROUP") {
            words.nth(1);
        }
    }
    false
}

/// Whether any command of the pipeline may wait on the server.
pub(crate) fn has_blocking(pipeline: &Pipeline) -> bool {
    pipeline.cmd_iter().any(is_blocking)
}
