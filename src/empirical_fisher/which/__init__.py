"""Which Fisher did a library compute? A given matrix of a tiny problem, named.

``python -m empirical_fisher.which matrix.json`` says what it is, or that it is none of the known.
"""
