-- The old form: everything that is known of one video in one file.

CREATE TABLE captions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    start_frame_index INTEGER NOT NULL,
    end_frame_index INTEGER NOT NULL,
    boundary_state TEXT NOT NULL DEFAULT 'predicted'
        CHECK (boundary_state IN ('predicted', 'confirmed', 'gap', 'issue')),
    boundary_pending INTEGER NOT NULL DEFAULT 0 CHECK (boundary_pending IN (0, 1)),
    boundary_updated_at TEXT NOT NULL DEFAULT (datetime('now')),
    text TEXT,
    text_pending INTEGER NOT NULL DEFAULT 0 CHECK (text_pending IN (0, 1)),
    text_status TEXT CHECK (text_status IN ('valid_caption', 'ocr_error', 'partial_caption', 'text_unclear',
                                            'other_issue', 'confirmed')),
    text_notes TEXT,
    text_ocr_combined TEXT,
    text_updated_at TEXT,
    median_ocr_status TEXT NOT NULL DEFAULT 'pending'
        CHECK (median_ocr_status IN ('pending', 'queued', 'processing', 'complete', 'error')),
    median_ocr_error TEXT,
    median_ocr_processed_at TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_captions_frames ON captions (start_frame_index, end_frame_index);
CREATE INDEX idx_captions_pending ON captions (boundary_pending) WHERE boundary_pending = 1;

CREATE TABLE text_review_status (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'complete')),
    updated_at TEXT
);

CREATE TRIGGER captions_boundary_updated AFTER UPDATE OF start_frame_index, end_frame_index, boundary_state ON captions
BEGIN
    UPDATE captions SET boundary_updated_at = datetime('now') WHERE id = NEW.id;
END;
CREATE TRIGGER captions_text_updated AFTER UPDATE OF text, text_status ON captions
BEGIN
    UPDATE captions SET text_updated_at = datetime('now') WHERE id = NEW.id;
END;
CREATE TRIGGER text_review_after_insert AFTER INSERT ON captions
BEGIN
    UPDATE text_review_status SET updated_at = datetime('now'), status = CASE
        WHEN EXISTS (SELECT 1 FROM captions WHERE boundary_state != 'gap' AND (text IS NULL OR text_pending = 1))
        THEN 'pending' ELSE 'complete' END WHERE id = 1;
END;
CREATE TRIGGER text_review_after_update AFTER UPDATE OF text, text_pending, boundary_state ON captions
BEGIN
    UPDATE text_review_status SET updated_at = datetime('now'), status = CASE
        WHEN EXISTS (SELECT 1 FROM captions WHERE boundary_state != 'gap' AND (text IS NULL OR text_pending = 1))
        THEN 'pending' ELSE 'complete' END WHERE id = 1;
END;
CREATE TRIGGER text_review_after_delete AFTER DELETE ON captions
BEGIN
    UPDATE text_review_status SET updated_at = datetime('now'), status = CASE
        WHEN EXISTS (SELECT 1 FROM captions WHERE boundary_state != 'gap' AND (text IS NULL OR text_pending = 1))
        THEN 'pending' ELSE 'complete' END WHERE id = 1;
END;

