//! `docs/configuration.md` says of every key what is true of it, and the README's example loads.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use honnin_server::Config;
use serde_json::{Value, json};

/// A row of a table in the reference.
#[derive(Debug)]
struct Row {
    key: String,
    environment: Option<String>,
    kind: String,
    default: Option<Value>,
}

/// A table: its place in the document (empty: the top), and its rows.
type Table = (String, Vec<Row>);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn reference() -> Vec<Table> {
    let text = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let mut tables: Vec<Table> = Vec::new();
    for line in text.lines() {
        if line == "## Keys" {
            tables.push((String::new(), Vec::new()));
        } else if let Some(place) = line.strip_prefix("### `") {
            tables.push((place.trim_end_matches('`').to_owned(), Vec::new()));
        } else if let Some(row) = line.strip_prefix("| `") {
            let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
            let [key, environment, kind, default, meaning] = cells[..] else { panic!("{line}") };
            assert!(!meaning.is_empty(), "{line}");
            let code = |cell: &str| cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
            tables.last_mut().unwrap().1.push(Row {
                key: key.trim_end_matches('`').to_owned(),
                environment: code(environment),
                kind: kind.to_owned(),
                default: code(default).map(|text| serde_json::from_str(&text).unwrap_or(json!(text))),
            });
        }
    }
    tables
}

/// The example of the README, with an entry of each kind of key.
fn sample() -> Value {
    let text = fs::read_to_string(root().join("server/README.md")).unwrap();
    let toml = text.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let mut sample: Value = toml::from_str(toml).unwrap();
    let token = json!({"pkcs11": {"module": "/m.so", "token": "t", "key": "k", "pin": {"file": "/pin"}}});
    sample["key_encryption"].as_array_mut().unwrap().insert(0, token);
    sample
}

fn load(document: &Value, environment: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.json");
    fs::write(&path, document.to_string()).unwrap();
    let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(Some(&path), environment).map_err(|e| e.to_string())
}

/// The value at a place such as `tenants[].display`: of lists the first entry.
fn at<'a>(document: &'a mut Value, place: &str) -> &'a mut Value {
    place.split('.').filter(|part| !part.is_empty()).fold(document, |value, part| match part.strip_suffix("[]") {
        Some(list) => &mut value[list][0],
        None => &mut value[part],
    })
}

