"""Training data: synthetic videos with exact truth, samples, folds, frozen data sets and their exports."""
