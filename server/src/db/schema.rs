//! Migrations: who applies them, and on which schemas this program works.
//!
//! Every migration but one kind leaves the programs that run untouched: it adds. So a program works on a schema that a
//! newer one has expanded. What takes away says `contract` in its name, and programs that do not know it refuse to
//! start: they may still use what is gone. Rules: docs/operations.md, "Migrations".

use std::sync::LazyLock;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyConnection, Row as _};

use super::Backend;

static SQLITE: LazyLock<Migrator> = LazyLock::new(|| expanded_by_others(sqlx::migrate!("./migrations/sqlite")));
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| expanded_by_others(sqlx::migrate!("./migrations/postgres")));

/// What the name of a migration begins with that takes something away.
const CONTRACT: &str = "contract";

fn expanded_by_others(mut migrator: Migrator) -> Migrator {
    migrator.set_ignore_missing(true);
    migrator
}

/// Why this program does not work on this database's schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A newer program took away what this one uses.
    #[error("migration {version} ({name}) took away what this program uses: it is too old for this database")]
    TooOld {
        /// The migration's number.
        version: i64,
        /// Its name.
        name: String,
    },
    /// A migration was applied with another text than this program's.
    #[error("migration {0} was applied with another text: this database is of another build")]
    Altered(i64),
    /// A migration stopped half-way; SQLite and PostgreSQL undo that, so somebody wrote the row by hand.
    #[error("migration {0} did not end")]
    Unfinished(i64),
    /// A migration failed.
    #[error("migration: {0}")]
    Failed(MigrateError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

impl From<MigrateError> for SchemaError {
    fn from(e: MigrateError) -> Self {
        match e {
            MigrateError::VersionMismatch(version) => Self::Altered(version),
            MigrateError::Dirty(version) => Self::Unfinished(version),
            MigrateError::Execute(e) => Self::Db(e),
            e => Self::Failed(e),
        }
    }
}

/// How a database's schema stands to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// There is none yet.
    Empty,
    /// So many migrations are still to be applied; the next start does.
    Behind(usize),
    /// As this program made it, up to this migration.
    Current(i64),
    /// A newer program has expanded it, up to this migration.
    Expanded(i64),
}

fn migrator(backend: Backend) -> &'static Migrator {
    match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
    }
}

/// Applies what is missing. On PostgreSQL under a lock: of nodes that start together one does, the others wait.
///
/// # Errors
/// [`SchemaError`].
pub(super) async fn migrate(conn: &mut AnyConnection, backend: Backend) -> Result<(), SchemaError> {
    // Told before anything is changed.
    state(conn, backend).await?;
    Ok(migrator(backend).run_direct(None, conn, false).await?)
}

/// Looks, and changes nothing.
///
/// # Errors
/// [`SchemaError`]: the program must not start.
pub async fn state(conn: &mut AnyConnection, backend: Backend) -> Result<Schema, SchemaError> {
    let there = match backend {
        Backend::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
        Backend::Postgres => "SELECT COUNT(*) FROM pg_tables WHERE tablename = '_sqlx_migrations'",
    };
    if sqlx::query(there).fetch_one(&mut *conn).await?.try_get::<i64, _>(0)? == 0 {
        return Ok(Schema::Empty);
    }
    let rows = sqlx::query(
        "SELECT version, description, CASE WHEN success THEN 1 ELSE 0 END, checksum FROM _sqlx_migrations ORDER BY version",
    )
    .fetch_all(&mut *conn)
    .await?;
    let known: Vec<_> = migrator(backend).iter().collect();
    let (mut applied, mut newest, mut expanded) = (0, 0, false);
    for row in rows {
        let (version, name): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        if row.try_get::<i64, _>(2)? == 0 {
            return Err(SchemaError::Unfinished(version));
        }
        newest = version;
        match known.iter().find(|m| m.version == version) {
            Some(m) if *m.checksum == *row.try_get::<Vec<u8>, _>(3)? => applied += 1,
            Some(_) => return Err(SchemaError::Altered(version)),
            None if name.starts_with(CONTRACT) => return Err(SchemaError::TooOld { version, name }),
            None => expanded = true,
        }
    }
    Ok(match known.len() - applied {
        0 if expanded => Schema::Expanded(newest),
        0 => Schema::Current(newest),
        missing => Schema::Behind(missing),
    })
}
