"""The Fisher by one sampled label per example (Appendix B)."""
