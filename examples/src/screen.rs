//! The live screen: draws a view with colours, and gives the terminal back as it was.

use std::io::{self, Write as _};

use breaker_core::State;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::{StyledContent, Stylize as _};
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{execute, queue};

use crate::frame::{self, Ink, Line};
use crate::view::View;

/// Holds the terminal; dropping it gives it back.
pub(crate) struct Screen;

impl Screen {
    /// Takes the terminal over.
    pub(crate) fn open() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Otherwise the message would vanish together with the screen.
            restore();
            before(panic);
        }));
        execute!(io::stdout(), EnterAlternateScreen, Hide, Clear(ClearType::All))?;
        Ok(Self)
    }

    /// Draws `view`, as large as the terminal is now.
    #[expect(clippy::unused_self, reason = "it stands for the terminal, which must have been taken over")]
    pub(crate) fn draw(&self, view: &View) -> io::Result<()> {
        let (width, height) = crossterm::terminal::size().unwrap_or((100, 30));
        let mut out = io::stdout().lock();
        let lines = frame::frame(view, width.into(), height.into());
        for (row, line) in (0..height).zip(&lines) {
            queue!(out, MoveTo(0, row))?;
            write_line(&mut out, line)?;
            queue!(out, Clear(ClearType::UntilNewLine))?;
        }
        queue!(out, MoveTo(0, lines.len().try_into().unwrap_or(height)), Clear(ClearType::FromCursorDown))?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    // Nobody is left to tell if this fails.
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
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
