-- What the OCR engine read on every full frame. A run replaces the whole file.

CREATE TABLE full_frame_ocr (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    frame_index          INTEGER NOT NULL,
    box_index            INTEGER NOT NULL,    -- from 0 within the frame, in reading order
    text                 TEXT    NOT NULL,
    confidence           REAL    NOT NULL,    -- 0 to 1
    x                    REAL    NOT NULL,    -- left edge, fraction of the width
    y                    REAL    NOT NULL,    -- lower edge, fraction of the height counted from the BOTTOM
    width                REAL    NOT NULL,    -- fraction of the width
    height               REAL    NOT NULL,    -- fraction of the height
    timestamp_seconds    REAL,
    predicted_label      TEXT CHECK (predicted_label IN ('in', 'out')),
    predicted_confidence REAL CHECK (predicted_confidence BETWEEN 0 AND 1),
    model_version        TEXT,
    predicted_at         TEXT,
    created_at           TEXT NOT NULL DEFAULT (datetime('now')),
    UNIQUE (frame_index, box_index)
);
CREATE INDEX idx_full_frame_ocr_frame ON full_frame_ocr (frame_index);

-- One row for every frame that a run looked at, so that "no text" and "failed" are told apart.
CREATE TABLE full_frame_ocr_status (
    frame_index INTEGER PRIMARY KEY,
    box_count   INTEGER NOT NULL,         -- lines found; 0 when the frame failed
    error       TEXT                      -- NULL: read; else why the engine failed on this frame
) STRICT;

CREATE TABLE ocr_runs (
    id             INTEGER PRIMARY KEY,
    engine         TEXT NOT NULL,
    engine_version TEXT NOT NULL,
    settings       TEXT NOT NULL,         -- JSON
    frames_hash    TEXT NOT NULL,         -- row hash of video.full_frames that was read
    frame_count    INTEGER NOT NULL,
    failed_count   INTEGER NOT NULL,
    started_at     TEXT NOT NULL,
    finished_at    TEXT NOT NULL
) STRICT;
