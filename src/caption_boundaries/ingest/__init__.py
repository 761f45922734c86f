"""The ingest stage: a video file gets its folder, its metadata and its full frames."""