/// The names that the program expects in a table, from what it says to one that it does not know.
fn expected(place: &str) -> BTreeSet<String> {
    let mut document = sample();
    let table = at(&mut document, place);
    if place == "key_encryption[]" {
        // One name to an entry.
        *table = json!({});
    }
    table["no_such_key"] = json!(1);
    let error = load(&document, &[]).unwrap_err();
    let (_, names) = error.split_once("`no_such_key`, expected ").unwrap_or_else(|| panic!("{place}: {error}"));
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_key_is_documented_and_no_other() {
    let tables = reference();
    assert!(tables.len() >= 15, "{}", tables.len());
    for (place, rows) in &tables {
        let documented: BTreeSet<String> = rows.iter().map(|row| row.key.clone()).collect();
        assert_eq!(documented, expected(place), "{place}");
        assert_eq!(documented.len(), rows.len(), "{place}: a key stands twice");
        for row in rows {
            let inside = if place.is_empty() { row.key.clone() } else { format!("{place}.{}", row.key) };
            let has = |place: &str| tables.iter().any(|(other, _)| other == place);
            match (row.kind.as_str(), at(&mut sample(), place).get(&row.key)) {
                ("table", _) => assert!(has(&inside), "{inside}"),
                ("list", Some(Value::Array(items))) if items.iter().any(Value::is_object) => {
                    let people = inside.replace("partners[]", "tenants[]");
                    assert!(has(&format!("{people}[]")), "{inside}");
                }
                // Whatever is a table in the example has a table here, or a type that is described elsewhere.
                (kind, Some(Value::Object(_))) => {
                    assert!(kind.starts_with("`{") || ["words", "policy", "JWK"].contains(&kind), "{inside}: {kind}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn environment_names_are_the_ones_that_work() {
    let mut tried = 0;
    for (place, rows) in reference().iter().filter(|(place, _)| !place.contains("[]")) {
        for row in rows.iter().filter(|row| row.kind != "table") {
            let path =
                if place.is_empty() { row.key.clone() } else { format!("{}__{}", place.replace('.', "__"), row.key) };
            let name = format!("HONNIN_SERVER__{}", path.to_ascii_uppercase());
            assert_eq!(row.environment.as_deref(), Some(name.as_str()), "{path}");
            // What the file does not hold comes from the environment.
            let mut document = sample();
            let value = match at(&mut document, place).as_object_mut().unwrap().remove(&row.key) {
                Some(value) => toml_value(&value),
                None => toml_value(row.default.as_ref().unwrap_or(&json!([]))),
            };
            load(&document, &[(&name, &value)]).unwrap_or_else(|e| panic!("{name}: {e}"));
            tried += 1;
        }
    }
    assert!(tried > 35, "{tried}");
}

/// A value as TOML writes it in one line.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let entries: Vec<String> =
                table.iter().map(|(key, value)| format!("{key} = {}", toml_value(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(toml_value).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[test]
fn defaults_are_the_documented_ones() {
    let mut compared = 0;
    for (place, rows) in reference() {
        for row in rows {
            let Some(default) = row.default else { continue };
            let with = |value: Option<Value>| {
                let mut document = sample();
                let table = at(&mut document, &place).as_object_mut().unwrap();
                // Hours in order.
                table.remove(&row.key);
                if let Some(value) = value {
                    table.insert(row.key.clone(), value);
                }
                format!("{:?}", load(&document, &[]).unwrap_or_else(|e| panic!("{place}.{}: {e}", row.key)))
            };
            let other = match &default {
                Value::Bool(on) => json!(!on),
                Value::Number(n) => json!(n.as_i64().unwrap() + 1),
                Value::Array(items) if items.is_empty() => json!(["192.0.2.1"]),
                Value::Array(_) => json!(["auditor"]),
                other => panic!("{other}"),
            };
            let left_out = with(None);
            assert_eq!(left_out, with(Some(default.clone())), "{place}.{}: {default}", row.key);
            assert_ne!(left_out, with(Some(other)), "{place}.{}", row.key);
            compared += 1;
        }
    }
    assert!(compared > 25, "{compared}");
}

#[test]
fn the_example_loads_and_the_environment_wins() {
    let config = load(&sample(), &[]).unwrap();
    assert_eq!((config.listen.port(), config.tenants.len(), config.delegations[0].days), (8080, 1, 365));
    let changed = [
        ("HONNIN_SERVER__LISTEN", "127.0.0.1:9"),
        ("HONNIN_SERVER__DELEGATIONS", "[]"),
        ("HONNIN_LOG", "debug"),
        ("HONNIN_MY_KEK", "…"),
        ("HONNIN_SERVER__KEY_ENCRYPTION", "[{ environment = \"HONNIN_MY_KEK\" }]"),
    ];
    let config = load(&sample(), &changed).unwrap();
    assert_eq!((config.listen.port(), config.delegations.len()), (9, 0));
    for unknown in ["HONNIN_SERVER_LISTEN", "HONNIN_LISTEN", "HONNIN_SERVER__LISTN", "HONNIN_MY_KEK"] {
        assert!(load(&sample(), &[(unknown, "1")]).unwrap_err().contains(unknown), "{unknown}");
    }
}

#[test]
fn the_program_reads_both_and_names_what_it_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.json");
    fs::write(&path, sample().to_string()).unwrap();
    let run = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_honnin-server"));
        command.args(["keys", "status"]).env("HONNIN_CONFIG", &path).env(name, value);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run("HONNIN_SERVER__DATABSE", "sqlite::memory:").contains("HONNIN_SERVER__DATABSE"));
    // Taken: it gets as far as the keys that are not there.
    assert!(run("HONNIN_SERVER__KEY_ENCRYPTION", "[{ file = '/no/such/kek' }]").contains("/no/such/kek"));
    let secret = "6f1ed002ab5595859014ebf0951522d96f1ed002ab5595859014ebf0951522d9";
    let told = run("HONNIN_SERVER__KEY_ENCRYPTION", secret);
    assert!(told.contains("HONNIN_SERVER__KEY_ENCRYPTION") && !told.contains(secret), "{told}");
}
