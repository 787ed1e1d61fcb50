"""Fisher, generalised Gauss-Newton, empirical Fisher and Hessian, and what they do to descent.

The executable companion to *Limitations of the Empirical Fisher Approximation for Natural
Gradient Descent* (Kunstner, Balles and Hennig, 2019), "the paper" in every docstring, whose
equation and section numbers are cited throughout.

The modules beside this file are the mathematics: ``f(x, θ)``, ``p(y | f)``, the matrices at a
``θ``, the methods that use them, one descent loop, what is proven about it, and the search of a
grid. Three wings stand on them: `data` gets data sets, `experiments` has a folder for every topic,
and `pipeline` serves the workflow.
"""

__version__ = "0.1.0"
