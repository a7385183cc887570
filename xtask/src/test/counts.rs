//! How many tests ran, read from each runner's closing lines.

use std::ops::AddAssign;

/// Passed and failed tests of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    /// One check that is not a test runner's.
    pub fn one(ok: bool) -> Self {
        Self { passed: u64::from(ok), failed: u64::from(!ok) }
    }

    /// The counts of a run. A run that failed without a failing test (a compile error, say), or that
    /// ran nothing at all, counts as one failure: silence is never a pass.
    pub fn of(parse: fn(&str) -> Self, ok: bool, output: &str) -> Self {
        let mut counts = parse(&plain(output));
        if counts.failed == 0 && (!ok || counts.passed == 0) {
            counts.failed = 1;
        }
        counts
    }
}

/// `     Summary [   0.005s] 3 tests run: 2 passed (1 slow), 1 failed, 1 timed out, 0 skipped`
pub fn nextest(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter(|line| line.trim_start().starts_with("Summary [")) {
        counts.passed += before(line, " passed");
        counts.failed += before(line, " failed") + before(line, " timed out");
    }
    counts
}

/// `test result: ok. 3 passed; 0 failed; …`, one line a test binary.
pub fn cargo_test(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter(|line| line.starts_with("test result: ")) {
        counts.passed += before(line, " passed");
        counts.failed += before(line, " failed");
    }
    counts
}

/// `      Tests  1 failed | 12 passed (13)`
pub fn vitest(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter(|line| line.trim_start().starts_with("Tests  ")) {
        counts.passed += before(line, " passed");
        counts.failed += before(line, " failed");
    }
    counts
}

/// Node's runner: `ℹ pass 3` and `ℹ fail 0` (or `# pass 3` where the output is no terminal).
pub fn node(output: &str) -> Counts {
    let last = |word: &str| {
        output
            .lines()
            .filter_map(|line| {
                line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?.strip_prefix(word)?.trim().parse().ok()
            })
            .next_back()
            .unwrap_or(0)
    };
    Counts { passed: last("pass "), failed: last("fail ") + last("cancelled ") }
}

fn before(line: &str, word: &str) -> u64 {
    let Some(at) = line.find(word) else { return 0 };
    let digits = line[..at].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    digits.parse().unwrap_or(0)
}

/// The text without terminal colours.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_runner() {
        let counts = |passed, failed| Counts { passed, failed };
        assert_eq!(
            nextest("     Summary [   0.0s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 0 skipped"),
            counts(3, 2)
        );
        assert_eq!(
            cargo_test("test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 2 failed;"),
            counts(4, 2)
        );
        assert_eq!(vitest(" Test Files  1 passed (1)\n      Tests  1 failed | 12 passed (13)"), counts(12, 1));
        assert_eq!(node("ℹ tests 4\nℹ pass 3\nℹ fail 1\nℹ cancelled 0"), counts(3, 1));
    }

    #[test]
    fn colours_do_not_hide_a_failure() {
        assert_eq!(
            Counts::of(vitest, false, "      Tests  \u{1b}[31m2 failed\u{1b}[0m | \u{1b}[32m1 passed\u{1b}[0m").failed,
            2
        );
    }

    #[test]
    fn silence_and_a_failed_build_are_failures() {
        assert_eq!(Counts::of(nextest, true, "").failed, 1);
        assert_eq!(Counts::of(nextest, false, "error: could not compile").failed, 1);
        assert_eq!(Counts::of(cargo_test, false, "test result: ok. 3 passed; 0 failed;").failed, 1);
    }
}
