//! libFuzzer's entry: `HONNIN_FUZZ_TARGET` names the target; the rest of the command line is libFuzzer's.

#![no_main]

use std::sync::OnceLock;

use honnin_decoders::{Target, target};
use libfuzzer_sys::fuzz_target;

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("HONNIN_FUZZ_TARGET").unwrap_or_default();
        target(&name).unwrap_or_else(|| panic!("HONNIN_FUZZ_TARGET={name}: no such target"))
    })
}

fuzz_target!(|data: &[u8]| (chosen().run)(data));
