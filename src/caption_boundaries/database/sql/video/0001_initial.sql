-- What the video file is and the full frames sampled from it.

CREATE TABLE full_frames (
    frame_index INTEGER PRIMARY KEY,      -- tick of index_framerate_hz at which the picture is shown
    image_data  BLOB    NOT NULL,         -- JPEG of the whole displayed frame
    width       INTEGER NOT NULL,         -- pixels
    height      INTEGER NOT NULL,         -- pixels
    file_size   INTEGER NOT NULL,         -- bytes of image_data
    created_at  TEXT    NOT NULL DEFAULT (datetime('now')),
    pts         INTEGER,                  -- true presentation time stamp of the source picture, in time_base units
    time_base   TEXT                      -- seconds per pts unit, as a fraction such as 1/12288
);

CREATE TABLE video_metadata (
    id                 INTEGER PRIMARY KEY CHECK (id = 1),
    video_id           TEXT,              -- UUIDv4, the name of the video's folder
    video_hash         TEXT,              -- SHA-256 over size and first, middle and last 10 MB
    storage_path       TEXT,              -- the video file, relative to the video's folder, or absolute when referenced
    display_path       TEXT,              -- the name shown to people
    original_filename  TEXT,
    file_size_bytes    INTEGER NOT NULL,
    uploaded_at        TEXT,
    upload_method      TEXT,              -- link, copy or reference
    duration_seconds   REAL,
    width              INTEGER,           -- pixels as displayed: after rotation and pixel aspect ratio
    height             INTEGER,
    fps                REAL,              -- average source pictures per second
    codec              TEXT,
    created_at         TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at         TEXT,
    index_framerate_hz REAL NOT NULL DEFAULT 10.0,  -- frame indices per second
    stream_index       INTEGER,           -- which stream of the file
    time_base          TEXT,              -- seconds per pts unit of that stream
    start_pts          INTEGER,           -- pts of the first picture: the zero of every time here
    rotation           INTEGER,           -- degrees by which the stored picture is turned for display
    pixel_aspect_ratio TEXT               -- width to height of a stored pixel, as a fraction
);
