"""The form of the ledger, and its page."""

import pandas as pd
import pytest

from empirical_fisher.pipeline.ledger import COLUMNS, Claim, page, table, tried, verdict

CLAIM = Claim("topic.word", "§1", "a | b", "0.1", "< 1", "yes", "drawn")
NO = Claim("other.word", "§2", "claim", "2", "< 1", "no")


def test_verdict():
    assert verdict(True, True) == "yes"
    assert verdict(True, False) == "in part"
    assert verdict(False, False) == "no"
    assert verdict() == "no"


@pytest.mark.parametrize(
    ("answers", "holds", "agree"),
    [
        (["yes", "yes", "no"], "yes", 2),
        (["yes", "in part", "in part", "no"], "in part", 2),
        (["yes", "no"], "no", 1),
        (["yes", "in part"], "in part", 1),
        ([], "no", 0),
    ],
)
def test_most_trials_decide_and_of_two_answers_as_frequent_the_worse(answers, holds, agree):
    assert tried(answers, "the draw") == {
        "holds": holds,
        "trials": len(answers),
        "agree": agree,
        "varied": "the draw",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"holds": "maybe"}, "holds is 'maybe'"),
        ({"kind": "guess"}, "kind is 'guess'"),
        ({"trials": 2, "agree": 3, "varied": "x"}, "3 of 2 trials can't agree"),
        ({"trials": 2, "agree": 2}, "what do its 2 trials differ in"),
    ],
)
def test_nothing_else_is_taken(changes, said):
    with pytest.raises(ValueError, match=said):
        Claim(**{**vars(CLAIM), **changes})


def test_page_counts_and_shows_every_claim():
    claims = table([CLAIM, NO])
    assert list(claims.columns) == COLUMNS
    text = page(claims)
    assert (
        "Claims of the texts, 2 in all: yes: 1, in part: 0, no: 1, depends on the trial: 0" in text
    )
    assert "## topic" in text and "## other" in text
    assert r"| **yes** | §1 | a \| b | 0.1 | < 1 |" in text
    assert text.count("![") == 1 and "![drawn](../figures/drawn.png)" in text


def test_page_counts_kinds_and_later_texts_apart():
    same = Claim("topic.same", "Eq. 2", "a", "0", "0", "yes", kind="identity")
    ours = Claim("topic.more", "ours", "a", "0", "0", "no", kind="ours")
    later = Claim("after_2019.word", "2020", "a", "0", "0", "in part")
    text = page(table([CLAIM, same, ours, later]))
    first, second = text.partition("## topic")[0].split("What later texts claim.")
    assert "Claims of the texts, 1 in all: yes: 1" in first
    assert "Identities that are verified numerically, 1 in all: yes: 1" in first
    assert "Statements of our own, 1 in all: yes: 0, in part: 0, no: 1" in first
    assert "Claims of the texts, 1 in all: yes: 0, in part: 1" in second
    assert "| Eq. 2 (identity) |" in text


def test_page_says_what_a_claim_depends_on():
    split, clear = (
        Claim("topic.word", "§1", "a", "1", "2", **tried(answers, "the order of the rows"))
        for answers in (["yes", "yes", "no"], ["yes"] * 3)
    )
    text = page(table([split, clear]))
    assert "| **depends on the order of the rows**: yes in 2 of 3 |" in text
    assert "| **yes** in all 3 |" in text
    assert "2 in all: yes: 1, in part: 0, no: 0, depends on the trial: 1" in text


def test_page_of_claims_read_back_without_figures(tmp_path):
    path = tmp_path / "claims.csv"
    table([NO]).to_csv(path, index=False)
    assert "![" not in page(pd.read_csv(path))
