from core.charts.lifecycle import PLACES, Entrant, Stop, lifecycle, ranking
from core.pipeline import STAGES

STATES = ("done", "done", "running", "due", "open", "open")


def stations(figure):
    return [trace for trace in figure.data if trace.hovertemplate]


def test_six_stops_stand_on_the_track_in_the_order_of_the_stages():
    stops = [Stop(stage.name, "note", state) for stage, state in zip(STAGES, STATES, strict=True)]
    drawn = stations(lifecycle(stops, "light"))
    assert [(trace.x[0], trace.y[0]) for trace in drawn] == list(PLACES)
    assert [trace.marker.symbol for trace in drawn] == [
        "circle", "circle", "circle", "diamond", "circle", "circle",
    ]  # fmt: skip


def test_the_last_stage_stands_below_the_one_it_leads_back_to():
    back = next(i for i, stage in enumerate(STAGES) if stage.name == STAGES[-1].leads_to)
    assert PLACES[-1][0] == PLACES[back][0]


def test_states_differ_in_form_not_only_in_hue():
    looks = set()
    for state in ("done", "running", "due", "open"):
        marker = stations(lifecycle([Stop("a", "b", state)] * 6, "light"))[0].marker
        looks.add((marker.symbol, marker.size, marker.line.width))
    assert len(looks) == 4


def test_names_are_literal():
    figure = lifecycle([Stop("<b>x</b>", "<a href='x'>y</a>", "done")] * 6, "dark")
    assert "&lt;b&gt;x" in figure.layout.annotations[0].text
    assert "<a" not in figure.layout.annotations[0].text


def test_a_ranking_writes_each_value_and_marks_the_own_model():
    figure = ranking(
        [Entrant("mine </s>", 41.26, 39.0, 43.5, True), Entrant("base", 12.0, None, None, False)],
        "light", unit="BLEU", decimals=1,
    )  # fmt: skip
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert [dot.x[0] for dot in dots] == [41.26, 12.0]
    assert dots[0].y[0] == "mine &lt;/s&gt;"
    assert dots[0].marker.color != dots[1].marker.color
    assert [note.text for note in figure.layout.annotations] == ["41.3", "12.0"]
    low, high = figure.layout.xaxis.range
    assert low < 12.0
    assert high > 43.5
