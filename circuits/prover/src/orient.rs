//! Which factor of a row stands on the A side and which on the B side.
//!
//! `a * b = c` and `b * a = c` say the same. A variable that stands on the B side costs the prover a point in G2 and
//! one in G1, on the A side one in G1; a full-size value costs far more than a bit. So each row is turned such that
//! few full-size variables stand on the B side. Deterministic: the same rows always give the same matrices.

use crate::r1cs::Row;

/// Cost of a variable's first appearance on the A side, `[full-size, bit]`; the B side costs [`B_FACTOR`] times that.
const A_COST: [i64; 2] = [12, 1];
/// One point in G1 and one in G2, whose arithmetic costs three times as much.
const B_FACTOR: i64 = 4;
/// Passes of the local search; it ends earlier where a pass changes nothing.
const PASSES: usize = 16;

/// Turns rows in place. `boolean[v]`: variable v is known to be a bit.
pub fn orient(a: &mut [Row], b: &mut [Row], boolean: &[bool]) {
    let full = |row: &Row| row.iter().filter(|(_, v)| *v != 0 && !boolean[*v]).count();
    // A square puts its variables on both sides anyway.
    let mut forced = vec![false; boolean.len()];
    for (a, b) in a.iter().zip(b.iter()) {
        if a == b {
            for (_, v) in a {
                forced[*v] = true;
            }
        }
    }
    for (a, b) in a.iter_mut().zip(b.iter_mut()) {
        let fresh = |row: &Row| row.iter().filter(|(_, v)| *v != 0 && !boolean[*v] && !forced[*v]).count();
        if (fresh(a), full(a)) < (fresh(b), full(b)) {
            std::mem::swap(a, b);
        }
    }
    let mut sides = Sides::count(a, b, boolean);
    for _ in 0..PASSES {
        let mut changed = false;
        for (a, b) in a.iter_mut().zip(b.iter_mut()) {
            if a != b && sides.flip(a, b) < 0 {
                std::mem::swap(a, b);
                changed = true;
            } else if a != b {
                sides.flip(b, a);
            }
        }
        if !changed {
            break;
        }
    }
}

/// How many rows hold a variable on each side.
struct Sides<'a> {
    uses: [Vec<u32>; 2],
    boolean: &'a [bool],
}

impl<'a> Sides<'a> {
    fn count(a: &[Row], b: &[Row], boolean: &'a [bool]) -> Self {
        let mut sides = Self { uses: [vec![0; boolean.len()], vec![0; boolean.len()]], boolean };
        for (side, rows) in [a, b].into_iter().enumerate() {
            for row in rows {
                sides.shift(side, row, true);
            }
        }
        sides
    }

    /// Books a row on a side, or takes it off; the change in cost.
    fn shift(&mut self, side: usize, row: &Row, on: bool) -> i64 {
        let mut cost = 0;
        for (_, v) in row {
            let unit = A_COST[usize::from(self.boolean[*v])] * if side == 1 { B_FACTOR } else { 1 };
            let uses = &mut self.uses[side][*v];
            if on {
                cost += if *uses == 0 { unit } else { 0 };
                *uses += 1;
            } else {
                *uses -= 1;
                cost -= if *uses == 0 { unit } else { 0 };
            }
        }
        cost
    }

    /// Books a row the other way round; `a` and `b` as they stand. The change in cost.
    fn flip(&mut self, a: &Row, b: &Row) -> i64 {
        self.shift(0, a, false) + self.shift(1, b, false) + self.shift(0, b, true) + self.shift(1, a, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use honnin_circuits::Fr;

    fn row(variables: &[usize]) -> Row {
        variables.iter().map(|v| (Fr::from(1u64), *v)).collect()
    }

    #[test]
    fn full_size_variables_leave_the_b_side_where_they_can() {
        // Variable 1 is squared, 2 to 4 are full-size, 5 is a bit.
        let mut a = vec![row(&[1]), row(&[1]), row(&[5]), row(&[3, 4])];
        let mut b = vec![row(&[1]), row(&[2, 3]), row(&[2]), row(&[5])];
        let (before_a, before_b) = (a.clone(), b.clone());
        orient(&mut a, &mut b, &[false, false, false, false, false, true]);
        assert_eq!(b, [row(&[1]), row(&[1]), row(&[5]), row(&[5])]);
        for i in 0..4 {
            let same = (&a[i], &b[i]) == (&before_a[i], &before_b[i]);
            let turned = (&a[i], &b[i]) == (&before_b[i], &before_a[i]);
            assert!(same || turned, "row {i} keeps its two factors");
        }
    }
}
