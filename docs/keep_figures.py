"""Keep the figures as drawn last in docs/figures, where README and gallery show them.

With 256 colours they look the same and take a third of the room.
"""

from pathlib import Path

from PIL import Image

DRAWN = Path(__file__).resolve().parents[1] / "figures"
KEPT = Path(__file__).resolve().parent / "figures"

for path in sorted(DRAWN.glob("*.png")):
    with Image.open(path) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(KEPT / path.name)
