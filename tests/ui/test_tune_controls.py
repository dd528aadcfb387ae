"""The controls of a selection under keys and mouse, its panels, the pairs at its threshold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.project import Project
from deita_tui.selection.params import Params, Share
from deita_tui.ui import wishes
from deita_tui.ui.screens.tune import Tune
from deita_tui.ui.widgets.listing import Listing
from deita_tui.ui.widgets.pane_strip import PaneStrip
from deita_tui.ui.widgets.share_bars import ShareBars
from deita_tui.ui.widgets.slider import Slider
from tests.ui.support import Driven, driving


async def tuning(app: Driven) -> Tune:
    app.app.action_show("tune")
    await app.sees("exact ✔")
    screen = app.app.screen
    assert isinstance(screen, Tune)
    return screen


def wanted(app: Driven) -> Params:
    screen = app.app.screen
    assert isinstance(screen, Tune)
    return screen._params


def focused(app: Driven) -> str:
    widget = app.app.screen.focused
    return "" if widget is None else widget.id or ""


async def test_tab_walks_the_controls_and_arrows_move_the_one_in_focus(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        assert focused(app) == "threshold"
        await app.press("left", "left", "right")
        assert wanted(app).threshold == pytest.approx(0.945)
        await app.press("tab", "right", "right", "right")
        assert (focused(app), wanted(app).budget) == ("budget", 13)
        await app.sees("kept 13 of 40")
        await app.press("tab", "right", "tab", "left")
        await app.sees("weights c^ 1.25", "q^ 0.75")
        await app.press("tab", "right", "right")
        assert (focused(app), wanted(app).turns) == ("turn-rule", "max")
        await app.press("tab")
        assert focused(app) == "sources"
        await app.press("shift+tab", "shift+tab", "home")
        assert wanted(app).formula == "c^1.25"
        await app.press("enter")
        await app.sees("Save this selection as")


async def test_the_mouse_drags_clicks_and_turns_a_control(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        slider = app.app.screen.query_one("#threshold", Slider)
        begin, width = slider.bar
        left = begin + slider.styles.padding.left
        await app.pilot.mouse_down(slider, offset=(left, 0))
        await app.settle()
        assert wanted(app).threshold == 0.7
        await app.pilot.hover(slider, offset=(left + width - 1, 0))
        await app.pilot.mouse_up(slider, offset=(left + width - 1, 0))
        await app.settle()
        assert wanted(app).threshold == 1
        await app.pilot.click(slider, offset=(left - 1, 0))
        await app.settle()
        assert wanted(app).threshold == pytest.approx(0.995)
        rule = app.app.screen.query_one("#turn-rule", Slider)
        at = app.lines[rule.region.y].index(" last ") - rule.region.x + 1
        await app.pilot.click(rule, offset=(at, 0))
        await app.settle()
        assert wanted(app).turns == "last"


async def test_a_source_is_limited_on_its_own_line(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        bars = app.one(ShareBars)
        bars.focus()
        kept = bars.bars[0].kept
        await app.press("left", "left")
        (share,) = wanted(app).shares
        assert share.source == bars.bars[0].label
        assert share.most is not None
        most = share.most
        await app.sees(f"≤{share.most * 100:g}%", "shares 1")
        await app.until(lambda: bars.bars[0].kept <= most * 10 < kept)
        await app.press("j", "shift+right")
        assert [each.least for each in wanted(app).shares if each.source == bars.bars[1].label]
        await app.press("delete", "k", "delete")
        assert wanted(app).shares == ()
        # A pattern that was typed is a line too.
        await app.press("S")
        app.one("Input").value = "source:*tt*<=2"
        await app.press("enter")
        await app.sees("*tt*", "≤2")


async def test_shares_need_a_budget_and_say_so(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.press("B")
        app.one("Input").value = "0"
        await app.press("enter")
        await app.sees("no limit")
        app.one(ShareBars).focus()
        await app.press("left")
        await app.sees("set one first")
        assert wanted(app).shares == ()


async def test_pairs_around_the_threshold_lead_to_their_records(home: Path, pool: Path) -> None:
    async with driving(home, pool, (200, 50)) as app:
        await tuning(app)
        await app.sees("pairs around 0.950")
        pairs = app.app.screen.query_one("#pairs", Listing)
        await app.until(lambda: pairs.entries)
        with Project.open(pool, read_only=True) as project:
            for entry in pairs.entries:
                similarity, sign = entry.head.split()
                assert (float(similarity) >= 0.9495) == (sign == "◐"), entry
                outcome = next(project.list(f"id:{entry.record}")).outcome
                assert outcome == ("too_similar" if sign == "◐" else "kept")
        pairs.focus()
        await app.press("j", "k", "enter")
        assert app.name == "Why"
        await app.press("q")
        assert app.name == "Tune"


async def test_a_small_terminal_shows_one_panel_at_a_time(home: Path, pool: Path) -> None:
    async with driving(home, pool, (80, 24)) as app:
        await tuning(app)
        assert "sources: all" in app.text
        assert "score: all" not in app.text
        await app.press("]")
        await app.sees("score: all")
        assert "sources: all" not in app.text
        await app.press("[", "[")
        await app.sees("pairs around")
        app.one(PaneStrip).focus()
        await app.press("right", "right", "right")
        await app.sees("kept by threshold", "▸0.95")
        await app.pilot.click(
            PaneStrip, offset=(app.lines[app.one(PaneStrip).region.y].index("leaves"), 0)
        )
        await app.sees("─ leaves 0")
        await app.pilot.resize_terminal(120, 40)
        await app.settle()
        for title in ("sources: all", "score: all", "kept by", "turns", "enters", "pairs"):
            assert title in app.text


AMOUNTS = st.one_of(st.none(), st.integers(0, 50), st.floats(0, 1))


@given(
    least=AMOUNTS,
    most=AMOUNTS,
    side=st.sampled_from(["least", "most"]),
    steps=st.integers(-3, 3),
    kept=st.floats(0, 1),
    budget=st.integers(0, 100),
)
def test_no_step_of_a_share_leads_into_nonsense(
    least: float | None,
    most: float | None,
    side: wishes.Side,
    steps: int,
    kept: float,
    budget: int,
) -> None:
    other = Share("b", most=0.5)
    shares = (Share("a", least, most), other) if (least, most) != (None, None) else (other,)
    before = Params(budget=budget, shares=shares)
    after = wishes.share(before, "a", side, steps, kept)
    assert other in after.shares
    now_least, now_most = wishes.limits_of(after.shares, "a")
    if steps == 0:
        assert (now_least, now_most) == (None, None)
    moved = (now_least, now_most)[side == "most"]
    given_ = (least, most)[side == "most"]
    if moved is not None and given_ is not None:
        assert (moved - given_) * steps >= 0 or abs(moved - given_) < wishes.SHARE_STEP
    if now_least is not None and now_most is not None and type(now_least) is type(now_most):
        assert now_least <= now_most or (least, most) == (now_least, now_most)
    written = wishes.typed_shares(before, wishes.written_shares(after.shares)).shares
    for source in ("a", "b"):
        assert wishes.limits_of(written, source) == pytest.approx(
            wishes.limits_of(after.shares, source)
        )


@given(budget=st.integers(1, 10**6), records=st.integers(1, 10**6), place=st.floats(0, 1))
def test_places_of_sliders_come_back(budget: int, records: int, place: float) -> None:
    moved = wishes.budget_at(Params(budget=budget), place, records)
    assert 1 <= moved.budget <= records
    assert 0 <= wishes.budget_place(moved, records) <= 1
    if records > 100:
        assert wishes.budget_place(moved, records) == pytest.approx(place, abs=0.15)
    low, high = wishes.THRESHOLDS
    threshold = wishes.threshold_at(Params(), place).threshold
    assert low <= threshold <= high
    assert threshold == pytest.approx(low + place * (high - low), abs=wishes.THRESHOLD_STEP)
