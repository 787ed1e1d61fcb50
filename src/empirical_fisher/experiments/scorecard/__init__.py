"""What becomes of each method on a few problems, at one glance: any recipe of the configuration."""
