//! The tree against another implementation, known values, and everything that must not verify.

use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use honnin_evidence::log::{
    Frontier, FrontierError, Hash, MAX_SIZE, OutOfRange, Plan, ProofError, Tile, completed, empty_root, leaf_hash,
    node_hash, verify_consistency, verify_inclusion,
};
use honnin_protocol::encoding::B64u;
use proptest::prelude::*;
use sha2::Sha256;

/// A store as a database would keep it: full tiles with their roots, and leaf hashes.
#[derive(Default)]
struct Store {
    leaves: Vec<Hash>,
    frontier: Frontier,
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
    roots: BTreeMap<(u8, u64), Hash>,
}

impl Store {
    fn of(size: u64) -> Self {
        let mut store = Self::default();
        (0..size).for_each(|i| store.append(&entry(i)));
        store
    }

    fn append(&mut self, entry: &[u8]) {
        let hash = leaf_hash(entry);
        let index = self.frontier.append(hash).unwrap();
        self.leaves.push(hash);
        for tile in completed(index, index + 1) {
            let hashes = self.read(tile);
            self.roots.insert((tile.level, tile.index), Tile::root(&hashes).unwrap());
            self.tiles.insert((tile.level, tile.index), hashes);
        }
    }

    fn read(&self, tile: Tile) -> Vec<Hash> {
        if let Some(full) = self.tiles.get(&(tile.level, tile.index)) {
            return full.clone();
        }
        let range = tile.first()..tile.first() + u64::from(tile.width);
        if tile.level == 0 {
            return self.leaves[range.start as usize..range.end as usize].to_vec();
        }
        range.map(|i| self.roots[&(tile.level - 1, i)]).collect()
    }

    fn hashes(&self, plan: &Plan) -> Vec<Hash> {
        let read: BTreeMap<Tile, Vec<Hash>> = plan.tiles().into_iter().map(|t| (t, self.read(t))).collect();
        plan.hashes(|tile| read.get(tile).map(Vec::as_slice)).unwrap()
    }

    fn root(&self, size: u64) -> Hash {
        Frontier::from_subtrees(size, self.hashes(&Plan::frontier(size).unwrap())).unwrap().root()
    }
}

