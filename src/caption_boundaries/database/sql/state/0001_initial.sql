-- What is local to one machine. Never versioned; losing it loses no work.

CREATE TABLE video_preferences (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    text_size     REAL NOT NULL DEFAULT 3.0,
    padding_scale REAL NOT NULL DEFAULT 0.75,
    text_anchor   TEXT NOT NULL DEFAULT 'left',
    updated_at    TEXT
);

CREATE TABLE processing_status (
    id                  INTEGER PRIMARY KEY CHECK (id = 1),
    status              TEXT NOT NULL,
    error_message       TEXT,
    error_details       TEXT,
    current_job_id      TEXT,
    processing_attempts INTEGER NOT NULL DEFAULT 0,
    last_heartbeat_at   TEXT,
    deleted             INTEGER NOT NULL DEFAULT 0,
    updated_at          TEXT
);

-- The last run of every step on this machine.
CREATE TABLE step_runs (
    step        TEXT PRIMARY KEY,
    status      TEXT NOT NULL CHECK (status IN ('running', 'complete', 'failed')),
    message     TEXT,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    seconds     REAL
) STRICT;

CREATE TABLE duplicate_resolution (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    decision   TEXT,
    updated_at TEXT
);

CREATE TABLE database_metadata (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version  INTEGER,
    schema_checksum TEXT,
    created_at      TEXT,
    migrated_at     TEXT,
    verified_at     TEXT
);
