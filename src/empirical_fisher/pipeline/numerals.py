"""Numbers as people write them: 0.25, 9881, 10⁻⁸, 3.16·10⁻⁸, ∞, 2.5×."""

from __future__ import annotations

import math
import re

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MOST_DIGITS = 6  #: of a whole number that is written out
POWER = re.compile(r"(?<![\w.])(-?)(\d+(?:\.\d+)?)e([+-]?\d+)\b")
FACTOR = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) times (?=the\b|that\b|as\b)")
MINUS = re.compile(r"(?<![\w.−-])-(?=\d)")
WHOLE = re.compile(r"(?<![\w.])(\d+)\.0+(?=[×%]| times\b)")


def number(value: float | None, digits: int = 4) -> str:
    """A number with some significant digits; nothing for None and NaN."""
    if value is None or math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if float(value).is_integer() and abs(value) < 10**MOST_DIGITS:
        return f"{value:.0f}".replace("-", "−")
    return prose(f"{value:.{digits}g}")


def prose(text: str) -> str:
    """A text that has numbers as a computer writes them: 1e-08, 2.50e+3, 100.0 times the loss."""
    text = POWER.sub(lambda found: found[1] + power(found[2], found[3]), text)
    return MINUS.sub("−", FACTOR.sub(r"\1× ", WHOLE.sub(r"\1", text)))


def power(mantissa: str, exponent: str) -> str:
    """A mantissa and a power of ten as their product; 1 and trailing zeros are left out."""
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    raised = "10" + str(int(exponent)).translate(SUPERSCRIPTS)
    return raised if mantissa == "1" else f"{mantissa}·{raised}"
