"""The empirical Fisher as a covariance of gradients, and what it does to their noise (§5)."""
