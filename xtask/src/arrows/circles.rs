//! Finds cycles in a graph of files or of crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The imports between nodes, with the imported names.
#[derive(Default)]
pub(super) struct Graph {
    /// From and to, with each name and the line of its first use.
    arrows: BTreeMap<(String, String), BTreeMap<String, Option<usize>>>,
}

impl Graph {
    /// Adds an arrow. One from a node to itself is ignored.
    pub(super) fn add(&mut self, from: &str, to: &str, name: &str, line: Option<usize>) {
        if from == to {
            return;
        }
        let names = self.arrows.entry((from.to_owned(), to.to_owned())).or_default();
        let first = names.entry(name.to_owned()).or_insert(line);
        *first = (*first).min(line);
    }

    /// Describes each cycle: its nodes, then its arrows with the imported names. All nodes that reach each other form
    /// one cycle.
    pub(super) fn circles(&self, what: &str) -> Vec<String> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.arrows.keys().map(|(from, _)| (from.as_str(), self.reached_from(from))).collect();
        let mutual = |a: &str, b: &str| reach.get(a).is_some_and(|reached| reached.contains(b));
        let mut circles: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
        for (&node, reached) in &reach {
            if reached.contains(node) {
                circles.insert(reached.iter().copied().filter(|other| mutual(other, node)).collect());
            }
        }
        circles.iter().map(|circle| self.describe(circle, what)).collect()
    }

    fn reached_from<'a>(&'a self, start: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for ((from, to), _) in self.arrows.iter().filter(|((from, _), _)| from == node) {
                debug_assert_ne!(from, to);
                if reached.insert(to.as_str()) {
                    open.push(to);
                }
            }
        }
        reached
    }

    fn describe(&self, circle: &BTreeSet<&str>, what: &str) -> String {
        let nodes: Vec<&str> = circle.iter().copied().collect();
        let mut text = format!("cycle of {} {what}: {}", nodes.len(), nodes.join(", "));
        for ((from, to), names) in &self.arrows {
            if circle.contains(from.as_str()) && circle.contains(to.as_str()) {
                let names: Vec<String> = names.iter().map(|(name, line)| tie(name, *line)).collect();
                // Writing to a String can't fail.
                let _ = write!(text, "\n    {from} -> {to}: {}", names.join(", "));
            }
        }
        text
    }
}

fn tie(name: &str, line: Option<usize>) -> String {
    line.map_or_else(|| name.to_owned(), |line| format!("{name} (line {line})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(arrows: &[(&str, &str)]) -> Vec<String> {
        let mut graph = Graph::default();
        for (from, to) in arrows {
            graph.add(from, to, "X", Some(1));
        }
        graph.circles("files")
    }

    #[test]
    fn a_graph_that_only_points_down_has_none() {
        assert!(circles(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("a", "a")]).is_empty());
    }

    #[test]
    fn a_circle_of_two_names_both_arrows() {
        let expected = "cycle of 2 files: a, b\n    a -> b: X (line 1)\n    b -> a: X (line 1)";
        assert_eq!(circles(&[("a", "b"), ("b", "a"), ("c", "a")]), [expected]);
    }

    #[test]
    fn a_circle_of_three_leaves_out_who_only_looks_on() {
        let found = circles(&[("a", "b"), ("b", "c"), ("c", "a"), ("top", "a"), ("c", "ground")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("cycle of 3 files: a, b, c\n"), "{found:?}");
        assert!(!found[0].contains("top") && !found[0].contains("ground"), "{found:?}");
    }

    #[test]
    fn two_circles_are_two() {
        assert_eq!(circles(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")]).len(), 2);
    }

    #[test]
    fn a_name_is_told_once_with_its_first_line() {
        let mut graph = Graph::default();
        for line in [9, 3, 5] {
            graph.add("a", "b", "X", Some(line));
        }
        graph.add("b", "a", "dev-dependencies", None);
        let expected = "cycle of 2 files: a, b\n    a -> b: X (line 3)\n    b -> a: dev-dependencies";
        assert_eq!(graph.circles("files"), [expected]);
    }
}
