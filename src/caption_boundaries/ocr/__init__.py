"""The ocr step: full frames in, text lines out."""
