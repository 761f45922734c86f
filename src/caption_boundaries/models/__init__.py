"""What a boundary model is: its input, its architecture, and the files that hold it."""
