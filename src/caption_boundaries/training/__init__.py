"""From corrected captions to a better boundary model."""
