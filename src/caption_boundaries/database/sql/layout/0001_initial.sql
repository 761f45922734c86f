-- Which boxes are the caption, and where to crop. People write here.

CREATE TABLE full_frame_box_labels (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    annotation_source    TEXT    NOT NULL DEFAULT 'full_frame'
                                 CHECK (annotation_source IN ('full_frame', 'cropped_frame')),
    frame_index          INTEGER NOT NULL,
    box_index            INTEGER NOT NULL,
    box_text             TEXT    NOT NULL,
    box_left             INTEGER NOT NULL,    -- pixels, origin top-left; copied, so that a label outlives an OCR run
    box_top              INTEGER NOT NULL,
    box_right            INTEGER NOT NULL,
    box_bottom           INTEGER NOT NULL,
    label                TEXT    NOT NULL CHECK (label IN ('in', 'out')),
    label_source         TEXT    NOT NULL CHECK (label_source IN ('user', 'model')),
    predicted_label      TEXT CHECK (predicted_label IN ('in', 'out')),  -- what the model said at that moment
    predicted_confidence REAL CHECK (predicted_confidence BETWEEN 0 AND 1),
    model_version        TEXT,
    crop_bounds_version  INTEGER,
    labeled_at           TEXT NOT NULL DEFAULT (datetime('now')),
    UNIQUE (annotation_source, frame_index, box_index)
);
CREATE INDEX idx_full_frame_box_labels_frame ON full_frame_box_labels (frame_index);
CREATE INDEX idx_full_frame_box_labels_label ON full_frame_box_labels (label);

CREATE TABLE video_layout_config (
    id                        INTEGER PRIMARY KEY CHECK (id = 1),
    frame_width               INTEGER NOT NULL,
    frame_height              INTEGER NOT NULL,
    crop_left                 INTEGER NOT NULL DEFAULT 0,   -- pixels; the box around every region
    crop_top                  INTEGER NOT NULL DEFAULT 0,
    crop_right                INTEGER NOT NULL DEFAULT 0,   -- exclusive
    crop_bottom               INTEGER NOT NULL DEFAULT 0,   -- exclusive
    selection_left            INTEGER,                      -- what a person selected
    selection_top             INTEGER,
    selection_right           INTEGER,
    selection_bottom          INTEGER,
    vertical_position         REAL,                         -- pixels: usual centre of a caption line
    vertical_std              REAL,
    box_height                REAL,                         -- pixels: usual height of a line
    box_height_std            REAL,
    anchor_type               TEXT CHECK (anchor_type IN ('left', 'center', 'right')),
    anchor_position           REAL,                         -- pixels
    top_edge_std              REAL,
    bottom_edge_std           REAL,
    horizontal_std_slope      REAL,
    horizontal_std_intercept  REAL,
    crop_bounds_version       INTEGER NOT NULL DEFAULT 1,
    analysis_model_version    TEXT,
    ocr_visualization_image   BLOB,
    updated_at                TEXT,
    layout_approved           INTEGER NOT NULL DEFAULT 0 CHECK (layout_approved IN (0, 1)),
    has_captions              INTEGER CHECK (has_captions IN (0, 1)),  -- 0: looked, and found none
    confidence                REAL CHECK (confidence BETWEEN 0 AND 1),
    regions                   TEXT,   -- JSON list, top to bottom: box, line_height, line_count, anchor, polarity
    diagnostics               TEXT,   -- JSON: what the decision rests on, and what is cut
    ocr_run_hash              TEXT    -- row hash of the OCR that the analysis read
);

CREATE TABLE box_classification_model (
    id                 INTEGER PRIMARY KEY CHECK (id = 1),
    model_version      TEXT,      -- hash of the parameters: changes whenever they do
    trained_at         TEXT,
    n_training_samples INTEGER,
    prior_in           REAL,
    prior_out          REAL,
    updated_at         TEXT,
    parameters         TEXT       -- JSON: feature names, means and variances per class
);

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
