"""Reading video files and pictures: what the ingest and crop steps share."""
