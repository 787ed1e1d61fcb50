"""Numbers in figures and in the report, as people write them."""

import math

import pytest

from empirical_fisher.pipeline.numerals import number, prose


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (math.nan, ""),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (0.0, "0"),
        (9881, "9881"),
        (10000.0, "10000"),
        (-3.0, "−3"),
        (0.0005038413846, "0.0005038"),
        (-0.25, "−0.25"),
        (1e-10, "10⁻¹⁰"),
        (-1e-10, "−10⁻¹⁰"),
        (3.162277660168379e-08, "3.162·10⁻⁸"),
        (1e10, "10¹⁰"),
        (2.5e300, "2.5·10³⁰⁰"),
        (1234567.0, "1.235·10⁶"),
    ],
)
def test_a_number_is_written_with_four_digits_and_powers_of_ten(value, written):
    assert number(value) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("from 1e-20 to 1e+10", "from 10⁻²⁰ to 10¹⁰"),
        ("BreastCancer 20, Boston 1.1e-10", "BreastCancer 20, Boston 1.1·10⁻¹⁰"),
        ("2.50e+03", "2.5·10³"),
        ("20e-4", "20·10⁻⁴"),
        ("-1e-3", "−10⁻³"),
        ("lowest cosine -0.45, at 1-2 of 3-5", "lowest cosine −0.45, at 1-2 of 3-5"),
        ("100.0 times the loss", "100× the loss"),
        ("20.5 times the loss", "20.5× the loss"),
        ("in 3 of 5 times", "in 3 of 5 times"),
        ("version 1.0, a1a, 7e, x1e5, 1.2.1e-3", "version 1.0, a1a, 7e, x1e5, 1.2.1e-3"),
        ("#1e1a2b", "#1e1a2b"),
    ],
)
def test_numbers_in_a_text_are_written_so_too(text, written):
    assert prose(text) == written
