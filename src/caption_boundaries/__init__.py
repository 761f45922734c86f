"""Videos with burned-in captions in; exactly timed, proof-read text and training data out."""

__version__ = "0.1.0"
