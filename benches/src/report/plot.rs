//! The plot: the cost of a call by threads, both axes logarithmic. The colours are readable on white and on black.

use std::fmt::Write as _;

use super::readme::labels;
use crate::measure::Figures;
use crate::numbers::digits;
use crate::subjects::{Family, UNTIMED};

const WIDTH: f64 = 940.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 580.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 470.0;
/// The distance between the baselines of two labels.
const LINE: f64 = 17.0;

struct Line {
    label: &'static str,
    family: Family,
    /// Threads and nanoseconds.
    points: Vec<(usize, f64)>,
}

/// Returns the position of a value between the lowest and the highest, on a logarithmic scale from 0 to 1.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    (value.ln() - low.ln()) / (high.ln() - low.ln())
}

/// Returns the plot of one scenario.
pub(super) fn svg(figures: &Figures, cores: usize) -> String {
    let threads = figures.parameters();
    let line = |(label, family)| {
        let point = |threads: &usize| {
            let cell = figures.fastest(*threads, |about| about.label == label)?;
            Some((*threads, cell.figure()))
        };
        Line { label, family, points: threads.iter().filter_map(point).collect() }
    };
    let lines: Vec<Line> = labels(figures).into_iter().map(line).collect();
    let values = || lines.iter().flat_map(|line| &line.points).map(|(_, value)| *value);
    // Leaves some room below and above.
    let range = (values().fold(f64::MAX, f64::min) / 1.3, values().fold(f64::MIN, f64::max) * 1.3);
    let y = |value: f64| BOTTOM - share(value, range) * (BOTTOM - TOP);
    let most = threads.last().copied().unwrap_or(1).max(2);
    let x = |threads: usize| LEFT + share(to_f64(threads), (1.0, to_f64(most))) * (RIGHT - LEFT);

    let mut text = head(cores);
    axes(&mut text, &threads, range, x, y);
    // Our lines are drawn last, on top of the others.
    for family in [Family::Limit, Family::Peer, Family::Ours] {
        for line in lines.iter().filter(|line| line.family == family) {
            draw(&mut text, line, x, y);
        }
    }
    let ends: Vec<f64> = lines.iter().map(|line| line.points.last().map_or(BOTTOM, |(_, value)| y(*value))).collect();
    for (line, (end, at)) in lines.iter().zip(ends.iter().zip(apart(&ends))) {
        name(&mut text, line, *end, at);
    }
    text + "</svg>\n"
}

#[expect(clippy::cast_precision_loss, reason = "a number of threads")]
fn to_f64(threads: usize) -> f64 {
    threads as f64
}

/// Returns the powers of ten in a range.
fn decades((low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    (-3..9).map(|power| 10_f64.powi(power)).filter(move |value| (low..=high).contains(value))
}

fn head(cores: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>Cost of a call over threads</title>\n\
         <text x=\"{LEFT}\" y=\"26\" font-size=\"15\" font-weight=\"600\" fill=\"#7d8590\">Wall time per call through one \
         breaker, 10 % of the calls fail, {cores} cores (ns)</text>\n"
    )
}

fn axes(text: &mut String, threads: &[usize], range: (f64, f64), x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) {
    for value in decades(range) {
        let at = y(value);
        // Writing to a String can't fail, here and below.
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"#7d8590\" stroke-opacity=\"0.3\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#7d8590\">{value}</text>",
            LEFT - 10.0,
            at + 4.5,
        );
    }
    for threads in threads {
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#7d8590\">{threads} thread{}</text>",
            x(*threads),
            BOTTOM + 24.0,
            if *threads == 1 { "" } else { "s" },
        );
    }
}

/// Returns colour, width and dashes.
fn look(line: &Line) -> (&'static str, f64, &'static str) {
    match line.family {
        Family::Ours if line.label == UNTIMED => ("#e8590c", 3.0, ""),
        Family::Ours => ("#2f81f7", 3.0, ""),
        Family::Peer => ("#7d8590", 1.5, ""),
        Family::Limit => ("#7d8590", 1.5, " stroke-dasharray=\"3 4\""),
    }
}

fn draw(text: &mut String, line: &Line, x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) {
    let (colour, width, dashes) = look(line);
    let points: Vec<String> =
        line.points.iter().map(|(threads, value)| format!("{:.1},{:.1}", x(*threads), y(*value))).collect();
    let _ = writeln!(
        text,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes}/>",
        points.join(" "),
    );
    for (threads, value) in &line.points {
        let (at, height) = (x(*threads), y(*value));
        let _ = writeln!(text, "<circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"{width}\" fill=\"{colour}\"/>");
    }
}

/// Draws the label next to the line's end, with a thin line to it.
fn name(text: &mut String, line: &Line, end: f64, at: f64) {
    let (colour, _, _) = look(line);
    let weight = if line.family == Family::Ours { "700" } else { "400" };
    let figure = line.points.last().map_or_else(String::new, |(_, value)| digits(*value));
    let _ = writeln!(
        text,
        "<path d=\"M{:.1} {end:.1}L{:.1} {at:.1}\" stroke=\"{colour}\" stroke-opacity=\"0.5\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\" font-weight=\"{weight}\">{} {figure}</text>",
        RIGHT + 6.0,
        RIGHT + 22.0,
        RIGHT + 27.0,
        at + 4.5,
        line.label,
    );
}

/// Returns the heights, moved as little as needed to keep labels apart and inside the plot.
fn apart(heights: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|a, b| heights[*a].total_cmp(&heights[*b]));
    let mut moved = heights.to_vec();
    let mut least = f64::MIN;
    for index in &order {
        moved[*index] = moved[*index].max(least);
        least = moved[*index] + LINE;
    }
    let mut most = BOTTOM;
    for index in order.iter().rev() {
        moved[*index] = moved[*index].min(most);
        most = moved[*index] - LINE;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_apart_and_in_order() {
        let moved = apart(&[100.0, 101.0, 400.0, 99.0, 469.0, 470.0]);
        let mut sorted = moved.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= LINE - 1e-9), "{moved:?}");
        assert!(moved[3] < moved[0] && moved[0] < moved[1] && moved[5] <= BOTTOM, "{moved:?}");
    }

    #[test]
    fn a_tenth_of_the_range_is_a_step() {
        assert!((share(10.0, (1.0, 100.0)) - 0.5).abs() < 1e-9);
        assert_eq!(decades((0.9, 170.0)).collect::<Vec<_>>(), [1.0, 10.0, 100.0]);
    }
}
