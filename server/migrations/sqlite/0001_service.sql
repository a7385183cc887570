-- Times are milliseconds since the epoch, from this view alone: one clock decides.
CREATE VIEW clock AS SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER) AS now_ms;

-- Organisations: tenants (client enterprises) and partners (BPOs). ------------------------------------------------

CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('tenant', 'partner')),
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'frozen')),
    name TEXT NOT NULL,                -- JSON, ja and en
    settings TEXT NOT NULL,            -- JSON
    revision BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

-- Keys that seal what the other tables hold, themselves wrapped by the key-encryption key.
CREATE TABLE data_keys (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL CHECK (kind IN ('data', 'index')),
    version BIGINT NOT NULL,
    wrapped TEXT NOT NULL,             -- see honnin-vault, WrappedKey
    PRIMARY KEY (organisation, kind, version)
);

-- Keys that a tenant announces its calls with. Phones pin the first that they see; each later one is signed by the one
-- before it.
CREATE TABLE announcement_keys (
    id TEXT PRIMARY KEY,               -- RFC 7638 thumbprint
    tenant TEXT NOT NULL REFERENCES organisations (id),
    place BIGINT NOT NULL,
    public TEXT NOT NULL,              -- JWK
    secret TEXT NOT NULL,              -- sealed
    signed TEXT,                       -- JWS by the key before; null for the first
    created_at BIGINT NOT NULL,
    UNIQUE (tenant, place)
);

CREATE TABLE issuers (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    url TEXT NOT NULL,
    thumbprint TEXT NOT NULL,          -- RFC 7638, of the root
    root TEXT NOT NULL,                -- JWK
    serves TEXT NOT NULL DEFAULT 'customers' CHECK (serves IN ('customers', 'eligibility')),
    certifies TEXT,                    -- of one for eligibility: the tenant that its certificates name
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at BIGINT NOT NULL,
    CHECK ((serves = 'eligibility') = (certifies IS NOT NULL)),
    UNIQUE (tenant, thumbprint)
);

CREATE TABLE issuer_certificates (
    id TEXT PRIMARY KEY,               -- SHA-256 of tenant, key and window
    tenant TEXT NOT NULL REFERENCES organisations (id),
    issuer TEXT NOT NULL REFERENCES issuers (id),
    jws TEXT NOT NULL,
    key_x TEXT NOT NULL,
    key_y TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked'))
);
CREATE INDEX issuer_certificates_key ON issuer_certificates (tenant, key_x, key_y);

-- A published version never changes: verifications name it.
CREATE TABLE policies (
    tenant TEXT NOT NULL REFERENCES organisations (id),
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'published', 'retired')),
    document TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    published_by TEXT,
    published_at BIGINT,
    PRIMARY KEY (tenant, id, version)
);
CREATE UNIQUE INDEX policies_one_published ON policies (tenant, id) WHERE status = 'published';

CREATE TABLE purposes (
    tenant TEXT NOT NULL REFERENCES organisations (id),
    code TEXT NOT NULL,
    ja TEXT NOT NULL,
    en TEXT NOT NULL,
    policy TEXT NOT NULL,
    kind TEXT CHECK (kind IN ('eligibility')),
    PRIMARY KEY (tenant, code)
);

-- Parties that open what payments and orders seal.
CREATE TABLE recipients (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,                -- JSON, ja and en
    public TEXT NOT NULL,              -- JWK
    url TEXT NOT NULL,
    secret TEXT NOT NULL,              -- sealed: what its messages are signed with
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'removed')),
    created_at BIGINT NOT NULL
);
CREATE INDEX recipients_tenant ON recipients (tenant, status);

-- People, machines, and what they may. ------------------------------------------------------------------------------

CREATE TABLE teams (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL
);
CREATE INDEX teams_organisation ON teams (organisation);

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    profile TEXT NOT NULL,             -- sealed: name and label
    webauthn_id TEXT NOT NULL UNIQUE,
    oidc_index TEXT,                   -- blind index of issuer and subject
    team TEXT REFERENCES teams (id),
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'frozen', 'removed')),
    created_at BIGINT NOT NULL,
    last_login_at BIGINT
);
CREATE INDEX people_organisation ON people (organisation);
CREATE UNIQUE INDEX people_oidc ON people (organisation, oidc_index) WHERE oidc_index IS NOT NULL;

