use std::ffi::OsString;

use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    database: String,
    #[serde(default)]
    on: bool,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    keys: Vec<Key>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    most: i64,
    least: i64,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    File(String),
}

fn environment(variables: &[(&str, &str)]) -> Result<Environment, SettingsError> {
    Environment::of("T", variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
}

fn load_with(name: &str, text: &str, variables: &[(&str, &str)]) -> Result<Sample, SettingsError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    load(Some(&path), &environment(variables)?)
}

#[test]
fn the_environment_lies_over_the_file() {
    let file = "database = \"a\"\n[limits]\nmost = 1\nleast = 2\n";
    let variables = [
        ("T__DATABASE", "postgres://u:p@h/d?x=[1]"),
        ("T__LIMITS__MOST", "9"),
        ("T__ON", "true"),
        ("T__KEYS", "[{ file = '/k' }]"),
        ("OTHER__DATABASE", "no"),
        ("TT__DATABASE", "no"),
    ];
    let wanted = Sample {
        database: "postgres://u:p@h/d?x=[1]".into(),
        on: true,
        limits: Limits { most: 9, least: 2 },
        keys: vec![Key::File("/k".into())],
    };
    assert_eq!(load_with("c.toml", file, &variables).unwrap(), wanted);
    let json = r#"{"database": "a", "limits": {"most": 1, "least": 2}}"#;
    assert_eq!(load_with("c.json", json, &variables).unwrap(), wanted);
    // A quoted text stays one, whatever it looks like.
    assert_eq!(load_with("c.json", json, &[("T__DATABASE", "\"12\"")]).unwrap().database, "12");
    // The environment alone is enough.
    let alone: Sample = load(None, &environment(&variables).unwrap()).unwrap();
    assert_eq!(alone.limits, Limits { most: 9, least: 0 });
}

#[test]
fn errors_name_the_place() {
    let says = |name: &str, text: &str, variables: &[(&str, &str)], parts: &[&str]| {
        let error = load_with(name, text, variables).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error}: {part}");
        }
    };
    says("c.toml", "database = \"a\"\n[limits]\nmots = 1\n", &[], &["c.toml, line 3", "mots", "`most`"]);
    says("c.toml", "database = \"a\"\nlimits = { most = \"x\" }\n", &[], &["line 2", "limits.most", "i64"]);
    says("c.toml", "database = \"a\"\n[limits\n", &[], &["c.toml, line 2"]);
    says("c.json", "{\"database\": \"a\",\n\"limits\": {\"most\": []}}", &[], &["line 2", "limits.most"]);
    says("c.json", "{\"database\": \"a\"} x", &[], &["line 1", "follows"]);
    says("c.toml", "", &[], &["missing field `database`"]);
    let file = "database = \"a\"\n";
    says("c.toml", file, &[("T__LIMITS__MOTS", "1")], &["variable T__LIMITS__MOTS:", "unknown field `mots`", "`most`"]);
    says("c.toml", file, &[("T__DATABSE", "1")], &["variable T__DATABSE:", "unknown field `databse`"]);
    says("c.toml", file, &[("T__LIMITS__MOST", "many")], &["variable T__LIMITS__MOST:", "expected i64"]);
    says("c.toml", file, &[("T__KEYS", "[{ flie = '/k' }]")], &["variable T__KEYS:", "flie"]);
    says("c.toml", file, &[("T__KEYS__0__FILE", "/k"), ("T__KEYS", "[]")], &["variable T__KEYS__0__FILE:", "list"]);
    says("c.toml", file, &[("T__DATABASE__X", "1")], &["variable T__DATABASE__X:"]);
    says("c.toml", file, &[("T__", "1")], &["variable T__:", "no key"]);
    says("c.toml", file, &[("T__KEYS", "[")], &["variable T__KEYS:", "TOML"]);
    says("c.toml", file, &[("T__KEYS", "[]\ndatabase = 'b'")], &["variable T__KEYS:"]);
    says("c.toml", "on = true\n", &[("T__ON", "true")], &["missing field `database`"]);
    let missing = load::<Sample>(Some(Path::new("/no/such.toml")), &Environment::default()).unwrap_err();
    assert!(missing.to_string().contains("/no/such.toml"));
}

#[test]
fn no_error_repeats_a_value() {
    const SECRET: &str = "6f1ed002ab5595859014ebf0951522d9";
    let cases = [
        ("a key in the wrong place", "c.toml", format!("database = 'a'\nkeys = '{SECRET}'\n"), vec![]),
        ("a broken line", "c.toml", format!("database = '{SECRET}\n"), vec![]),
        ("json", "c.json", format!(r#"{{"database": "a", "keys": "{SECRET}"}}"#), vec![]),
        ("a variable", "c.toml", "database = 'a'\n".into(), vec![("T__KEYS", SECRET)]),
        ("a number", "c.toml", "database = 'a'\n".into(), vec![("T__LIMITS__MOST", SECRET)]),
    ];
    for (what, name, text, variables) in cases {
        let error = load_with(name, &text, &variables).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{what}: {error}");
    }
}

#[test]
fn a_variable_that_nobody_knows() {
    let check = |name: &str| refuse_unknown("T_", "T_SERVER", &["T_LOG", "T_TEST_"], [OsString::from(name)]);
    for known in ["T_SERVER__DATABASE", "T_LOG", "T_TEST_POSTGRES", "PATH"] {
        check(known).unwrap();
    }
    for unknown in ["T_SERVER_DATABASE", "T_SEVER__DATABASE", "T_DATABASE"] {
        assert!(check(unknown).unwrap_err().to_string().contains(unknown));
    }
}
