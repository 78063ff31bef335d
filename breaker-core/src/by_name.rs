//! A small map from names to values, as a sorted vector. For thousands of entries that change often, a tree would be
//! faster, but each instance of a generic tree adds a lot to the compile time of this crate.

use std::borrow::Borrow;

/// Sorted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ByName<N, T>(Vec<(N, T)>);

impl<N, T> Default for ByName<N, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N: Borrow<str>, T> ByName<N, T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    /// Returns the value of this name, after inserting one if it is missing.
    #[cfg(feature = "tokio")]
    pub(crate) fn get_or_insert(&mut self, name: N, value: impl FnOnce() -> T) -> &mut T {
        let place = match self.place(name.borrow()) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (name, value()));
                place
            }
        };
        &mut self.0[place].1
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let place = self.place(name).ok()?;
        Some(&mut self.0[place].1)
    }

    /// Inserts a value and returns the previous one.
    pub(crate) fn insert(&mut self, name: N, value: T) -> Option<T> {
        match self.place(name.borrow()) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (name, value));
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<T> {
        self.place(name).ok().map(|place| self.0.remove(place).1)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &N> {
        self.0.iter().map(|(name, _)| name)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(N, T)> {
        self.0.iter()
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn retain_names(&mut self, is_kept: impl Fn(&N) -> bool) {
        self.0.retain(|(name, _)| is_kept(name));
    }

    /// Removes and returns the entries whose value matches.
    #[cfg(feature = "tokio")]
    pub(crate) fn take_if(&mut self, is_taken: impl Fn(&T) -> bool) -> Vec<(N, T)> {
        self.0.extract_if(.., |(_, value)| is_taken(value)).collect()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.borrow().cmp(name))
    }
}

impl<N, T> IntoIterator for ByName<N, T> {
    type Item = (N, T);
    type IntoIter = std::vec::IntoIter<(N, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_the_last_value_it_got() {
        let mut ages = ByName::default();
        for (name, age) in [("b", 2), ("a", 1), ("c", 3)] {
            assert_eq!(ages.insert(name, age), None);
        }
        assert_eq!(ages.insert("b", 20), Some(2));
        assert_eq!((ages.get("c"), ages.get("e")), (Some(&3), None));
        assert_eq!(ages.into_iter().collect::<Vec<_>>(), [("a", 1), ("b", 20), ("c", 3)]);
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn what_is_removed_is_gone() {
        let mut ages = ByName::default();
        ages.insert("a", 1);
        *ages.get_mut("a").expect("it is there") = 2;
        *ages.get_or_insert("a", || unreachable!("it is there")) += 1;
        *ages.get_or_insert("d", || 40) -= 40;
        assert_eq!((ages.remove("a"), ages.remove("a"), ages.get_mut("a")), (Some(3), None, None));
        ages.insert("b", 3);
        ages.insert("c", 4);
        assert_eq!(ages.take_if(|age| *age > 3), [("c", 4)]);
        assert_eq!(ages.values().collect::<Vec<_>>(), [&3, &0]);
    }
}
