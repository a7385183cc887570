//! Migrations only ever grow: what was released stays as it is, both databases get the same, and what takes something
//! away comes a release after what replaced it (docs/operations.md, "Migrations").

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha384};

use crate::sh::root;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

/// File name by folder, and text.
type Files = BTreeMap<(String, String), String>;

/// Checks `server/migrations` against its `LOCK`.
pub fn check() -> Result<()> {
    let dir = root().join("server/migrations");
    let lock = fs::read_to_string(dir.join("LOCK")).context("server/migrations/LOCK")?;
    let findings = findings(&read(&dir)?, &lock);
    for finding in &findings {
        eprintln!("migrations: {finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    Ok(())
}

fn read(dir: &Path) -> Result<Files> {
    let mut files = Files::new();
    for database in DATABASES {
        for entry in fs::read_dir(dir.join(database))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            files.insert((database.to_owned(), name), fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}

fn findings(files: &Files, lock: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut released: BTreeMap<String, &str> = BTreeMap::new();
    for line in lock.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once("  ") {
            Some((hash, path)) if hash.len() == 96 => drop(released.insert(path.to_owned(), hash)),
            _ => findings.push(format!("LOCK: no line of a SHA-384 and a path: {line}")),
        }
    }
    let newest = released.keys().filter_map(|path| number(path.split_once('/')?.1)).max().unwrap_or(0);
    for ((database, name), text) in files {
        let path = format!("{database}/{name}");
        // What sqlx stores beside an applied migration.
        let hash = hex::encode(Sha384::digest(text.as_bytes()));
        match released.remove(&path) {
            Some(locked) if locked == hash => {}
            Some(_) => findings.push(format!("{path} was released and has been edited: write another migration")),
            None if number(name).is_some_and(|n| n > newest) => {}
            None => findings.push(format!("{path} is older than a released one; to release it: {hash}  {path}")),
        }
        findings.extend(of_file(database, name, text, files));
    }
    findings.extend(released.keys().map(|path| format!("{path} was released and is gone")));
    for database in DATABASES {
        let numbers: Vec<_> = files.keys().filter(|(of, _)| of == database).map(|(_, name)| number(name)).collect();
        let wanted: Vec<_> = (1..=numbers.len() as u32).map(Some).collect();
        if numbers != wanted {
            findings.push(format!("{database}: files are 0001_name.sql, 0002_name.sql, without gaps"));
        }
    }
    findings
}

/// The number of `0007_name.sql`.
fn number(name: &str) -> Option<u32> {
    let (number, rest) = name.split_once('_')?;
    (number.len() == 4 && rest.ends_with(".sql")).then(|| number.parse().ok())?
}

fn of_file(database: &str, name: &str, text: &str, files: &Files) -> Vec<String> {
    let path = format!("{database}/{name}");
    let mut findings = Vec::new();
    for other in DATABASES {
        match files.get(&(other.to_owned(), name.to_owned())) {
            None => findings.push(format!("{path} has no twin in {other}")),
            Some(twin) if schema(twin) != schema(text) => {
                findings.push(format!("{path}: tables or indexes differ from {other}'s"));
            }
            Some(_) => {}
        }
    }
    if number(name) == Some(1) {
        return findings;
    }
    let taken = takes_away(text);
    if !name[4..].starts_with("_contract_") {
        findings.extend(taken.into_iter().map(|what| {
            format!("{path}: `{what}` would break programs that still run: expand now, and take away in a later release, in a migration named NNNN_contract_…")
        }));
        return findings;
    }
    // `-- After: 0006_…`: the migration that made this one's object needless, already released with a program.
    let after = text.lines().find_map(|line| line.strip_prefix("-- After: ")).map(str::trim);
    let older = after.is_some_and(|after| {
        files.contains_key(&(database.to_owned(), after.to_owned())) && number(after) < number(name)
    });
    if !older {
        findings.push(format!("{path}: a contraction names what it comes after, as `-- After: NNNN_name.sql`"));
    }
    findings
}

/// Statements without comments, in one line each, in capitals.
fn statements(text: &str) -> Vec<String> {
    let bare: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    bare.join(" ")
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase())
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// What makes tables and indexes: the same on both databases. Views, functions and triggers are each one's own.
fn schema(text: &str) -> Vec<String> {
    let of_both = ["CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "ALTER TABLE", "DROP TABLE", "DROP INDEX"];
    statements(text).into_iter().filter(|s| of_both.iter().any(|start| s.starts_with(start))).collect()
}

/// What an older program would miss or trip over.
fn takes_away(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in statements(text) {
        let has = |words: &str| statement.contains(words);
        let altered = statement.starts_with("ALTER TABLE");
        let dropped = statement.starts_with("DROP ") || (altered && has(" DROP "));
        // An index is nobody's to miss.
        let breaks = (dropped && !statement.starts_with("DROP INDEX"))
            || (altered && has(" RENAME "))
            || (altered && has(" ADD ") && has(" NOT NULL") && !has(" DEFAULT "))
            || (altered && has(" SET NOT NULL"))
            || (altered && (has(" ADD CHECK") || has(" ADD CONSTRAINT") || has(" TYPE ")))
            || (statement.starts_with("CREATE UNIQUE INDEX") && !made_here(text, &statement));
        if breaks {
            found.push(statement.chars().take(80).collect());
        }
    }
    found
}

/// Whether a unique index is on a table of the same migration: an older program writes other tables as it always did.
fn made_here(text: &str, index: &str) -> bool {
    let table = index.split(" ON ").nth(1).and_then(|rest| rest.split([' ', '(']).next()).unwrap_or_default();
    statements(text).iter().any(|s| s.starts_with(&format!("CREATE TABLE {table} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE a (id TEXT PRIMARY KEY); -- one\n";

    fn files(more: &[(&str, &str)]) -> Files {
        let all = [("0001_service.sql", FIRST)].iter().chain(more);
        all.flat_map(|(name, text)| DATABASES.map(|of| ((of.to_owned(), (*name).to_owned()), (*text).to_owned())))
            .collect()
    }

    fn lock(files: &Files) -> String {
        files
            .iter()
            .map(|((of, name), text)| format!("{}  {of}/{name}\n", hex::encode(Sha384::digest(text.as_bytes()))))
            .collect()
    }

    #[test]
    fn what_was_released_stays() {
        let mut all = files(&[]);
        let lock = lock(&all);
        assert_eq!(findings(&all, &lock), [""; 0]);
        // Not released yet: it may still be edited.
        assert_eq!(findings(&all, "# nothing\n"), [""; 0]);
        let name = "0001_service.sql".to_owned();
        for database in DATABASES {
            all.insert((database.into(), name.clone()), FIRST.replace("one", "two"));
        }
        assert!(findings(&all, &lock).iter().all(|f| f.contains("has been edited")));
        assert_eq!(findings(&all, &lock).len(), 2);
        assert_eq!(findings(&files(&[]), &(lock.clone() + "zz  x")).len(), 1);
        let gone = files(&[("0002_more.sql", "CREATE TABLE b (id TEXT);")]);
        let with_second = super::tests::lock(&gone);
        assert!(findings(&files(&[]), &with_second).iter().any(|f| f.contains("is gone")));
        // A number that was passed over cannot be filled later.
        let mut late = gone.clone();
        late.remove(&("sqlite".into(), "0002_more.sql".into()));
        assert!(findings(&late, &with_second).iter().any(|f| f.contains("no twin")));
        assert!(findings(&files(&[("0003_c.sql", "SELECT 1;")]), &lock).iter().any(|f| f.contains("without gaps")));
    }

    #[test]
    fn both_databases_get_the_same() {
        let mut all = files(&[("0002_more.sql", "CREATE TABLE b (id TEXT NOT NULL);")]);
        assert_eq!(findings(&all, ""), [""; 0]);
        all.insert(("postgres".into(), "0002_more.sql".into()), "CREATE TABLE b (id TEXT);".into());
        assert_eq!(findings(&all, "").len(), 2);
        // Triggers, views and functions are each one's own.
        all.insert(
            ("postgres".into(), "0002_more.sql".into()),
            "CREATE TABLE b (id  text NOT NULL); CREATE VIEW v AS SELECT 1;".into(),
        );
        assert_eq!(findings(&all, ""), [""; 0]);
    }

    #[test]
    fn taking_away_comes_later_and_says_so() {
        let expanding = [
            "CREATE TABLE b (id TEXT NOT NULL); CREATE UNIQUE INDEX b_id ON b (id);",
            "ALTER TABLE a ADD COLUMN note TEXT;",
            "ALTER TABLE a ADD COLUMN n BIGINT NOT NULL DEFAULT 0;",
            "DROP INDEX a_old; CREATE INDEX a_new ON a (id);",
            "-- DROP TABLE a;\nSELECT 1;",
        ];
        for sql in expanding {
            assert_eq!(findings(&files(&[("0002_expand.sql", sql)]), ""), [""; 0], "{sql}");
        }
        let taking = [
            "DROP TABLE a;",
            "ALTER TABLE a DROP COLUMN note;",
            "alter table a\n rename column id to name;",
            "ALTER TABLE a ADD COLUMN n BIGINT NOT NULL;",
            "ALTER TABLE a ALTER COLUMN id SET NOT NULL;",
            "ALTER TABLE a ADD CONSTRAINT c CHECK (id <> '');",
            "DROP VIEW clock;",
            "CREATE UNIQUE INDEX a_id ON a (id);",
        ];
        for sql in taking {
            assert_eq!(findings(&files(&[("0002_expand.sql", sql)]), "").len(), 2, "{sql}");
            let unnamed = files(&[("0002_contract_a.sql", sql)]);
            assert!(findings(&unnamed, "").iter().all(|f| f.contains("comes after")), "{sql}");
            let named = format!("-- After: 0002_expand.sql\n{sql}");
            let pair = files(&[("0002_expand.sql", "SELECT 1;"), ("0003_contract_a.sql", &named)]);
            assert_eq!(findings(&pair, ""), [""; 0], "{sql}");
        }
    }
}
