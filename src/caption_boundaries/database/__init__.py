"""A video's databases: catalogue, door, readers and writers. All SQL lives here."""
