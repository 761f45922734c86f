"""Running steps over many videos: worker processes on this machine, or an existing cluster engine."""
