"""Captions as subtitle files, and subtitle files as captions."""
