//! What the review service depends on, and the drill breaks.

/// A service behind a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// Photos, in an object store that speaks the S3 protocol.
    S3,
    /// Reviews, in `SQLite` or `PostgreSQL`.
    Database,
    /// Whole pages, in Redis.
    Cache,
    /// The names of products, in files. A listing is made of calls of the same breaker.
    Catalog,
    /// Prices, over HTTP. The health check of this service can be wrong.
    Prices,
}

impl Dependency {
    /// All of them, in the order in which they stand on the screen.
    pub(crate) const ALL: [Self; 5] = [Self::S3, Self::Database, Self::Cache, Self::Catalog, Self::Prices];

    /// The name of its breaker.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Catalog => "catalog",
            Self::Prices => "prices",
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
