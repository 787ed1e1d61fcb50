"""How Sphinx builds the site from the pages here and from the library's docstrings."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(Path(__file__).parent / "extensions")]

from empirical_fisher import __version__  # noqa: E402

project = "The empirical Fisher, executable"
author = "The empirical-fisher contributors"
project_copyright = "MIT licence"
version = release = __version__

extensions = [
    "code_layout",
    "drawn_figures",
    "mathml",
    "module_pages",
    "myst_parser",
    "short_names",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build"]
nitpicky = True

# Names in single backticks, and types, are links; those of other packages have no page here.
default_role = "py:obj"
nitpick_ignore_regex = [
    (
        "py:.*",
        r"(abc|collections|io|jsonschema|matplotlib|np|numpy|pandas|pathlib|pd|scipy|types)\..*",
    ),
    ("py:.*", r".*\.Result"),  # a type variable
]

autodoc_member_order = "bysource"
autodoc_type_aliases = {
    "Array": "arrays.Array",
    "Bound": "solvers.Bound",
    "Runs": "experiments.figures.claims_optimization.Runs",
}
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["wrapped.css"]
html_math_renderer = "mathml"
html_show_copyright = False
