//! Amounts in micro-dollars, read and written as the supplier writes them ("0.24").

/// One cent in micro-dollars.
pub(crate) const CENT: i64 = 10_000;

/// Writes "0.24", with more decimals only where there are some.
pub(crate) fn show(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
    let digits = format!("{rest:06}");
    let cut = digits.trim_end_matches('0');
    let decimals = if cut.len() < 2 { &digits[..2] } else { cut };
    format!("{sign}{whole}.{decimals}")
}

/// Reads "0.24" or "5"; nothing for what is no amount.
pub(crate) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let decimals = format!("{:0<6}", decimals.get(..6).unwrap_or(decimals));
    let micros = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(decimals.parse().ok()?)?;
    Some(if negative { -micros } else { micros })
}
