"""Figures 3, 5 and 6: the grid of step sizes and dampings, and other starting points (§4.3)."""
