"""Statements that are tried at the door to a video's databases."""

from __future__ import annotations

WRITE = {
    "video": "INSERT INTO video.full_frames (image_data, width, height, file_size) VALUES (x'00', 1, 1, 1)",
    "fullOCR": "INSERT INTO fullOCR.full_frame_ocr_status (box_count) VALUES (0)",
    "layout": "INSERT INTO layout.video_layout_config (id, frame_width, frame_height) VALUES (1, 2, 3)",
    "captions": "INSERT INTO captions.captions (start_frame_index, end_frame_index) VALUES (1, 2)",
    "cropping": "INSERT INTO cropping.change_signal VALUES (0, 1, 1, 1, x'00', x'00')",
    "state": "INSERT INTO state.video_preferences (id) VALUES (1)",
}
"""A statement that writes one row, by schema."""

APPROVE = "UPDATE layout.video_layout_config SET layout_approved = 1"
