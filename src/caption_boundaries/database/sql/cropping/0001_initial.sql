-- Pictures of the caption region. Derived from the video file and the layout; can be made again.

CREATE TABLE cropped_frames (
    frame_index         INTEGER PRIMARY KEY,
    image_data          BLOB    NOT NULL,     -- JPEG of the regions, stacked top to bottom
    width               INTEGER NOT NULL,     -- pixels
    height              INTEGER NOT NULL,
    file_size           INTEGER NOT NULL,     -- bytes of image_data
    created_at          TEXT    NOT NULL DEFAULT (datetime('now')),
    crop_left           INTEGER NOT NULL,     -- pixels of the displayed frame; the box around every region
    crop_top            INTEGER NOT NULL,
    crop_right          INTEGER NOT NULL,
    crop_bottom         INTEGER NOT NULL,
    crop_bounds_version INTEGER DEFAULT 1,
    pts                 INTEGER,              -- true presentation time stamp of the source picture
    time_base           TEXT
);

-- Every source frame of the region as a mask of text strokes, in chunks: what exact timing rests on.
CREATE TABLE change_signal (
    first_frame INTEGER PRIMARY KEY,          -- number of the chunk's first source frame, from 0
    frame_count INTEGER NOT NULL,
    mask_width  INTEGER NOT NULL,             -- pixels of one mask
    mask_height INTEGER NOT NULL,
    times       BLOB    NOT NULL,             -- zlib of float64 seconds from the first picture, one per frame
    masks       BLOB    NOT NULL              -- zlib of packed bits, each mask XOR the one before in the chunk
) STRICT;

CREATE TABLE crop_runs (
    id                  INTEGER PRIMARY KEY,
    video_hash          TEXT    NOT NULL,
    crop_bounds_version INTEGER NOT NULL,
    regions             TEXT    NOT NULL,     -- JSON: the regions that were cut
    settings            TEXT    NOT NULL,     -- JSON: rate, JPEG quality, mask size
    frame_count         INTEGER NOT NULL,     -- cropped frames
    source_frame_count  INTEGER NOT NULL,     -- source frames decoded
    started_at          TEXT    NOT NULL,
    finished_at         TEXT    NOT NULL
) STRICT;
