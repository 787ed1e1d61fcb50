"""The form of the ledger, and its page."""

import pandas as pd
import pytest

from empirical_fisher.pipeline.ledger import COLUMNS, Claim, page, table, verdict

CLAIM = Claim("topic.word", "§1", "a | b", "0.1", "< 1", "yes", "drawn")


def test_verdict():
    assert verdict(True, True) == "yes"
    assert verdict(True, False) == "in part"
    assert verdict(False, False) == "no"
    assert verdict() == "no"


def test_no_other_answer_is_taken():
    with pytest.raises(ValueError, match="holds is 'maybe'"):
        Claim("topic.word", "§1", "claim", "0.1", "< 1", "maybe")


def test_page_counts_and_shows_every_claim():
    claims = table([CLAIM, Claim("other.word", "§2", "claim", "2", "< 1", "no")])
    assert list(claims.columns) == COLUMNS
    text = page(claims)
    assert "yes: 1, in part: 0, no: 1" in text
    assert "## topic" in text and "## other" in text
    assert r"| **yes** | §1 | a \| b | 0.1 | < 1 |" in text
    assert text.count("![") == 1 and "![drawn](../figures/drawn.png)" in text


def test_page_of_claims_read_back_without_figures(tmp_path):
    path = tmp_path / "claims.csv"
    table([Claim("other.word", "§2", "claim", "2", "< 1", "no")]).to_csv(path, index=False)
    assert "![" not in page(pd.read_csv(path))
