CREATE TABLE customers (
    handle TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    birth INTEGER NOT NULL,
    region INTEGER NOT NULL,
    address TEXT NOT NULL,
    phone TEXT NOT NULL,
    account TEXT NOT NULL,
    spending_limit INTEGER NOT NULL,
    kyc_level INTEGER NOT NULL,
    method INTEGER NOT NULL,
    payment_token TEXT NOT NULL,
    spare INTEGER NOT NULL
) STRICT;

-- Secrets stand here as SHA-256 only: reading this table redeems nothing.
CREATE TABLE offers (
    id_hash TEXT PRIMARY KEY,
    code_hash TEXT NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    redeemed_at INTEGER,
    token_hash TEXT UNIQUE,
    token_expires_at INTEGER,
    issued_at INTEGER
) STRICT;

CREATE TABLE nonces (
    hash TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX offers_lapsed ON offers (expires_at);
CREATE INDEX nonces_lapsed ON nonces (expires_at);
