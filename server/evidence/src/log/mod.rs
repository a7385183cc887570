//! The Merkle tree of RFC 6962 and RFC 9162 over entries' bytes: SHA-256, leaves and nodes apart by their first byte.
//!
//! A writer keeps a [`Frontier`] (a few hundred bytes, one row of a database) and appends to it. A full block of 256
//! hashes becomes a [`Tile`] of C2SP's tlog-tiles, which never changes again. Proofs are read from tiles ([`Plan`]) and
//! checked with nothing but hashes ([`verify_inclusion`], [`verify_consistency`]).

mod frontier;
mod plan;
mod tiles;
mod verify;

use honnin_protocol::encoding::B64u;
use sha2::{Digest as _, Sha256};

pub use frontier::{Frontier, FrontierError};
pub use plan::{MissingTile, OutOfRange, Plan};
pub use tiles::{TILE_WIDTH, Tile, completed};
pub use verify::{ProofError, verify_consistency, verify_inclusion};

/// A leaf, a node or a root: 32 bytes, b64u in JSON.
pub type Hash = B64u<32>;

/// Largest tree: what every JSON implementation holds exactly, and far from overflow.
pub const MAX_SIZE: u64 = honnin_protocol::encoding::MAX_SAFE;

/// Hashes in a proof at most.
pub const MAX_PROOF: usize = 64;

/// `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    B64u(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    B64u(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of no entries: `SHA-256("")`.
pub fn empty_root() -> Hash {
    B64u(Sha256::digest(b"").into())
}

/// The root over perfect subtrees from left to right, largest first; the empty root for none.
fn fold(subtrees: &[Hash]) -> Hash {
    subtrees.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// The root of a perfect subtree; `hashes` is a power of two of them.
fn perfect(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}
