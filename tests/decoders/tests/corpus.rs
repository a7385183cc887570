//! Every kept input through its decoder, and every seed cut short and bent.

use std::{collections::BTreeSet, fs, path::PathBuf};

use honnin_decoders::{TARGETS, target};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

#[test]
fn every_kept_input_passes() {
    for target in TARGETS {
        let folder = corpus().join(target.name);
        let files: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}; `cargo run -p honnin-decoders` writes the seeds", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(!files.is_empty(), "{}", folder.display());
        for file in files {
            // Named before it runs: the panic alone would not say which.
            println!("{}", file.display());
            (target.run)(&fs::read(&file).unwrap());
        }
    }
}

#[test]
fn every_folder_has_its_target() {
    let folders: BTreeSet<String> =
        fs::read_dir(corpus()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<String> = TARGETS.iter().map(|t| t.name.to_owned()).collect();
    assert_eq!(folders, names);
    assert_eq!(names.len(), TARGETS.len(), "names are apart");
    assert!(target("proof").is_some() && target("").is_none());
}

/// What a fuzzer finds in its first second, for those who have none at hand.
#[test]
fn seeds_cut_and_bent_pass() {
    for target in TARGETS {
        for seed in (target.seeds)() {
            let steps = seed.len().div_ceil(40).max(1);
            for at in (0..seed.len()).step_by(steps) {
                (target.run)(&seed[..at]);
                for change in [0x01, 0x80, 0xff] {
                    let mut bent = seed.clone();
                    bent[at] ^= change;
                    (target.run)(&bent);
                }
                let longer = [&seed[..at], &seed[at..], &seed[at..]].concat();
                (target.run)(&longer);
            }
        }
    }
}
