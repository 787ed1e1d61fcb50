"""Remove what the pipeline wrote in a folder, and say what stays. Run by `make clean`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from empirical_fisher import outputs, runs

SHOWN = 20

folder = Path(sys.argv[1])
if (folder / ".snakemake").is_dir():
    runs.claim(folder)
removed, left = outputs.clean(folder)
print(f"Removed {len(removed)} files that the pipeline wrote in {folder.resolve()}.")
if left:
    print("These stay, for nothing shows that the pipeline wrote them as they are:")
    print(*(f"  {name}" for name in left[:SHOWN]), sep="\n")
if len(left) > SHOWN:
    print(f"  … and {len(left) - SHOWN} more")
