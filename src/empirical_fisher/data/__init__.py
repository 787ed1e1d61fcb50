"""From a source to a table, and from a table to arrays."""
