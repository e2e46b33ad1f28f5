"""The form that L_T starts from: by hand, as it is judged, and as it is handed on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtrec.recommend.closed_form import Form, Forms
from mtrec.recommend.evaluate import mean_ndcg
from mtrec.recommend.profiles import ENCODER, build_sources
from mtrec.training.reporter import SilentReporter

FORMS = [
    Form(),
    Form(ridge=20.0, popular=0.0, wrote=1.0, smoothing=3.0, mentioned=1.0),
    Form(ridge=100.0, fading=0.75, wrote=0.3),
    Form(ridge=50.0, popular=1.0, wrote=0.0, smoothing=300.0, mentioned=0.0),
]


def forms_of(data: Any) -> Forms:
    sources = build_sources(data.val, data.spaces, {})
    return Forms(data.val, sources, data.spaces[ENCODER].items, 8, 0)


@pytest.fixture
def mentioning(crowd: Any) -> Any:
    """A crowd of whom everybody also wrote about something that they never used."""
    data = crowd()
    users, items = data.val.liked.shape
    rng = np.random.default_rng(0)
    unused = np.asarray((data.val.seen + data.val.relevant).todense()) == 0
    drawn = np.array([rng.choice(np.flatnonzero(row)) for row in unused])
    mentioned = csr_matrix(
        (np.ones(users, np.float32), (np.arange(users), drawn)), shape=(users, items)
    )
    data.val = replace(data.val, mentioned=mentioned, seen=data.val.seen + mentioned)
    return data


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_judged_as_what_it_hands_on_recommends(mentioning: Any, form: Form) -> None:
    val = mentioning.val
    sources = build_sources(val, mentioning.spaces, {})
    assert {"text", "liked", "mentioned"} <= set(sources)
    forms = forms_of(mentioning)
    handed_on = forms.learned(form).recommender(sources, len(val.users))
    assert forms.ndcg(form) == pytest.approx(mean_ndcg(handed_on, val), abs=1e-9)


def test_where_tastes_change_newer_likes_count_more(crowd: Any) -> None:
    """Half of the people once liked what the other half of the crowd likes."""
    data = crowd()
    users = np.arange(len(data.val.users))
    older = csr_matrix(data.val.liked[users ^ 1].multiply((users // 2 % 2)[:, None]))
    older.eliminate_zeros()
    liked = data.val.liked + older
    ages = data.val.ages + older * 100
    changed = replace(data.val, liked=liked, ages=ages, seen=liked)
    assert (changed.ages.indices == changed.liked.indices).all()
    forms = forms_of(SimpleNamespace(val=changed, spaces=data.spaces))
    form, ndcg = forms.choose(SilentReporter())
    assert form.fading > 0
    assert ndcg > forms.ndcg(replace(form, fading=0.0))
    timeless = replace(changed, ages=liked)
    forms = forms_of(SimpleNamespace(val=timeless, spaces=data.spaces))
    assert forms.choose(SilentReporter())[0].fading == 0


def test_the_best_form_is_chosen(mentioning: Any) -> None:
    forms = forms_of(mentioning)
    form, ndcg = forms.choose(SilentReporter())
    assert ndcg == forms.ndcg(form)
    assert all(ndcg >= forms.ndcg(each) for each in (Form(), replace(form, ridge=800.0)))


def test_what_is_mentioned_and_what_is_liked_count_by_the_root_of_how_many(
    mentioning: Any,
) -> None:
    forms = forms_of(mentioning)
    form = Form(popular=0.0, wrote=0.0, mentioned=0.5)
    sources = build_sources(mentioning.val, mentioning.spaces, {})
    learned = forms.learned(form)
    scores = learned.recommender(sources, len(mentioning.val.users)).scores(np.array([3]))[0]

    q, gain = learned.items, learned.projections["liked"][0, 0]
    liked = mentioning.val.liked[[3]].indices
    (mentioned,) = mentioning.val.mentioned[[3]].indices
    profile = gain * (q[liked].sum(axis=0) / np.sqrt(len(liked)) + 0.5 * q[mentioned])
    assert scores == pytest.approx(q @ profile, rel=1e-4)


@pytest.mark.parametrize("users", [6, 60], ids=["fewer people than numbers", "more"])
def test_what_is_read_of_texts_is_a_ridge_regression_to_what_is_liked(
    crowd: Any, users: int
) -> None:
    data = crowd(users=users)
    form = Form(wrote=1.0, smoothing=10.0)
    learned = forms_of(data).learned(form)
    text = build_sources(data.val, data.spaces, {})["text"]
    counts = np.maximum(text.counts, 1)[:, None]
    x = (text.sums() - text.counts[:, None] * learned.means["text"]) / np.sqrt(counts)
    likes = data.val.liked
    gain = learned.projections["liked"][0, 0]
    number = np.maximum(np.diff(likes.indptr), 1)[:, None]
    y = gain * (likes @ learned.items) / np.sqrt(number)
    known = np.diff(likes.indptr) > 0
    gradient = x[known].T @ (x[known] @ learned.projections["text"] - y[known])
    assert gradient + 10 * learned.projections["text"] == pytest.approx(0, abs=1e-2)
