//! The three things that the review service depends on, and that the drill breaks one after another.

/// A service behind a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// Photos, in an object store that speaks the S3 protocol.
    S3,
    /// Reviews, in `SQLite`.
    Database,
    /// Whole pages, in this process.
    Cache,
}

impl Dependency {
    /// All of them, in the order in which they stand on the screen and break.
    pub(crate) const ALL: [Self; 3] = [Self::S3, Self::Database, Self::Cache];

    /// The name of its breaker.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Database => "database",
            Self::Cache => "cache",
        }
    }

    /// Its place in [`ALL`](Self::ALL), for tables with one entry per dependency.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// The dependency whose breaker has this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Dependency;

    #[test]
    fn a_name_leads_back_to_its_dependency() {
        for (place, one) in Dependency::ALL.into_iter().enumerate() {
            assert_eq!(Dependency::named(one.name()), Some(one));
            assert_eq!(one.index(), place);
        }
        assert_eq!(Dependency::named("mail"), None);
    }
}
