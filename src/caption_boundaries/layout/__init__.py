"""Finds which text boxes are the caption, and which parts of the frame to crop."""
