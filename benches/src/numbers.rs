//! Medians, and the format of numbers.

/// Returns the median: the middle value, or the mean of the two middle values. NaN if there are none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Formats three significant digits: `1.06`, `12.4`, `251`; larger numbers in full, such as `7508`.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        // Avoids `-0.00`.
        none if none < 0.005 => "0.00".to_owned(),
        small if small < 9.995 => format!("{value:.2}"),
        middle if middle < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(&[9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < 1e-9);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!([0.5, 9.999, 12.34, 99.96, 7508.4].map(digits), ["0.50", "10.0", "12.3", "100", "7508"]);
        assert_eq!([-1.5, -0.001].map(digits), ["-1.50", "0.00"]);
    }
}
