//! The plot of a sweep: a line for each kind of call, a dot for each configuration. The colours are readable on white and
//! on black.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Case, LIMIT, Price};

const WIDTH: f64 = 940.0;
const LEFT: f64 = 330.0;
const RIGHT: f64 = 900.0;
const TOP: f64 = 92.0;
/// The distance between two lines.
const LINE: f64 = 22.0;
const GREY: &str = "#7d8590";
const BLUE: &str = "#2f81f7";
const RED: &str = "#e8590c";

/// Returns the plot: how many times the cheapest of its kind each case costs, on a logarithmic scale.
pub(super) fn svg(rows: &[(Case, Price)]) -> String {
    let mut kinds: Vec<(&str, Vec<(&Case, f64)>)> = Vec::new();
    let mut cheapest: BTreeMap<&str, f64> = BTreeMap::new();
    for (case, price) in rows {
        match kinds.last_mut() {
            Some((kind, cases)) if *kind == case.kind => cases.push((case, price.mean)),
            _ => kinds.push((&case.kind, vec![(case, price.mean)])),
        }
        let least = cheapest.entry(&case.kind).or_insert(price.mean);
        *least = least.min(price.mean);
    }
    let times = |case: &Case, mean: f64| mean / cheapest[case.kind.as_str()];
    let most = rows.iter().map(|(case, price)| times(case, price.mean)).fold(2.0, f64::max) * 1.15;
    let x = |times: f64| LEFT + times.ln() / most.ln() * (RIGHT - LEFT);
    #[expect(clippy::cast_precision_loss, reason = "a number of lines")]
    let y = |line: usize| TOP + LINE * (line as f64 + 0.5);
    let bottom = y(kinds.len()) - LINE / 2.0;

    let mut text = head(rows.len(), bottom + 40.0);
    axis(&mut text, bottom, most, x);
    for (line, (kind, cases)) in kinds.iter().enumerate() {
        let at = y(line);
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{GREY}\">{kind}</text>",
            LEFT - 14.0,
            at + 4.5
        );
        for (case, mean) in cases {
            dot(&mut text, case, times(case, *mean), (x(times(case, *mean)), at));
        }
    }
    text + "</svg>\n"
}

fn head(cases: usize, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>Instructions of a call under each configuration</title>\n\
         <text x=\"20\" y=\"26\" font-size=\"15\" font-weight=\"600\" fill=\"{GREY}\">Instructions of a call, in multiples of \
         the cheapest of its kind: {cases} configurations</text>\n\
         <circle cx=\"26\" cy=\"46\" r=\"4\" fill=\"{BLUE}\" fill-opacity=\"0.6\"/>\
         <text x=\"38\" y=\"50\" fill=\"{GREY}\">a rule, a state of its window, and the threads that call: at most {LIMIT}</text>\n"
    )
}

fn axis(text: &mut String, bottom: f64, most: f64, x: impl Fn(f64) -> f64) {
    for times in [1.0, LIMIT, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].into_iter().filter(|times| *times <= most) {
        let (colour, opacity) = if times == LIMIT { (RED, 0.9) } else { (GREY, 0.3) };
        let at = x(times);
        // Writing to a String can't fail, here and below.
        let _ = writeln!(
            text,
            "<path d=\"M{at:.1} {TOP}V{bottom:.1}\" stroke=\"{colour}\" stroke-opacity=\"{opacity}\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{colour}\">{times} ×</text>",
            TOP - 8.0,
        );
    }
}

fn dot(text: &mut String, case: &Case, times: f64, (x, y): (f64, f64)) {
    let look = if times > LIMIT { format!("fill=\"{RED}\"") } else { format!("fill=\"{BLUE}\" fill-opacity=\"0.6\"") };
    let name = case.name.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        text,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" {look}><title>{name}: {times:.2} ×</title></circle>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_a_dot_in_the_line_of_its_kind() {
        let row = |kind: &str, name: &str, mean| {
            (Case { calls: 1, kind: kind.to_owned(), name: name.to_owned() }, Price { mean, dearest: 0 })
        };
        let rows = [row("a", "one", 100.0), row("a", "two & a half", 250.0), row("b", "three", 100.0)];
        let text = svg(&rows);
        let dots = |look: &str| text.lines().filter(|line| line.starts_with("<circle") && line.contains(look)).count();
        assert_eq!(
            (dots("<title>one: 1.00 ×"), dots("<title>two &amp; a half: 2.50 ×"), dots("three: 1.00 ×")),
            (1, 1, 1)
        );
        assert!(dots(RED) == 1 && text.contains(">a</text>") && text.contains(">b</text>"));
    }
}
