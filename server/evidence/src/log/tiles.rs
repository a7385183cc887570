//! Tiles of C2SP's tlog-tiles, height 8: 256 hashes in a row, written once and never changed.

use std::fmt;

use super::{Hash, perfect};

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Bits of an index inside a tile.
pub(super) const HEIGHT: u32 = 8;

/// A tile's place and how many hashes of it are meant.
///
/// The hashes of a tile at level 0 are leaf hashes; at level L they are the roots of the full tiles below it, so a
/// store keeps beside each tile its [`Tile::root`] and answers for upper levels with those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// 0 for leaves.
    pub level: u8,
    /// From the left, at its level.
    pub index: u64,
    /// 1 to 256; below 256 on the right edge.
    pub width: u16,
}

impl Tile {
    /// The root of a full tile's 256 hashes: one hash of the tile above it. `None` for another number of them.
    pub fn root(hashes: &[Hash]) -> Option<Hash> {
        (hashes.len() as u64 == TILE_WIDTH).then(|| perfect(hashes))
    }

    /// The first leaf, or root of a tile below, that it holds.
    pub fn first(&self) -> u64 {
        self.index * TILE_WIDTH
    }

    /// Whether it can change no more.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }
}

/// C2SP's path: `tile/0/x001/067`, with `.p/W` when it is partial.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (i, group) in groups.iter().enumerate().rev() {
            if i > 0 { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// The tiles that fill up while a log grows from `before` to `after` leaves, lower levels first: what a store writes in
/// the transaction of the append.
pub fn completed(before: u64, after: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in 0..8_u8 {
        let leaves = HEIGHT * (u32::from(level) + 1);
        if leaves >= u64::BITS || after >> leaves == 0 {
            break;
        }
        let range = before >> leaves..after >> leaves;
        tiles.extend(range.map(|index| Tile { level, index, width: TILE_WIDTH as u16 }));
    }
    tiles
}
