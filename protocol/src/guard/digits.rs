//! Numbers that name a person: phones, cards, My Numbers, birth dates.

use crate::date::Date;

/// Which kind of number a string of digits looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// A telephone number.
    Phone,
    /// A payment card number.
    Card,
    /// A My Number: twelve digits, whatever their check digit.
    MyNumber,
    /// A birth date.
    BirthDate,
}

/// Judges one run of ASCII digits.
pub fn judge(run: &str) -> Option<Looks> {
    match run.len() {
        8 if birth_date(run) => Some(Looks::BirthDate),
        10 | 11 if domestic(run) => Some(Looks::Phone),
        11 if run.starts_with("81") && !run[2..].starts_with('0') => Some(Looks::Phone),
        12 => Some(Looks::MyNumber),
        13..=19 if run.starts_with("0081") || run.starts_with("01081") => Some(Looks::Phone),
        13..=19 if luhn(run) => Some(Looks::Card),
        _ => None,
    }
}

/// Every number that the text may hold: each stretch of consecutive groups of ASCII digits, whatever separators stand
/// between the groups. A prefix before a number, or a doubled separator inside it, hides nothing. Longest first, so
/// that the whole is named before its parts.
pub fn runs(text: &str, separator: impl Fn(char) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    for stretch in text.split(|c: char| !c.is_ascii_digit() && !separator(c)) {
        let groups: Vec<&str> = stretch.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
        for start in 0..groups.len() {
            let mut run = String::new();
            for group in &groups[start..] {
                run.push_str(group);
                all.push(run.clone());
            }
        }
    }
    all.sort_by_key(|run| std::cmp::Reverse(run.len()));
    all
}

/// 0 and an area code, or a mobile prefix: ten or eleven digits.
fn domestic(run: &str) -> bool {
    let mobile = ["050", "060", "070", "080", "090"].iter().any(|p| run.starts_with(p));
    let fixed = run.len() == 10 && run.starts_with('0') && !run.starts_with("00");
    let toll_free = run.starts_with("0800") || run.starts_with("0120") || run.starts_with("0570");
    fixed || (run.len() == 11 && (mobile || toll_free))
}

/// A valid day from 1900 to 2099.
fn birth_date(run: &str) -> bool {
    run.parse().ok().and_then(|n| Date::new(n).ok()).is_some_and(|d| (1900..2100).contains(&d.year()))
}

/// The Luhn check; a run of one digit repeated is no card.
fn luhn(run: &str) -> bool {
    let sum: u32 = run
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 {
                d
            } else if d > 4 {
                d * 2 - 9
            } else {
                d * 2
            }
        })
        .sum();
    sum.is_multiple_of(10) && run.bytes().any(|b| b != run.as_bytes()[0])
}