CREATE TABLE full_frames (
    frame_index INTEGER PRIMARY KEY,
    image_data BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    file_size INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_full_frames_created ON full_frames (created_at);

CREATE TABLE cropped_frames (
    frame_index INTEGER PRIMARY KEY,
    image_data BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    file_size INTEGER NOT NULL,
    crop_left INTEGER NOT NULL,
    crop_top INTEGER NOT NULL,
    crop_right INTEGER NOT NULL,
    crop_bottom INTEGER NOT NULL,
    crop_bounds_version INTEGER DEFAULT 1,
    created_at TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX idx_cropped_frames_version ON cropped_frames (crop_bounds_version);

CREATE TABLE full_frame_ocr (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    frame_index INTEGER NOT NULL,
    box_index INTEGER NOT NULL,
    text TEXT NOT NULL,
    confidence REAL NOT NULL,
    x REAL NOT NULL,
    y REAL NOT NULL,
    width REAL NOT NULL,
    height REAL NOT NULL,
    timestamp_seconds REAL,
    predicted_label TEXT CHECK (predicted_label IN ('in', 'out')),
    predicted_confidence REAL CHECK (predicted_confidence BETWEEN 0 AND 1),
    model_version TEXT,
    predicted_at TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    UNIQUE (frame_index, box_index)
);
CREATE INDEX idx_full_frame_ocr_frame ON full_frame_ocr (frame_index);
CREATE INDEX idx_full_frame_ocr_label ON full_frame_ocr (predicted_label);

CREATE TABLE full_frame_box_labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    annotation_source TEXT NOT NULL DEFAULT 'full_frame' CHECK (annotation_source IN ('full_frame', 'cropped_frame')),
    frame_index INTEGER NOT NULL,
    box_index INTEGER NOT NULL,
    box_text TEXT NOT NULL,
    box_left INTEGER NOT NULL,
    box_top INTEGER NOT NULL,
    box_right INTEGER NOT NULL,
    box_bottom INTEGER NOT NULL,
    label TEXT NOT NULL CHECK (label IN ('in', 'out')),
    label_source TEXT NOT NULL CHECK (label_source IN ('user', 'model')),
    predicted_label TEXT,
    predicted_confidence REAL,
    model_version TEXT,
    crop_bounds_version INTEGER,
    labeled_at TEXT NOT NULL DEFAULT (datetime('now')),
    UNIQUE (annotation_source, frame_index, box_index)
);
CREATE INDEX idx_box_labels_label ON full_frame_box_labels (label, label_source);

CREATE TABLE video_layout_config (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    frame_width INTEGER NOT NULL,
    frame_height INTEGER NOT NULL,
    crop_left INTEGER NOT NULL DEFAULT 0,
    crop_top INTEGER NOT NULL DEFAULT 0,
    crop_right INTEGER NOT NULL DEFAULT 0,
    crop_bottom INTEGER NOT NULL DEFAULT 0,
    selection_left INTEGER,
    selection_top INTEGER,
    selection_right INTEGER,
    selection_bottom INTEGER,
    vertical_position REAL,
    vertical_std REAL,
    box_height REAL,
    box_height_std REAL,
    anchor_type TEXT CHECK (anchor_type IN ('left', 'center', 'right')),
    anchor_position REAL,
    top_edge_std REAL,
    bottom_edge_std REAL,
    horizontal_std_slope REAL,
    horizontal_std_intercept REAL,
    crop_bounds_version INTEGER NOT NULL DEFAULT 1,
    analysis_model_version TEXT,
    ocr_visualization_image BLOB,
    updated_at TEXT
);

CREATE TABLE box_classification_model (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    model_version TEXT,
    trained_at TEXT,
    n_training_samples INTEGER,
    prior_in REAL,
    prior_out REAL,
    updated_at TEXT
);

CREATE TABLE video_preferences (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    layout_approved INTEGER NOT NULL DEFAULT 0 CHECK (layout_approved IN (0, 1)),
    text_size REAL NOT NULL DEFAULT 3.0,
    padding_scale REAL NOT NULL DEFAULT 0.75,
    text_anchor TEXT NOT NULL DEFAULT 'left',
    index_framerate_hz REAL NOT NULL DEFAULT 10.0,
    updated_at TEXT
);

CREATE TABLE video_metadata (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    video_id TEXT,
    video_hash TEXT,
    storage_path TEXT,
    display_path TEXT,
    original_filename TEXT,
    file_size_bytes INTEGER NOT NULL,
    uploaded_at TEXT,
    upload_method TEXT,
    duration_seconds REAL,
    width INTEGER,
    height INTEGER,
    fps REAL,
    codec TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT
);
CREATE INDEX idx_video_metadata_hash ON video_metadata (video_hash);

CREATE TABLE processing_status (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    status TEXT NOT NULL,
    upload_progress REAL,
    frame_extraction_progress REAL,
    ocr_progress REAL,
    layout_analysis_progress REAL,
    error_message TEXT,
    error_details TEXT,
    current_job_id TEXT,
    processing_attempts INTEGER NOT NULL DEFAULT 0,
    last_heartbeat_at TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    upload_started_at TEXT,
    processing_completed_at TEXT
);
CREATE INDEX idx_processing_status ON processing_status (status);

CREATE TABLE duplicate_resolution (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    duplicate_of_video_id TEXT,
    decision TEXT,
    decided_at TEXT
);

CREATE TABLE database_metadata (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version INTEGER NOT NULL,
    schema_checksum TEXT,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    migrated_at TEXT,
    verified_at TEXT
);
