"""The ocr step: every full frame is read once."""
