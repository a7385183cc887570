//! Customers.

use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row as _, Sqlite, Transaction};

use crate::customers::Customer;

/// Rows of a page.
pub const PAGE: i64 = 20;

/// Replaces all customers.
///
/// # Errors
/// Whatever the database answers.
pub async fn replace(tx: &mut Transaction<'static, Sqlite>, all: &[Customer]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM customers").execute(&mut **tx).await?;
    for c in all {
        let limit = i64::try_from(c.limit).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let spare = i64::try_from(c.spare).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query(
            "INSERT INTO customers (handle, name, birth, region, address, phone, account, spending_limit, kyc_level, method,
             payment_token, spare) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&c.handle)
        .bind(&c.name)
        .bind(i64::from(c.birth))
        .bind(i64::from(c.region))
        .bind(&c.address)
        .bind(&c.phone)
        .bind(&c.account)
        .bind(limit)
        .bind(i64::from(c.kyc_level))
        .bind(i64::from(c.method))
        .bind(&c.payment_token)
        .bind(spare)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// One customer.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(pool: &SqlitePool, handle: &str) -> Result<Option<Customer>, sqlx::Error> {
    sqlx::query("SELECT * FROM customers WHERE handle = $1")
        .bind(handle)
        .fetch_optional(pool)
        .await?
        .map(read)
        .transpose()
}

/// A page of customers whose handle holds `part`, and how many there are in all.
///
/// # Errors
/// Whatever the database answers.
pub async fn search(pool: &SqlitePool, part: &str, page: i64) -> Result<(Vec<Customer>, i64), sqlx::Error> {
    let total = sqlx::query("SELECT count(*) FROM customers WHERE instr(upper(handle), upper($1)) > 0")
        .bind(part)
        .fetch_one(pool)
        .await?
        .try_get(0)?;
    let rows = sqlx::query(
        "SELECT * FROM customers WHERE instr(upper(handle), upper($1)) > 0 ORDER BY handle LIMIT $2 OFFSET $3",
    )
    .bind(part)
    .bind(PAGE)
    .bind(page.max(0).saturating_mul(PAGE))
    .fetch_all(pool)
    .await?;
    Ok((rows.into_iter().map(read).collect::<Result<_, _>>()?, total))
}

fn read(row: SqliteRow) -> Result<Customer, sqlx::Error> {
    Ok(Customer {
        handle: row.try_get("handle")?,
        name: row.try_get("name")?,
        birth: row.try_get("birth")?,
        region: row.try_get("region")?,
        address: row.try_get("address")?,
        phone: row.try_get("phone")?,
        account: row.try_get("account")?,
        limit: number(&row, "spending_limit")?,
        kyc_level: row.try_get("kyc_level")?,
        method: row.try_get("method")?,
        payment_token: row.try_get("payment_token")?,
        spare: number(&row, "spare")?,
    })
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|e| sqlx::Error::Decode(e.into()))
}
