"""What each address answers: typed input, one call, typed output."""
