//! Where a sealed value lives, so that it opens nowhere else.

/// One field of one row. Part of what is authenticated: a value copied to another place is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Whose key seals it.
    pub organisation: &'a str,
    /// The table's name.
    pub table: &'a str,
    /// The row's primary key, as text; it must not change while the value stands there.
    pub row: &'a str,
    /// The column's name.
    pub column: &'a str,
}

impl Place<'_> {
    /// Each part with its length before it: no two places have the same bytes.
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        for part in [self.organisation, self.table, self.row, self.column] {
            append_part(out, part.as_bytes());
        }
    }
}

/// Length (u64, big-endian), then the bytes.
pub(crate) fn append_part(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u64).to_be_bytes());
    out.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifted_boundaries_give_other_bytes() {
        let bytes = |organisation, table, row, column| {
            let mut out = Vec::new();
            Place { organisation, table, row, column }.append_to(&mut out);
            out
        };
        assert_ne!(bytes("ab", "c", "d", "e"), bytes("a", "bc", "d", "e"));
        assert_ne!(bytes("a", "", "b", "c"), bytes("a", "b", "", "c"));
    }
}
