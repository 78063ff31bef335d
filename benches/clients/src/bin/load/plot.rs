//! The plot: calls answered in a second, on a logarithmic scale. The colours are readable on white and on black.

use std::fmt::Write as _;

use crate::figures::{Phase, Round, median};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 660.0;
const TOP: f64 = 64.0;
const BAR: f64 = 18.0;
const GROUP: f64 = 56.0;
const GREY: &str = "#7d8590";
const BLUE: &str = "#2f81f7";
/// The axis ends at 1 and at ten million calls a second.
const DECADES: i32 = 7;

/// Two bars for each phase: without and with the breaker.
pub(crate) fn svg(phases: &[Phase]) -> String {
    let bottom = TOP + GROUP * f64::from(u8::try_from(phases.len()).unwrap_or(u8::MAX));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>Calls answered in a second, with and without a circuit breaker</title>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\" font-weight=\"600\" fill=\"{GREY}\">Calls answered in a \
         second</text>\n\
         <text x=\"{LEFT}\" y=\"44\" fill=\"{GREY}\">without a breaker</text>\
         <text x=\"{}\" y=\"44\" fill=\"{BLUE}\" font-weight=\"700\">with it</text>\n",
        LEFT + 130.0,
        height = bottom + 34.0,
    );
    for power in 0..=DECADES {
        let (value, x) = (10_u64.pow(power.unsigned_abs()), x(10_f64.powi(power)));
        // Writing to a String can't fail, here and below.
        let _ = writeln!(
            text,
            "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"{GREY}\" stroke-opacity=\"0.3\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{GREY}\">{value}</text>",
            bottom + 20.0,
        );
    }
    let mut top = TOP + 8.0;
    for phase in phases {
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{GREY}\">{}</text>",
            LEFT - 10.0,
            top + BAR + 5.0,
            phase.name,
        );
        bar(&mut text, top, GREY, median(&phase.plain, Round::answered));
        bar(&mut text, top + BAR + 2.0, BLUE, median(&phase.guarded, Round::answered));
        top += GROUP;
    }
    text + "</svg>\n"
}

fn x(value: f64) -> f64 {
    LEFT + value.max(1.0).log10() / f64::from(DECADES) * (RIGHT - LEFT)
}

fn bar(text: &mut String, top: f64, colour: &str, value: f64) {
    let end = x(value);
    let _ = writeln!(
        text,
        "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{value:.0}</text>",
        end - LEFT,
        end + 6.0,
        top + BAR - 4.0,
    );
}
