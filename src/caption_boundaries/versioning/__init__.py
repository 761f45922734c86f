"""Versions of videos' databases with DVC and git: kilobytes per session, nothing torn, nothing lost."""
