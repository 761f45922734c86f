"""The command line: options in, one call into the package, a table or JSON out."""
