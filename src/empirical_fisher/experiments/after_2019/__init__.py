"""What became of the empirical Fisher after 2019: what later papers say, on trial."""
