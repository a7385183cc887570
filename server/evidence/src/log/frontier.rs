//! The compact range from the first leaf to the last: all that an append and a root need.

use honnin_protocol::encoding::B64u;

use super::{Hash, MAX_SIZE, fold, node_hash};

/// Why bytes are no frontier, or an append has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Not a size and its hashes.
    #[error("a frontier is a size and one hash for each bit set in it")]
    Malformed,
    /// More than [`MAX_SIZE`] leaves.
    #[error("the log is full")]
    Full,
}

/// Roots of the perfect subtrees that the leaves fall into, largest first: one for each bit set in the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Of an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a log whose perfect subtrees are known; see [`super::Plan::frontier`].
    ///
    /// # Errors
    /// [`FrontierError`] when the number of hashes is not the size's.
    pub fn from_subtrees(size: u64, subtrees: Vec<Hash>) -> Result<Self, FrontierError> {
        if size > MAX_SIZE {
            return Err(FrontierError::Full);
        }
        if subtrees.len() != size.count_ones() as usize {
            return Err(FrontierError::Malformed);
        }
        Ok(Self { size, subtrees })
    }

    /// Leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash and gives the leaf's index.
    ///
    /// # Errors
    /// [`FrontierError::Full`].
    pub fn append(&mut self, leaf: Hash) -> Result<u64, FrontierError> {
        if self.size >= MAX_SIZE {
            return Err(FrontierError::Full);
        }
        // Each trailing one of the size is a subtree that is now complete with its neighbour.
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().ok_or(FrontierError::Malformed)?;
            hash = node_hash(&left, &hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
        Ok(self.size - 1)
    }

    /// The root, in as many hashes as the size has bits set.
    pub fn root(&self) -> Hash {
        fold(&self.subtrees)
    }

    /// The size (8 bytes big-endian) and the hashes, 32 bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.size.to_be_bytes().to_vec();
        self.subtrees.iter().for_each(|hash| out.extend_from_slice(&hash.0));
        out
    }

    /// Reads [`Self::to_bytes`], exactly.
    ///
    /// # Errors
    /// [`FrontierError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(FrontierError::Malformed)?;
        let size = u64::from_be_bytes(*size);
        let (hashes, rest) = hashes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() != size.count_ones() as usize {
            return Err(FrontierError::Malformed);
        }
        Self::from_subtrees(size, hashes.iter().map(|hash| B64u(*hash)).collect())
    }
}
