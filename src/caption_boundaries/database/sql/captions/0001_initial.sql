-- The captions: where each starts and ends, and its text. People write here.

CREATE TABLE captions (
    id                       INTEGER PRIMARY KEY AUTOINCREMENT,
    start_frame_index        INTEGER NOT NULL,            -- first frame index, inclusive
    end_frame_index          INTEGER NOT NULL,            -- last frame index, inclusive
    boundary_state           TEXT    NOT NULL DEFAULT 'predicted'
                                     CHECK (boundary_state IN ('predicted', 'confirmed', 'gap', 'issue')),
    boundary_pending         INTEGER NOT NULL DEFAULT 0 CHECK (boundary_pending IN (0, 1)),  -- 1: look again
    boundary_updated_at      TEXT    NOT NULL DEFAULT (datetime('now')),
    text                     TEXT,                        -- NULL: not annotated yet; '': annotated, no caption
    text_pending             INTEGER NOT NULL DEFAULT 0 CHECK (text_pending IN (0, 1)),
    text_status              TEXT CHECK (text_status IN ('valid_caption', 'ocr_error', 'partial_caption',
                                                         'text_unclear', 'other_issue', 'confirmed')),
    text_notes               TEXT,
    text_ocr_combined        TEXT,                        -- what the engine read on the combined picture
    text_updated_at          TEXT,
    median_ocr_status        TEXT    NOT NULL DEFAULT 'pending'
                                     CHECK (median_ocr_status IN ('pending', 'queued', 'processing',
                                                                  'complete', 'error')),
    median_ocr_error         TEXT,
    median_ocr_processed_at  TEXT,
    created_at               TEXT    NOT NULL DEFAULT (datetime('now')),
    image_needs_regen        INTEGER NOT NULL DEFAULT 0,
    start_seconds            REAL,                        -- refined to the source frame; NULL: not refined
    end_seconds              REAL,                        -- end-exclusive
    boundary_confidence      REAL CHECK (boundary_confidence BETWEEN 0 AND 1),
    text_confidence          REAL CHECK (text_confidence BETWEEN 0 AND 1),
    text_read_from           TEXT,                        -- 'start-end' of the extents the text was read from
    run_id                   INTEGER                      -- boundary_runs.id of its run, which may be gone by now
);
CREATE INDEX idx_captions_range ON captions (start_frame_index, end_frame_index);
CREATE INDEX idx_captions_boundary ON captions (boundary_pending, boundary_state);
CREATE INDEX idx_captions_text ON captions (text_pending, text_status);

CREATE TABLE text_review_status (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    status     TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'complete')),
    updated_at TEXT
);

CREATE TABLE boundary_runs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    detector      TEXT    NOT NULL,      -- which detector or model
    version       TEXT    NOT NULL,      -- its version or hash
    settings      TEXT    NOT NULL,      -- JSON
    crop_hash     TEXT    NOT NULL,      -- content hash of the crops it read
    first_index   INTEGER NOT NULL,      -- frame index of the first pair's first frame
    pair_count    INTEGER NOT NULL,
    probabilities BLOB    NOT NULL,      -- zlib of float16, shape (pair_count, 5), classes in order of `classes`
    classes       TEXT    NOT NULL,      -- JSON list of the five class names
    created_at    TEXT    NOT NULL
) STRICT;

CREATE TABLE action_log (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid           TEXT NOT NULL UNIQUE,   -- made by the client: a repeated request is applied once
    actor          TEXT NOT NULL,
    session        TEXT NOT NULL,
    at             TEXT NOT NULL,
    kind           TEXT NOT NULL,
    forward        TEXT NOT NULL,          -- JSON: what was done
    inverse        TEXT NOT NULL,          -- JSON: what takes it back
    undoes         INTEGER REFERENCES action_log (seq),
    ms_since_shown INTEGER                 -- milliseconds between showing the item and the action
) STRICT;
