"""What a boundary model says of a video: crop pictures in, probabilities out."""
