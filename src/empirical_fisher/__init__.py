"""Fisher, generalised Gauss-Newton, empirical Fisher and Hessian, and what they do to descent.

The executable companion to *Limitations of the Empirical Fisher Approximation for Natural
Gradient Descent* (Kunstner, Balles and Hennig, 2019), "the paper" in every docstring, whose
equation and section numbers are cited throughout.

The modules, in the order of the data flow:

================== ================================================================
`sources`          getting a data set: a file for each of the `kinds`
`downloads`        from the web: by a `deadline`, kept in a `cache`
`origins`          where a data set came from the first time; `formats` reads its file
`preparation`      from what a source gives to features and a target, or a reason why not
`datasets`         a prepared data set, on disk and as arrays
`arrays`           what numbers come in; `norms` says how large they are
`likelihoods`      ``p(y | f)``: loss, residual and curvature in the natural parameter
`models`           ``f(x, θ)``: predictions and their Jacobian; `networks` has a nonlinear one
`problems`         loss, gradient, Fisher, GGN, empirical Fisher, Hessian at a ``θ``
`solvers`          preconditioned directions and the descent loop
`search`           the grid of step sizes and dampings, and its best cell; `bounds` prunes it
`sensitivity`      §4.3: how much of a grid does well
`vector_field`     the experiment of Figure 1
`misspecification` the experiment of Figures 2 and 4
`starting_points`  the experiment of Figure 6
`identities`       Proposition 1, Eqs. 4 and 14; `remainder`: Proposition 2; `splits`: §4.1
`consistency`      §4.2: ever more examples; `capacity`: ever larger models
`scaling`          §4.3: updates far from the optimum
`noise`            §5: Eqs. 18 and 19; `stochastic` descends with their matrices
`monte_carlo`      Appendix B: the Fisher by one sample of every prediction
`magnitude`        §5: what updates make of the size of the gradient
`shared_problems`   random regressions and networks for the experiments
`note`             the note's experiments: `constrained_step`, `loss_reductions`,
                   `reparametrization` and `contamination`
`robustness`       whether Figures 1 to 3 survive other choices
`ledger`           what the texts claim, what was measured, whether it holds: a ``claims_…`` for
                   each topic makes its rows from the tables
`figures`          tables in, figures out, as in every ``figures_…``; `style` and `layout` are
                   their look
`tables`           CSV files; `files` writes them, and figures, whole or not at all
`configuration`    what a user may change; `provenance` and `runs` serve the workflow, too
`outputs`          which files a run wrote, and which are the user's and stay as they are
================== ================================================================
"""

__version__ = "0.1.0"
