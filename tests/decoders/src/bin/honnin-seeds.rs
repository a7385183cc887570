//! Writes every target's seeds under a corpus folder: `honnin-seeds tests/fuzz/corpus`. Files that are there stay.

use std::{fs, path::Path};

use honnin_decoders::TARGETS;

fn main() -> std::io::Result<()> {
    let corpus = std::env::args().nth(1).unwrap_or_else(|| "tests/fuzz/corpus".into());
    for target in TARGETS {
        let folder = Path::new(&corpus).join(target.name);
        fs::create_dir_all(&folder)?;
        for (i, seed) in (target.seeds)().iter().enumerate() {
            let file = folder.join(format!("seed-{i:02}"));
            if !file.exists() {
                fs::write(file, seed)?;
            }
        }
    }
    Ok(())
}