fn entry(i: u64) -> Vec<u8> {
    format!(r#"{{"seq":{i}}}"#).into_bytes()
}

fn other(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|i| tree.push(entry(i)));
    tree
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

fn from_hex(text: &str) -> Hash {
    B64u(hex::decode(text).unwrap().try_into().unwrap())
}

/// The eight leaves of Certificate Transparency's reference tests, with their roots and proofs.
#[test]
fn known_values() {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    assert_eq!(empty_root(), from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    let mut store = Store::default();
    assert_eq!(store.frontier.root(), empty_root());
    for (input, root) in inputs.iter().zip(roots) {
        store.append(&hex::decode(input).unwrap());
        assert_eq!(store.frontier.root(), from_hex(root));
    }
    let inclusion = store.hashes(&Plan::inclusion(5, 8).unwrap());
    let wanted = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(inclusion, wanted.map(from_hex));
    let consistency = store.hashes(&Plan::consistency(6, 8).unwrap());
    let wanted = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(consistency, wanted.map(from_hex));
}

/// Every leaf and every pair of sizes of small trees: the other implementation's proofs to the byte.
#[test]
fn small_trees_agree_with_another_implementation() {
    for size in 1..=40 {
        let (store, tree) = (Store::of(size), other(size));
        let root = store.root(size);
        assert_eq!(root.0[..], tree.root().as_bytes()[..]);
        assert_eq!(root, store.frontier.root());
        for index in 0..size {
            let proof = store.hashes(&Plan::inclusion(index, size).unwrap());
            assert_eq!(bytes(&proof), tree.prove_inclusion(index as usize).as_bytes());
            assert_eq!(verify_inclusion(&store.leaves[index as usize], index, size, &proof, &root), Ok(()));
        }
        for old in 1..=size {
            let proof = store.hashes(&Plan::consistency(old, size).unwrap());
            assert_eq!(verify_consistency(old, &store.root(old), size, &root, &proof), Ok(()));
            // The other one sends the old root along with itself.
            if old < size {
                assert_eq!(bytes(&proof), tree.prove_consistency((size - old) as usize).as_bytes(), "{old} {size}");
            }
        }
    }
}

/// Across the second level: 256 full tiles make one above them.
#[test]
fn two_levels_of_tiles() {
    let size = 65_536 + 300;
    let (store, tree) = (Store::of(size), other(size));
    assert_eq!(store.tiles.len(), 257 + 1);
    assert_eq!(store.frontier.root().0[..], tree.root().as_bytes()[..]);
    let root = store.frontier.root();
    for index in [0, 255, 256, 65_535, 65_536, size - 1] {
        let plan = Plan::inclusion(index, size).unwrap();
        assert!(plan.tiles().len() <= 4, "few reads: {:?}", plan.tiles());
        let proof = store.hashes(&plan);
        assert_eq!(bytes(&proof), tree.prove_inclusion(index as usize).as_bytes());
    }
    for old in [1, 255, 256, 257, 65_535, 65_536, 65_537, size - 1] {
        let proof = store.hashes(&Plan::consistency(old, size).unwrap());
        assert_eq!(bytes(&proof), tree.prove_consistency((size - old) as usize).as_bytes());
        assert_eq!(verify_consistency(old, &store.root(old), size, &root, &proof), Ok(()));
    }
}

#[test]
fn tiles_complete_once_and_are_named() {
    assert_eq!(completed(0, 255), []);
    let tile = |level, index| Tile { level, index, width: 256 };
    assert_eq!(completed(255, 256), [tile(0, 0)]);
    assert_eq!(completed(256, 511), []);
    assert_eq!(completed(65_535, 65_536), [tile(0, 255), tile(1, 0)]);
    assert_eq!(completed(200, 800), [tile(0, 0), tile(0, 1), tile(0, 2)]);
    assert_eq!(completed(MAX_SIZE - 1, MAX_SIZE), []);
    assert_eq!(Tile { level: 0, index: 1_234_067, width: 256 }.to_string(), "tile/0/x001/x234/067");
    assert_eq!(Tile { level: 1, index: 0, width: 8 }.to_string(), "tile/1/000.p/8");
    assert_eq!(Tile::root(&[empty_root(); 255]), None);
}

#[test]
fn places_that_do_not_exist() {
    assert_eq!(Plan::inclusion(0, 0), Err(OutOfRange));
    assert_eq!(Plan::inclusion(3, 3), Err(OutOfRange));
    assert_eq!(Plan::inclusion(0, MAX_SIZE + 1), Err(OutOfRange));
    assert_eq!(Plan::consistency(4, 3), Err(OutOfRange));
    assert!(Plan::consistency(0, 3).unwrap().tiles().is_empty());
    // A giant log needs few tiles, and nothing overflows.
    assert!(Plan::inclusion(MAX_SIZE - 1, MAX_SIZE).unwrap().tiles().len() <= 7);
    assert!(Plan::inclusion(1, MAX_SIZE).unwrap().tiles().len() <= 14);
    let missing = Plan::inclusion(0, 2).unwrap();
    assert_eq!(missing.hashes(|_| None).unwrap_err().0, Tile { level: 0, index: 0, width: 2 });
    assert!(missing.hashes(|_| Some(&[])).is_err(), "too few hashes");
}

#[test]
fn frontiers_read_exactly() {
    let frontier = Store::of(13).frontier;
    let good = frontier.to_bytes();
    assert_eq!(good.len(), 8 + 3 * 32);
    assert_eq!(Frontier::from_bytes(&good), Ok(frontier));
    for length in 0..good.len() {
        assert_eq!(Frontier::from_bytes(&good[..length]), Err(FrontierError::Malformed));
    }
    assert_eq!(Frontier::from_bytes(&[&good[..], &[0]].concat()), Err(FrontierError::Malformed));
    let full = Frontier::from_subtrees(MAX_SIZE, vec![empty_root(); 53]).unwrap();
    assert_eq!(full.clone().append(empty_root()), Err(FrontierError::Full));
    assert_eq!(Frontier::from_subtrees(MAX_SIZE + 1, vec![empty_root()]), Err(FrontierError::Full));
}

#[test]
fn the_empty_tree_and_itself() {
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    assert_eq!(verify_consistency(0, &empty_root(), 0, &empty_root(), &[]), Ok(()));
    assert_eq!(verify_consistency(0, &empty_root(), 0, &a, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(0, &empty_root(), 1, &a, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &a, 1, &a, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(1, &a, 1, &b, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(1, &a, 1, &a, &[b]), Err(ProofError::Length));
    assert_eq!(verify_consistency(2, &a, 1, &a, &[]), Err(ProofError::OutOfRange));
    assert_eq!(verify_inclusion(&a, 0, 0, &[], &empty_root()), Err(ProofError::OutOfRange));
    assert_eq!(verify_inclusion(&a, 0, 1, &[], &a), Ok(()));
    assert_eq!(verify_inclusion(&a, 0, 2, &[b], &node_hash(&a, &b)), Ok(()));
    assert_eq!(verify_inclusion(&a, 1, 2, &[b], &node_hash(&a, &b)), Err(ProofError::Root));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A proof holds for its leaf, place, size and root, and with any of them changed it does not.
    #[test]
    fn proofs_hold_for_one_thing_only((size, index, old) in (2u64..1500).prop_flat_map(|n| (Just(n), 0..n, 1..n)), at in any::<prop::sample::Index>(), bit in 0usize..256) {
        let store = Store::of(size);
        let (root, leaf) = (store.frontier.root(), store.leaves[index as usize]);
        // Not by `let mut hash = hash`: rustc 1.95 at opt-level 1 then changes the caller's copy.
        let flip = |hash: Hash| B64u(std::array::from_fn(|i| hash.0[i] ^ if i == bit / 8 { 1 << (bit % 8) } else { 0 }));
        let proof = store.hashes(&Plan::inclusion(index, size).unwrap());
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        prop_assert!(verify_inclusion(&flip(leaf), index, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &flip(root)).is_err());
        prop_assert!(verify_inclusion(&leaf, (index + 1) % size, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &proof[1..], &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &[&proof[..], &[root]].concat(), &root).is_err());
        let mut bent = proof.clone();
        let place = at.index(bent.len());
        bent[place] = flip(bent[place]);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &bent, &root), Err(ProofError::Root));

        let old_root = store.root(old);
        let proof = store.hashes(&Plan::consistency(old, size).unwrap());
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
        prop_assert!(verify_consistency(old, &flip(old_root), size, &root, &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, size, &flip(root), &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, size, &root, &proof[1..]).is_err());
        prop_assert!(verify_consistency(old, &old_root, size, &root, &[&proof[..], &[root]].concat()).is_err());
        let mut bent = proof.clone();
        let place = at.index(bent.len());
        bent[place] = flip(bent[place]);
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &bent), Err(ProofError::Root));
    }

    /// Whatever is handed in, checking ends and does not panic.
    #[test]
    fn garbage_is_refused(index in any::<u64>(), size in any::<u64>(), length in 0usize..70) {
        let proof = vec![empty_root(); length];
        prop_assert!(verify_inclusion(&empty_root(), index, size, &proof, &leaf_hash(b"")).is_err());
        let _ = verify_consistency(index, &leaf_hash(b"x"), size, &leaf_hash(b""), &proof).unwrap_err();
    }
}
