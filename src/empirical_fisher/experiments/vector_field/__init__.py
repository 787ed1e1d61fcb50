"""Figure 1: the directions of GD, NGD and EFGD on a line fitted by least squares (§1, §4.3)."""