CREATE TABLE roles (
    person TEXT NOT NULL REFERENCES people (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'security', 'supervisor', 'operator', 'auditor', 'integration')),
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (person, role)
);

CREATE TABLE passkeys (
    credential_index TEXT PRIMARY KEY, -- SHA-256 of the credential id, hex
    person TEXT NOT NULL REFERENCES people (id),
    passkey TEXT NOT NULL,             -- sealed
    created_at BIGINT NOT NULL
);
CREATE INDEX passkeys_person ON passkeys (person);

CREATE TABLE invitations (
    token_hash TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    ceremony TEXT,                     -- sealed
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX invitations_lapsed ON invitations (expires_at);

CREATE TABLE logins (
    id_hash TEXT PRIMARY KEY,
    ceremony TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_lapsed ON logins (expires_at);

-- Who went to their organisation's identity provider and is awaited back. What else the answer is checked with comes
-- from the browser's cookie.
CREATE TABLE provider_logins (
    state_hash TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    invitation TEXT,                   -- token hash: whose link it is
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX provider_logins_lapsed ON provider_logins (expires_at);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (id),
    status TEXT NOT NULL CHECK (status IN ('active', 'locked', 'ended')),
    through TEXT NOT NULL CHECK (through IN ('passkey', 'provider')),
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person);

CREATE TABLE identity_providers (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret TEXT,                -- sealed
    required BIGINT NOT NULL,          -- 1: passkeys are the owners' alone
    created_at BIGINT NOT NULL
);

CREATE TABLE machines (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL CHECK (kind IN ('api_key', 'client')),
    name TEXT NOT NULL,
    label TEXT NOT NULL,               -- JSON, ja and en: what the phone shows as operator
    scopes TEXT NOT NULL,              -- JSON list
    secret_hash TEXT UNIQUE,
    jwks TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked'))
);
CREATE INDEX machines_organisation ON machines (organisation);

CREATE TABLE machine_tokens (
    token_hash TEXT PRIMARY KEY,
    machine TEXT NOT NULL REFERENCES machines (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX machine_tokens_lapsed ON machine_tokens (expires_at);

CREATE TABLE machine_assertions (
    jti_hash TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX machine_assertions_lapsed ON machine_assertions (expires_at);

CREATE TABLE delegations (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    partner TEXT NOT NULL REFERENCES organisations (id),
    purposes TEXT NOT NULL,            -- JSON list of codes
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'frozen', 'ended')),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX delegations_tenant ON delegations (tenant);
CREATE INDEX delegations_partner ON delegations (partner, status);

-- Customers and their phones. -----------------------------------------------------------------------------------------

CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL DEFAULT 'customer' CHECK (kind IN ('customer', 'prospect')),
    handle_index TEXT,                 -- blind; null once erased, and of a prospect
    handle TEXT,                       -- sealed; null once erased, and of a prospect
    created_at BIGINT NOT NULL,
    refusals BIGINT NOT NULL DEFAULT 0,
    refused_at BIGINT,
    frozen_until BIGINT,
    erased_at BIGINT,
    CHECK (kind = 'customer' OR handle_index IS NULL AND handle IS NULL)
);
CREATE UNIQUE INDEX customers_handle ON customers (tenant, handle_index);
CREATE INDEX customers_frozen ON customers (tenant, frozen_until);

CREATE TABLE enrolments (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    handle_index TEXT NOT NULL,
    content TEXT NOT NULL,             -- sealed: handle, statement, ceremony
    policy_id TEXT NOT NULL,
    policy_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    refused BIGINT NOT NULL DEFAULT 0,
    completed_at BIGINT
);
CREATE INDEX enrolments_handle ON enrolments (tenant, handle_index, created_at);
CREATE INDEX enrolments_unused ON enrolments (expires_at) WHERE completed_at IS NULL;

CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    customer TEXT NOT NULL REFERENCES customers (id),
    pseudonym_index TEXT NOT NULL,     -- blind
    certificate TEXT NOT NULL REFERENCES issuer_certificates (id),
    identity TEXT NOT NULL,            -- sealed: pseudonym, device key, passkey, label
    passkey_counter BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'replaced', 'revoked')),
    enrolled_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX devices_pseudonym ON devices (tenant, pseudonym_index);
CREATE INDEX devices_customer ON devices (customer);
CREATE INDEX devices_certificate ON devices (certificate);

CREATE TABLE device_challenges (
    challenge_hash TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_challenges_lapsed ON device_challenges (expires_at);
CREATE INDEX device_challenges_device ON device_challenges (device);

CREATE TABLE device_tokens (
    token_hash TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id),
    expires_at BIGINT NOT NULL
);
CREATE INDEX device_tokens_lapsed ON device_tokens (expires_at);

-- The key that browsers bind their subscriptions to. A browser takes one only, so it is one for the whole service; each
-- tenant's row holds the same, sealed with the tenant's own key.
CREATE TABLE push_keys (
    tenant TEXT PRIMARY KEY REFERENCES organisations (id),
    secret TEXT NOT NULL               -- sealed
);

CREATE TABLE push_subscriptions (
    device TEXT PRIMARY KEY REFERENCES devices (id),
    tenant TEXT NOT NULL REFERENCES organisations (id),
    target TEXT NOT NULL,              -- sealed: where to, and the keys
    changed_at BIGINT NOT NULL
);

-- Other ways to a request for its customer's phones: a link, and a code to be spoken. The newest of each channel
-- counts.
CREATE TABLE request_links (
    verification TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('shown', 'sms')),
    customer TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    code_index TEXT,                   -- blind, of customer and code
    made BIGINT NOT NULL,              -- how many so far
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (verification, channel)
);
CREATE INDEX request_links_code ON request_links (customer, code_index);
CREATE INDEX request_links_lapsed ON request_links (expires_at);

