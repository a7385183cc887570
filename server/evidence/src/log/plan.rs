//! Which hashes a proof needs, and in which tiles they lie. A caller whose store is asynchronous reads the tiles between
//! the two steps.

use std::collections::BTreeSet;
use std::ops::Range;

use super::tiles::{HEIGHT, TILE_WIDTH};
use super::{Hash, MAX_SIZE, Tile, fold, perfect};

/// A leaf or a size that the log does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log has no such leaf or size")]
pub struct OutOfRange;

/// The store did not give a tile that the plan named, or gave too few hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing")]
pub struct MissingTile(pub Tile);

/// The hashes of a proof in order: each the root over a range of leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    ranges: Vec<Range<u64>>,
}

/// A perfect subtree: leaves `index·2^level` to `(index + 1)·2^level`.
#[derive(Clone, Copy)]
struct Subtree {
    level: u32,
    index: u64,
}

impl Plan {
    /// RFC 9162 inclusion proof of a leaf in the tree of `size` leaves.
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn inclusion(index: u64, size: u64) -> Result<Self, OutOfRange> {
        if index >= size || size > MAX_SIZE {
            return Err(OutOfRange);
        }
        let (mut low, mut high, mut ranges) = (0, size, Vec::new());
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                ranges.push(middle..high);
                high = middle;
            } else {
                ranges.push(low..middle);
                low = middle;
            }
        }
        ranges.reverse();
        Ok(Self { size, ranges })
    }

    /// RFC 9162 consistency proof between the trees of `old` and `size` leaves; empty from nothing and to itself.
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn consistency(old: u64, size: u64) -> Result<Self, OutOfRange> {
        if old > size || size > MAX_SIZE {
            return Err(OutOfRange);
        }
        let mut ranges = Vec::new();
        if old > 0 {
            let (mut low, mut high, mut known) = (0, size, true);
            while old < high {
                let middle = low + split(high - low);
                if old <= middle {
                    ranges.push(middle..high);
                    high = middle;
                } else {
                    ranges.push(low..middle);
                    low = middle;
                    known = false;
                }
            }
            // The old root itself is not sent.
            if !known {
                ranges.push(low..high);
            }
            ranges.reverse();
        }
        Ok(Self { size, ranges })
    }

    /// The perfect subtrees of a size: what [`super::Frontier::from_subtrees`] takes.
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn frontier(size: u64) -> Result<Self, OutOfRange> {
        if size > MAX_SIZE {
            return Err(OutOfRange);
        }
        let ranges = subtrees(0..size).map(|s| s.index << s.level..(s.index + 1) << s.level).collect();
        Ok(Self { size, ranges })
    }

    /// The tiles to read, each once.
    pub fn tiles(&self) -> Vec<Tile> {
        let all = self.ranges.iter().flat_map(|range| subtrees(range.clone()));
        let tiles: BTreeSet<Tile> = all.map(|subtree| subtree.place(self.size).0).collect();
        tiles.into_iter().collect()
    }

    /// The proof, from the tiles. A store that holds more of a tile than its width may give all it has.
    ///
    /// # Errors
    /// [`MissingTile`].
    pub fn hashes<'a>(&self, read: impl Fn(&Tile) -> Option<&'a [Hash]>) -> Result<Vec<Hash>, MissingTile> {
        let subtree = |subtree: Subtree| {
            let (tile, part) = subtree.place(self.size);
            read(&tile).and_then(|hashes| hashes.get(part)).map(perfect).ok_or(MissingTile(tile))
        };
        let range = |range: &Range<u64>| {
            let roots = subtrees(range.clone()).map(subtree).collect::<Result<Vec<_>, _>>()?;
            Ok(fold(&roots))
        };
        self.ranges.iter().map(range).collect()
    }
}

impl Subtree {
    /// Its tile in a tree of `size` leaves, and the hashes in the tile that make it.
    fn place(self, size: u64) -> (Tile, Range<usize>) {
        let (level, low) = (self.level / HEIGHT, self.level % HEIGHT);
        let first = self.index << low;
        let index = first / TILE_WIDTH;
        let known = (size >> (HEIGHT * level)) - index * TILE_WIDTH;
        let start = (first % TILE_WIDTH) as usize;
        let tile = Tile { level: level as u8, index, width: known.min(TILE_WIDTH) as u16 };
        (tile, start..start + (1 << low))
    }
}

/// The perfect subtrees of a range whose start is a multiple of every power of two up to its length, largest first.
fn subtrees(range: Range<u64>) -> impl Iterator<Item = Subtree> {
    let length = range.end - range.start;
    let mut start = range.start;
    (0..u64::BITS).rev().filter(move |level| length >> level & 1 == 1).map(move |level| {
        let subtree = Subtree { level, index: start >> level };
        start += 1 << level;
        subtree
    })
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (u64::BITS - 1 - (n - 1).leading_zeros())
}
