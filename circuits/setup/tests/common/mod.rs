//! What the tests share: snarkjs as a separate process, powers of tau that it made, a toy circuit.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use honnin_circuits::Fr;
use honnin_setup::{circuit::Circuit, ptau::Ptau};

fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().find(|dir| dir.join("Cargo.lock").exists()).expect("inside the repository").to_path_buf()
}

/// Runs snarkjs. It is a program of its own and only ever judges files.
pub fn snarkjs(args: &[&str]) -> Output {
    let script = repository().join("node_modules/snarkjs/build/cli.cjs");
    assert!(script.exists(), "snarkjs is missing: run `npm ci` in {}", repository().display());
    Command::new("node").arg(script).args(args).output().expect("node runs")
}

/// The same, and it must succeed; what it printed.
pub fn snarkjs_ok(args: &[&str]) -> String {
    let output = snarkjs(args);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "snarkjs {args:?}: {text}");
    text
}

/// Text of a path.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Powers of tau up to domain 2^power, made by snarkjs (two people and a beacon) and prepared by us. Made once, kept
/// under the build folder; test processes wait for the one that makes it.
pub fn powers(power: u32) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("powers-of-tau-v1-{power}"));
    fs::create_dir_all(&dir).unwrap();
    let lock = File::create(dir.join(".lock")).unwrap();
    lock.lock().unwrap();
    let done = dir.join("final.ptau");
    if !done.exists() {
        let step = |n: u32| dir.join(format!("{n}.ptau"));
        let (zero, one, two, three) = (step(0), step(1), step(2), step(3));
        snarkjs_ok(&["powersoftau", "new", "bn128", &power.to_string(), text(&zero)]);
        snarkjs_ok(&["powersoftau", "contribute", text(&zero), text(&one), "--name=first", "-e=one"]);
        snarkjs_ok(&["powersoftau", "contribute", text(&one), text(&two), "--name=second", "-e=two"]);
        snarkjs_ok(&["powersoftau", "beacon", text(&two), text(&three), "0123456789abcdef", "10"]);
        let bytes = fs::read(&three).unwrap();
        let lagrange = Ptau::read(&bytes).unwrap().prepare();
        fs::write(dir.join("new"), Ptau::with_lagrange(&bytes, &lagrange).unwrap()).unwrap();
        fs::rename(dir.join("new"), &done).unwrap();
    }
    done
}

/// `x^2 = y`, `y x = w`, `(w + x + 5) 1 = out` with `out` public: every kind of column in three rows.
pub fn toy() -> Circuit {
    let f = |n: u64| Fr::from(n);
    let (one, out, x, y, w) = (0, 1, 2, 3, 4);
    Circuit {
        public: 1,
        variables: 5,
        matrices: [
            vec![vec![(f(1), x)], vec![(f(1), y)], vec![(f(5), one), (f(1), x), (f(1), w)]],
            vec![vec![(f(1), x)], vec![(f(1), x)], vec![(f(1), one)]],
            vec![vec![(f(1), y)], vec![(f(1), w)], vec![(f(1), out)]],
        ],
    }
}

/// Its assignment for x = 3.
pub fn toy_assignment() -> Vec<Fr> {
    [1u64, 35, 3, 9, 27].map(Fr::from).to_vec()
}