-- Wrong codes, by whom: a customer or a tenant.
CREATE TABLE wrong_guesses (
    subject TEXT PRIMARY KEY,
    wrong BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    barred_until BIGINT
);
CREATE INDEX wrong_guesses_lapsed ON wrong_guesses (began_at);

-- What issuers signed to end phones: each serves once.
CREATE TABLE issuer_assertions (
    jti_hash TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX issuer_assertions_lapsed ON issuer_assertions (expires_at);

CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    customer TEXT NOT NULL REFERENCES customers (id),
    device TEXT NOT NULL REFERENCES devices (id),
    purpose TEXT NOT NULL,
    text TEXT NOT NULL,                -- JSON: what was agreed to, by which wording and policy
    given_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE INDEX consents_device ON consents (device);
CREATE INDEX consents_customer ON consents (customer);

-- Verifications. --------------------------------------------------------------------------------------------------------

CREATE TABLE verifications (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    person TEXT REFERENCES people (id),
    session TEXT REFERENCES sessions (id),
    machine TEXT REFERENCES machines (id),
    delegation TEXT REFERENCES delegations (id),
    customer TEXT NOT NULL REFERENCES customers (id),
    device TEXT REFERENCES devices (id),
    recipient TEXT REFERENCES recipients (id),
    reference TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    purpose TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    policy_version BIGINT NOT NULL,
    statement TEXT NOT NULL,           -- sealed: canonical, with the match code
    state TEXT NOT NULL CHECK (state IN ('created', 'delivered', 'opened', 'passed', 'failed', 'denied', 'expired', 'cancelled', 'unreachable')),
    detail TEXT CHECK (detail IN ('not_enrolled', 'unprovable', 'number', 'proof_invalid', 'reported')),
    wrong_numbers BIGINT NOT NULL DEFAULT 0,
    refused_proofs BIGINT NOT NULL DEFAULT 0,
    noted BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    delivered_at BIGINT,
    opened_at BIGINT,
    decided_at BIGINT,
    expires_at BIGINT NOT NULL,
    valid_until BIGINT,
    approve_ms BIGINT,
    changed_at BIGINT NOT NULL,
    UNIQUE (tenant, reference),
    FOREIGN KEY (tenant, policy_id, policy_version) REFERENCES policies (tenant, id, version),
    CHECK ((person IS NULL) <> (machine IS NULL)),
    CHECK ((person IS NULL) = (session IS NULL)),
    CHECK ((state IN ('created', 'delivered', 'opened')) = (decided_at IS NULL)),
    CHECK ((state = 'passed') = (valid_until IS NOT NULL))
);
CREATE INDEX verifications_person ON verifications (person, changed_at);
CREATE INDEX verifications_machine ON verifications (machine, created_at);
CREATE INDEX verifications_device ON verifications (device, created_at);
CREATE INDEX verifications_customer ON verifications (customer, created_at);
CREATE INDEX verifications_tenant ON verifications (tenant, created_at);
CREATE INDEX verifications_open ON verifications (expires_at) WHERE decided_at IS NULL;

-- What makes a verification a call that is announced before anybody dials. Number, windows and alias stand in its
-- statement; here stands how the call goes.
CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    verification TEXT NOT NULL UNIQUE REFERENCES verifications (id),
    person TEXT REFERENCES people (id),
    stage TEXT NOT NULL CHECK (stage IN ('announced', 'ringing', 'talking', 'ended', 'missed', 'expired', 'cancelled')),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    lapses_at BIGINT,                  -- when it ends by itself; null once it is over
    instead TEXT,                      -- the call that took its place
    changed_at BIGINT NOT NULL,
    CHECK ((stage IN ('announced', 'ringing', 'talking')) = (lapses_at IS NOT NULL))
);
CREATE INDEX calls_person ON calls (person, changed_at);
CREATE INDEX calls_lapsing ON calls (lapses_at) WHERE lapses_at IS NOT NULL;

