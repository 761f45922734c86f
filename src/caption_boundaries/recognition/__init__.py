"""Engines that read text in pictures; the steps that look at text share them."""
