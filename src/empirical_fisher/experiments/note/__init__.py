"""The experiments of Le Roux's note."""