-- What stands in for a proof where the phone is lost, dead or new: weaker, and told apart from a verdict. Who may say yes
-- is asked anew when it is accepted.
CREATE TABLE fallbacks (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES organisations (id),
    verification TEXT NOT NULL REFERENCES verifications (id),
    customer TEXT NOT NULL REFERENCES customers (id),
    person TEXT REFERENCES people (id),
    session TEXT REFERENCES sessions (id), -- of the person, when they asked
    method TEXT NOT NULL CHECK (method IN ('callback', 'supervisors', 're-enrolment')),
    reason TEXT NOT NULL CHECK (reason IN ('lost', 'dead', 'new')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'refused', 'expired')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT,
    changed_at BIGINT NOT NULL,
    UNIQUE (verification, method),
    CHECK ((person IS NULL) = (session IS NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX fallbacks_one_open ON fallbacks (customer) WHERE state = 'waiting';
CREATE INDEX fallbacks_customer ON fallbacks (customer, created_at);
CREATE INDEX fallbacks_person ON fallbacks (person, changed_at);
CREATE INDEX fallbacks_tenant ON fallbacks (tenant, decided_at);
CREATE INDEX fallbacks_waiting ON fallbacks (expires_at) WHERE state = 'waiting';

-- Who said yes: people in their sessions, or the machine that dialled.
CREATE TABLE fallback_approvals (
    fallback TEXT NOT NULL REFERENCES fallbacks (id),
    actor TEXT NOT NULL,
    session TEXT REFERENCES sessions (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (fallback, actor)
);

-- One-time invitations of prospects: people without an account, and so without a handle, who prove conditions.
CREATE TABLE prospects (
    verification TEXT PRIMARY KEY REFERENCES verifications (id),
    token_hash TEXT NOT NULL UNIQUE,
    ceremony TEXT,                     -- sealed: challenge and passkey registration; null once accepted
    accepted_at BIGINT,
    CHECK ((ceremony IS NULL) = (accepted_at IS NOT NULL))
);

-- What a pass rests on: kept for the receipt. Nothing here names an attribute.
CREATE TABLE approvals (
    verification TEXT PRIMARY KEY REFERENCES verifications (id),
    as_of BIGINT NOT NULL,
    verifying_key TEXT NOT NULL,       -- SHA-256, hex
    certificate TEXT NOT NULL REFERENCES issuer_certificates (id),
    evidence TEXT NOT NULL,            -- sealed: proof, assertion, device
    disclosure TEXT                    -- sealed: what went to the recipient, which only the recipient can open
);

-- Evidence: one append-only Merkle log an organisation. -----------------------------------------------------------------

CREATE TABLE logs (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    size BIGINT NOT NULL,
    frontier TEXT NOT NULL,            -- hex: see honnin-evidence, Frontier
    signing_key TEXT NOT NULL          -- sealed: the seed of the Ed25519 key that signs checkpoints
);

CREATE TABLE events (
    log TEXT NOT NULL REFERENCES logs (organisation),
    place BIGINT NOT NULL,             -- from 0, without gaps
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,                        -- person, machine or device
    verification TEXT,
    data TEXT NOT NULL,                -- canonical JSON: codes, numbers, identifiers
    leaf TEXT NOT NULL,                -- RFC 9162 leaf hash, hex
    PRIMARY KEY (log, place)
);
CREATE INDEX events_at ON events (log, at);
CREATE INDEX events_actor ON events (log, actor, at);
CREATE INDEX events_verification ON events (verification);

-- Full tiles of C2SP's tlog-tiles: level 0 are 256 leaves, kept in `events`; here stands one hash for each full tile.
CREATE TABLE log_tiles (
    log TEXT NOT NULL REFERENCES logs (organisation),
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    root TEXT NOT NULL,                -- hex: of 256 hashes of the level below
    PRIMARY KEY (log, level, place)
);

CREATE TABLE checkpoints (
    log TEXT NOT NULL REFERENCES logs (organisation),
    size BIGINT NOT NULL,
    note TEXT NOT NULL,                -- C2SP signed note
    at BIGINT NOT NULL,
    PRIMARY KEY (log, size)
);

-- Outbound work and what people must see. ---------------------------------------------------------------------------------

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    claimed_until BIGINT,
    done_at BIGINT,
    outcome TEXT
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL,
    person TEXT,
    data TEXT NOT NULL,
    at BIGINT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT
);
CREATE INDEX alerts_organisation ON alerts (organisation, at);

CREATE TABLE alert_webhooks (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    url TEXT NOT NULL,
    secret TEXT NOT NULL,              -- sealed
    created_at BIGINT NOT NULL
);

-- A tenant's own gateway, which is handed links to send by SMS.
CREATE TABLE sms_gateways (
    organisation TEXT PRIMARY KEY REFERENCES organisations (id),
    url TEXT NOT NULL,
    secret TEXT NOT NULL,              -- sealed
    created_at BIGINT NOT NULL
);

CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    target_kind TEXT NOT NULL CHECK (target_kind IN ('tenant', 'partner', 'person', 'issuer')),
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,                -- sealed
    live_calls BIGINT NOT NULL,
    people_online BIGINT NOT NULL,
    affected BIGINT NOT NULL,
    froze BIGINT NOT NULL,             -- 1: the end thaws; 0: it stood frozen before
    began_at BIGINT NOT NULL,
    began_by TEXT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT
);
CREATE INDEX incidents_organisation ON incidents (organisation, began_at);
CREATE UNIQUE INDEX incidents_one_open ON incidents (organisation, target_kind, target) WHERE ended_at IS NULL;

-- What is decided or recorded stays so. A purge (retention, erasure) and sealing anew first say so in this table, in
-- their transaction: one at a time over all nodes. -----------------------------------------------------------------------

CREATE TABLE purging (one BIGINT PRIMARY KEY CHECK (one = 1));

-- Every column but the sealed one, which rotating keys seal anew.
CREATE TRIGGER verifications_final BEFORE UPDATE OF id, tenant, person, session, machine, delegation, customer, device, recipient, reference, direction, purpose, policy_id,
    policy_version, state, detail, wrong_numbers, refused_proofs, noted, created_at, delivered_at, opened_at, decided_at,
    expires_at, valid_until, approve_ms, changed_at
ON verifications WHEN OLD.decided_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a decided verification is final'); END;
CREATE TRIGGER verifications_statement_final BEFORE UPDATE OF statement ON verifications
WHEN OLD.decided_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM purging)
BEGIN SELECT RAISE(ABORT, 'a decided verification is final'); END;
CREATE TRIGGER verifications_kept BEFORE DELETE ON verifications WHEN NOT EXISTS (SELECT 1 FROM purging)
BEGIN SELECT RAISE(ABORT, 'verifications are kept'); END;
CREATE TRIGGER fallbacks_final BEFORE UPDATE ON fallbacks WHEN OLD.decided_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a decided fallback is final'); END;
CREATE TRIGGER fallbacks_kept BEFORE DELETE ON fallbacks WHEN NOT EXISTS (SELECT 1 FROM purging)
BEGIN SELECT RAISE(ABORT, 'fallbacks are kept'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER policies_fixed BEFORE UPDATE OF document ON policies
BEGIN SELECT RAISE(ABORT, 'a version never changes'); END;
