//! The drill's edits of its configuration file while it runs: a valid one, an invalid one, and its correction.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::BoxError;
use crate::journal::Journal;
use crate::script::EDITS;

/// The file as it is shipped.
pub(crate) const SHIPPED: &str = include_str!("../breakers.yaml");
/// The `open_timeout` of `s3` after the valid edit.
pub(crate) const SHORTER: Duration = Duration::from_millis(250);

/// One edit of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// `s3` probes more often.
    ShorterOpenTimeout,
    /// A key is misspelled.
    Typo,
    /// The typo is corrected.
    Correction,
}

impl Edit {
    /// Its line in the journal.
    fn what(self) -> &'static str {
        match self {
            Self::ShorterOpenTimeout => "EDIT: open_timeout of s3 from 1s to 250ms",
            Self::Typo => "EDIT: a misspelled key, open_timeot",
            Self::Correction => "EDIT: the misspelled key is corrected",
        }
    }

    /// The file after it.
    pub(crate) fn text(self) -> String {
        // The test below fails if the shipped file no longer has the line that is replaced.
        let (defaults, s3) = SHIPPED.split_once("\n  s3:\n").unwrap_or((SHIPPED, ""));
        let s3 = match self {
            Self::ShorterOpenTimeout | Self::Correction => s3.replacen("open_timeout: 1s", "open_timeout: 250ms", 1),
            Self::Typo => s3.replacen("open_timeout: 1s", "open_timeot: 10s", 1),
        };
        format!("{defaults}\n  s3:\n{s3}")
    }
}

/// Makes the edits at their times, as an editor does: a new file takes the old one's place.
pub(crate) async fn play(file: &Path, journal: Arc<Journal>) -> Result<(), BoxError> {
    let draft = file.with_extension("draft");
    for (at, edit) in EDITS {
        journal.until(at).await;
        journal.edit(edit.what());
        tokio::fs::write(&draft, edit.text()).await?;
        tokio::fs::rename(&draft, file).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use breaker_config::Loader;
    use breaker_core::{Config, Registry};

    use super::{Edit, SHIPPED, SHORTER};

    fn open_timeout(text: &str) -> Result<std::time::Duration, String> {
        let registry = Registry::new();
        let s3 = registry.get_or_create("s3", Config::s3());
        let loaded = Loader::new().text("breakers.yaml", text).load().map_err(|error| error.to_string())?;
        loaded.apply_to(&registry).map_err(|error| error.to_string())?;
        Ok(s3.config().open_timeout())
    }

    #[test]
    fn the_edits_do_what_they_are_called() {
        assert_eq!(open_timeout(SHIPPED), Ok(std::time::Duration::from_secs(1)));
        assert_eq!(open_timeout(&Edit::ShorterOpenTimeout.text()), Ok(SHORTER));
        let error = open_timeout(&Edit::Typo.text()).expect_err("a bad file");
        assert!(error.contains("`s3`: unknown key `open_timeot`; did you mean `open_timeout`?"), "{error}");
        assert_eq!(open_timeout(&Edit::Correction.text()), Ok(SHORTER));
    }
}
