"""What updates make of the size of the gradient (§5)."""
