"""Whether Figures 1 to 3 survive other choices."""
