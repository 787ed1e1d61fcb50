"""Figures 2 and 4: Fisher, empirical Fisher and Hessian at the minimum (§4.2)."""
