//! Statements over whole sets of rows: as many as a round holds, in one text for any number of them. The rows travel as
//! one JSON parameter, which both databases read.

use serde::Serialize;

/// The parameter of a statement made by [`set!`] or [`listed!`].
///
/// # Errors
/// `Encode`; never for rows of texts and numbers.
pub(super) fn rows<T: Serialize>(rows: &[T]) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|e| sqlx::Error::Encode(e.into()))
}

/// A query in which `r` stands for the rows of the first parameter, with these members as columns.
macro_rules! set {
    ($query:expr, $before:literal, [$($column:ident $kind:ident),+ $(,)?], $after:literal) => {
        match $query.backend() {
            $crate::db::Backend::Sqlite => sqlx::query(concat!(
                $before, " (SELECT ", $("value ->> '$.", stringify!($column), "' AS ", stringify!($column), ", ",)+
                "0 AS pad FROM json_each($1)) AS r ", $after
            )),
            $crate::db::Backend::Postgres => sqlx::query(concat!(
                $before, " jsonb_to_recordset(CAST($1 AS jsonb)) AS r(",
                $(stringify!($column), " ", stringify!($kind), ", ",)+ "pad text) ", $after
            )),
        }
    };
}

/// A query in which `$before` ends with a column that must be among the texts of the first parameter; `$locking` is
/// PostgreSQL's alone, for SQLite has one writer anyway.
macro_rules! listed {
    ($query:expr, $before:expr, $after:literal, $locking:literal) => {
        match $query.backend() {
            $crate::db::Backend::Sqlite => {
                sqlx::query(concat!($before, " IN (SELECT value FROM json_each($1)) ", $after))
            }
            $crate::db::Backend::Postgres => sqlx::query(concat!(
                $before,
                " = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST($1 AS jsonb)))) ",
                $after,
                " ",
                $locking
            )),
        }
    };
    ($query:expr, $before:expr, $after:literal) => {
        listed!($query, $before, $after, "")
    };
}

pub(super) use {listed, set};
