"""The empirical Fisher at the minimum: more examples, outliers, larger models (§4.2)."""
