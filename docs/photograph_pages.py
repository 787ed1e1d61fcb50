"""Keep in docs how the pages that `make report` writes look, wide and narrow, light and dark.

The browser is that of the tests, whose folder has to be on Python's path.
"""

from __future__ import annotations

import io
import sys
import tempfile
from base64 import b64decode
from pathlib import Path

from PIL import Image

import browser

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}


def photograph(chromium, page: Path, width: int, height: int, theme: str) -> Image.Image:
    """What a reader sees of a page first, in 256 colours."""
    scheme = {"name": "prefers-color-scheme", "value": theme}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.visit(chromium, page, width)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    taken = chromium.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
    with Image.open(io.BytesIO(b64decode(taken["data"]))) as image:
        return image.convert("RGB").quantize(256, dither=Image.Dither.NONE)


def keep(pages: list[Path], folder: Path) -> None:
    """Photograph the pages that are there."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, browser.chromium(Path(profile)) as chromium:
        for page in filter(Path.exists, pages):
            for name, size in SIZES.items():
                for theme in ("light", "dark"):
                    picture = photograph(chromium, page, *size, theme)
                    picture.save(folder / f"{page.stem}-{name}-{theme}.png")


if __name__ == "__main__":
    named = sys.argv[1:] or [ROOT / "results" / name for name in ("report.html", "explore.html")]
    keep([Path(name).resolve() for name in named], ROOT / "docs" / "pictures")
