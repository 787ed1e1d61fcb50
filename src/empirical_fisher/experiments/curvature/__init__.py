"""Fisher, Gauss-Newton and Hessian: Propositions 1 and 2, and two splits of the loss (§3, §4.1)."""
