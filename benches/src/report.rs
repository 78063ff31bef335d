//! Figures -> `RESULTS.md`, the README's table, the plot.
use crate::machine::Machine;
use crate::measure::Effort;
use crate::scenarios::Results;
pub(crate) fn write(r: &Results, _m: &Machine, _e: Effort) -> String {
    let mut s = String::new();
    for f in [&r.closed, &r.failing, &r.refused, &r.probing, &r.cycling, &r.services, &r.attribute, &r.windows]
        .into_iter()
        .flatten()
    {
        for c in &f.cells {
            s += &format!("{:<60} {:>5} {}\n", c.about.name, c.parameter, crate::numbers::digits(c.figure()));
        }
        s += "\n";
    }
    s
}
pub(crate) fn save(_r: &Results, _m: &Machine, _t: &str) -> Result<(), String> {
    Ok(())
}
