"""Updates far from the minimum (§4.3)."""
