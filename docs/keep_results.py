"""Keep the ledger and the figures as made last in docs, and count the claims where pages do.

With --check nothing is written: what is kept but is not what was made last is told, exit code 1.
The ledger is kept without what was measured, whose last digits may differ on another machine. Where
the trials of a claim disagree, what most of them say may differ as well: it "depends".
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parents[1]
LEDGER = "docs/claims.csv"
COLUMNS = ("id", "kind", "source", "claim", "criterion", "holds", "varied", "figure")
PAGES = ("README.md", "docs/findings.md")  # that say how many claims hold
LATER = "after_2019."  # the topic of the later claims
# Counts of the claims of the two texts, or of later ones.
COUNTS = re.compile(
    r"of \d+ (later )?claims \d+ (do|hold), \d+ in part, \d+ do not, and \d+ depend"
)
IDENTITIES = re.compile(r"\d+ identities")
VISIBLE = 64  # levels of 256 by which a pixel has to change
PIXELS = 20  # that may change so: rounding of colours, but no letter


def ledger(made: str) -> str:
    """What is kept of results/claims.csv."""
    kept = io.StringIO()
    table = csv.DictWriter(kept, COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for row in csv.DictReader(io.StringIO(made)):
        if row["agree"] != row["trials"]:
            row["holds"] = "depends"
        table.writerow(row)
    return kept.getvalue()


def counted(page: str, ledger: str) -> str:
    """The page with the counts of this ledger."""
    rows = list(csv.DictReader(io.StringIO(ledger)))

    def count(match: re.Match[str]) -> str:
        later, verb = match[1] or "", match[2]
        holds = Counter(
            row["holds"]
            for row in rows
            if row["kind"] == "claim" and row["id"].startswith(LATER) == bool(later)
        )
        yes, part, no, depends = (holds[each] for each in ("yes", "in part", "no", "depends"))
        return (
            f"of {holds.total()} {later}claims {yes} {verb}, {part} in part, {no} do not, and "
            f"{depends} depend"
        )

    identities = sum(row["kind"] == "identity" for row in rows)
    return IDENTITIES.sub(f"{identities} identities", COUNTS.sub(count, page))


def reduced(path: Path) -> Image.Image:
    """A figure in 256 colours: it looks the same and takes a third of the room."""
    with Image.open(path) as image:
        return image.convert("RGB").quantize(256, dither=Image.Dither.NONE)


def look_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether nobody sees a difference between two pictures."""
    if one.size != other.size:
        return False
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    changes = (band.histogram()[VISIBLE:] for band in difference.split())
    return max(map(sum, changes)) <= PIXELS


def pictures(root: Path) -> list[tuple[Path, Path]]:
    """Each figure that was drawn, and where it is kept."""
    return [(path, root / "docs/figures" / path.name) for path in root.glob("figures/*.png")]


def stale(root: Path = ROOT) -> list[str]:
    """The files of the repository that are not what was made last."""
    made = ledger((root / "results/claims.csv").read_text("utf-8"))
    wanted = {page: counted((root / page).read_text("utf-8"), made) for page in PAGES}
    wanted[LEDGER] = made
    differ = [name for name, text in wanted.items() if (root / name).read_text("utf-8") != text]
    for drawn, kept in pictures(root):
        if not (kept.exists() and look_alike(reduced(drawn), Image.open(kept))):
            differ.append(str(kept.relative_to(root)))
    return sorted(differ)


def keep(root: Path = ROOT) -> None:
    """Write them all."""
    made = ledger((root / "results/claims.csv").read_text("utf-8"))
    (root / LEDGER).write_text(made, "utf-8")
    for page in PAGES:
        (root / page).write_text(counted((root / page).read_text("utf-8"), made), "utf-8")
    for drawn, kept in pictures(root):
        reduced(drawn).save(kept)


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        keep()
    elif differ := stale():
        print(*differ, sep="\n")
        sys.exit("Not what was made last: look at the changes, then run make gallery.")
