-- Times are milliseconds since the epoch, from this view alone: one clock decides.
CREATE VIEW clock AS SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER) AS now_ms;

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE issuers (
    id TEXT PRIMARY KEY,               -- tenant, a space, RFC 7638 thumbprint of the root
    tenant TEXT NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE operators (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    webauthn_id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended'))
);

CREATE TABLE operator_passkeys (
    credential_id TEXT PRIMARY KEY,    -- b64u
    operator TEXT NOT NULL REFERENCES operators (id),
    passkey TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE operator_invitations (
    token_hash TEXT PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operators (id),
    ceremony TEXT,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX operator_invitations_lapsed ON operator_invitations (expires_at);

CREATE TABLE operator_logins (
    id TEXT PRIMARY KEY,
    ceremony TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX operator_logins_lapsed ON operator_logins (expires_at);

CREATE TABLE operator_sessions (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    operator TEXT NOT NULL REFERENCES operators (id),
    status TEXT NOT NULL CHECK (status IN ('active', 'locked', 'ended')),
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE issuer_certificates (
    id TEXT PRIMARY KEY,               -- SHA-256 of tenant, key and window
    tenant TEXT NOT NULL REFERENCES tenants (id),
    issuer TEXT NOT NULL REFERENCES issuers (id),
    jws TEXT NOT NULL,
    key_x TEXT NOT NULL,
    key_y TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked'))
);
CREATE INDEX issuer_certificates_key ON issuer_certificates (tenant, key_x, key_y);

CREATE TABLE enrolments (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    handle TEXT NOT NULL,
    statement TEXT NOT NULL,
    policy TEXT NOT NULL,
    ceremony TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    refused BIGINT NOT NULL DEFAULT 0,
    completed_at BIGINT
);
CREATE INDEX enrolments_handle ON enrolments (tenant, handle, created_at);
CREATE INDEX enrolments_unused ON enrolments (expires_at) WHERE completed_at IS NULL;

CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    handle TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    certificate TEXT NOT NULL REFERENCES issuer_certificates (id),
    device_key TEXT NOT NULL,          -- JWK
    passkey_id TEXT NOT NULL,          -- b64u
    passkey_key TEXT NOT NULL,         -- JWK
    passkey_counter BIGINT NOT NULL,
    label TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'replaced', 'revoked')),
    enrolled_at BIGINT NOT NULL
);
CREATE INDEX devices_pseudonym ON devices (tenant, pseudonym);
CREATE UNIQUE INDEX devices_one_active ON devices (tenant, handle) WHERE status = 'active';

CREATE TABLE device_challenges (
    challenge_hash TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_challenges_lapsed ON device_challenges (expires_at);

CREATE TABLE device_tokens (
    token_hash TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_tokens_lapsed ON device_tokens (expires_at);

CREATE TABLE verifications (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    operator TEXT NOT NULL REFERENCES operators (id),
    session TEXT NOT NULL REFERENCES operator_sessions (id),
    device TEXT REFERENCES devices (id),
    handle TEXT NOT NULL,
    reference TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    policy TEXT NOT NULL,              -- the whole document, as it was when asked
    statement TEXT NOT NULL,           -- canonical, with the match code
    state TEXT NOT NULL CHECK (state IN ('created', 'delivered', 'opened', 'passed', 'failed', 'denied', 'expired', 'cancelled', 'unreachable')),
    detail TEXT CHECK (detail IN ('not_enrolled', 'unprovable', 'number', 'proof_invalid', 'reported')),
    created_at BIGINT NOT NULL,
    delivered_at BIGINT,
    opened_at BIGINT,
    decided_at BIGINT,
    expires_at BIGINT NOT NULL,
    valid_until BIGINT,
    approve_ms BIGINT,
    UNIQUE (tenant, reference),
    CHECK ((state IN ('created', 'delivered', 'opened')) = (decided_at IS NULL)),
    CHECK ((state = 'passed') = (valid_until IS NOT NULL))
);
CREATE INDEX verifications_operator ON verifications (operator, created_at);
CREATE INDEX verifications_device ON verifications (device, created_at);
CREATE INDEX verifications_handle ON verifications (tenant, handle, created_at);
CREATE INDEX verifications_open ON verifications (expires_at) WHERE decided_at IS NULL;

CREATE TRIGGER verifications_final BEFORE UPDATE ON verifications
WHEN OLD.decided_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a decided verification is final'); END;
CREATE TRIGGER verifications_kept BEFORE DELETE ON verifications
BEGIN SELECT RAISE(ABORT, 'verifications are kept'); END;

-- What a pass rests on: kept for the receipt. Nothing here names an attribute.
CREATE TABLE approvals (
    verification TEXT PRIMARY KEY REFERENCES verifications (id),
    proof TEXT NOT NULL,               -- b64u
    as_of BIGINT NOT NULL,
    verifying_key TEXT NOT NULL,       -- SHA-256, hex
    assertion TEXT NOT NULL,           -- JSON as received, checked
    certificate TEXT NOT NULL REFERENCES issuer_certificates (id)
);

-- Append-only, hash-chained: hash = SHA-256(previous ‖ JCS(entry)), hex.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    tenant TEXT,
    verification TEXT,
    operator TEXT,
    device TEXT,
    data TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_verification ON events (verification, kind);
CREATE INDEX events_operator ON events (operator, seq);
CREATE INDEX events_device ON events (device, seq);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the event table is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the event table is append-only'); END;
