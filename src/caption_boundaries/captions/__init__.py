"""From pictures and stroke masks of the caption region to exactly timed captions with their text."""
