//! Measures the duration of a tick of the counter by the system's clock.

use super::anchor::SCALE_SHIFT;
use super::sources::Sources;

/// A tick, and its time by the system's clock.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) tick: u64,
    pub(super) system: u64,
}

impl Moment {
    /// Takes several readings and returns the one with the shortest interruption.
    pub(super) fn now(sources: &impl Sources) -> Option<Self> {
        let readings = (0..16).filter_map(|_| {
            // In this order, a pause between the readings puts the counter ahead. A counter behind would set the time
            // back.
            let tick = sources.tick()?;
            let system = sources.system();
            let took = sources.tick()?.checked_sub(tick)?;
            Some((took, Self { tick, system }))
        });
        readings.min_by_key(|(took, _)| *took).map(|(_, moment)| moment)
    }
}

/// Measures the scale of an anchor over this duration. `None` if the counter and the system's clock don't run evenly
/// meanwhile: one of them stops or restarts.
pub(super) fn scale(sources: &impl Sources, nanos: u64) -> Option<u64> {
    let mut moments = [Moment::now(sources)?; 3];
    for moment in &mut moments[1..] {
        sources.pause(nanos / 2);
        *moment = Moment::now(sources)?;
    }
    let [start, middle, end] = moments;
    let (first, second) = (ratio(start, middle)?, ratio(middle, end)?);
    // A restart in one half makes the halves differ. A thousandth is above the error of the readings.
    let is_even = first.abs_diff(second) <= first.max(second) / 1_000;
    // Slower by a millionth, which is above the error of the measurement: switching from a counter that is behind the
    // system's clock doesn't set the time back.
    ratio(start, end).filter(|_| is_even).map(|scale| scale - (scale >> 20))
}

/// Nanoseconds per tick, as an anchor's scale.
fn ratio(from: Moment, to: Moment) -> Option<u64> {
    let (ticks, nanos) = (to.tick.checked_sub(from.tick)?, to.system.checked_sub(from.system)?);
    let scale = (u128::from(nanos) << SCALE_SHIFT).checked_div(u128::from(ticks))?;
    u64::try_from(scale).ok().filter(|scale| *scale >> 32 > 0)
}
