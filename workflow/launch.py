"""Snakemake as make starts it: the files of --configfile are read first, and it says little.

The options are Snakemake's, which reads these files before the Snakefile can, and has a traceback
for much that may be wrong with them.
"""

import sys
from pathlib import Path

sys.path.extend(
    str(Path(__file__).resolve().parents[1] / path)
    for path in ("src", "workflow/report", "workflow/terminal")
)

from snakemake import cli

from empirical_fisher.pipeline import strict_yaml


def main(arguments):
    """Run Snakemake unless a file of settings can't be read."""
    options = cli.get_argument_parser().parse_args(arguments)
    for path in options.configfile or ():
        if not isinstance(strict_yaml.read_yaml(Path(path)), dict):
            sys.exit(f"{path} must have keys at its top level, like config.yaml")
    folder = str(options.directory or ".")
    cli.main(["--logger", "brief", "--logger-brief-folder", folder, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
