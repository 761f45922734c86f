"""Cuts the caption region out of every tenth of a second and keeps how its strokes change from frame to frame."""
