//! The live screen: draws a view with colours, reads the keys that quit, and restores the terminal.

use std::io::{self, Write as _};
use std::time::Duration;

use breaker_core::State;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::{StyledContent, Stylize as _};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{execute, queue};

use crate::frame::{self, Ink, Line};
use crate::view::View;

/// The size of a terminal that doesn't tell its size.
const UNKNOWN: (u16, u16) = (80, 24);

/// Holds the terminal; dropping it restores it.
pub(crate) struct Screen {
    /// Keys can be read: there is a terminal to read from, too.
    has_keys: bool,
}

impl Screen {
    /// Switches to the alternate screen, and to raw mode.
    pub(crate) fn open() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Otherwise the message would vanish together with the screen.
            restore();
            before(panic);
        }));
        let screen = Self { has_keys: terminal::enable_raw_mode().is_ok() };
        execute!(io::stdout(), EnterAlternateScreen, Hide, Clear(ClearType::All))?;
        Ok(screen)
    }

    /// Whether a key that quits was pressed since the last call. In raw mode Ctrl-C is a key, too, and no signal.
    pub(crate) fn is_quit(&self) -> io::Result<bool> {
        while self.has_keys && event::poll(Duration::ZERO)? {
            if let Event::Key(key) = event::read()?
                && quits(key)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Draws `view`, as large as the terminal is now.
    #[expect(clippy::unused_self, reason = "drawing needs the alternate screen")]
    pub(crate) fn draw(&self, view: &View) -> io::Result<()> {
        let (width, height) = size();
        // Written at once: standard output sends pieces, and a terminal would show half a frame.
        let mut out = Vec::new();
        queue!(out, BeginSynchronizedUpdate)?;
        let lines = frame::frame(view, width.into(), height.into());
        for (row, line) in (0..height).zip(&lines) {
            // Cleared first: behind a line that fills the row, the cursor is still on its last column.
            queue!(out, MoveTo(0, row), Clear(ClearType::CurrentLine))?;
            write_line(&mut out, line)?;
        }
        if let Some(row) = u16::try_from(lines.len()).ok().filter(|row| *row < height) {
            queue!(out, MoveTo(0, row), Clear(ClearType::FromCursorDown))?;
        }
        queue!(out, EndSynchronizedUpdate)?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Columns and rows of the terminal.
pub(crate) fn size() -> (u16, u16) {
    terminal::size().ok().filter(|(width, height)| *width > 0 && *height > 0).unwrap_or(UNKNOWN)
}

fn restore() {
    // There is nothing to do about an error here.
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = terminal::disable_raw_mode();
}

fn quits(key: KeyEvent) -> bool {
    let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release && (is_interrupt || matches!(key.code, KeyCode::Char('q' | 'Q') | KeyCode::Esc))
}

/// Writes one line in colour, without a line feed.
pub(crate) fn write_line(out: &mut impl io::Write, line: &Line) -> io::Result<()> {
    line.iter().try_for_each(|(ink, text)| write!(out, "{}", paint(*ink, text)))
}

fn paint(ink: Ink, text: &str) -> StyledContent<&str> {
    match ink {
        Ink::Normal => text.stylize(),
        Ink::Strong => text.bold(),
        Ink::Faint => text.dark_grey(),
        Ink::Bad => text.red(),
        Ink::State(State::Closed) => text.black().on_green(),
        Ink::State(State::Open) => text.white().on_dark_red(),
        Ink::State(State::HalfOpen) => text.black().on_yellow(),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::quits;

    #[test]
    fn q_esc_and_ctrl_c_quit_and_others_do_not() {
        let key = |code| quits(KeyEvent::new(code, KeyModifiers::NONE));
        assert!(key(KeyCode::Char('q')) && key(KeyCode::Esc));
        assert!(quits(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(!key(KeyCode::Char('c')) && !key(KeyCode::Up) && !key(KeyCode::Char('x')));
    }
}
