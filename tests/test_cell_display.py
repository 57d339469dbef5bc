"""Drawings of cells hold the equations of the papers, whatever the code looks like."""

from itertools import combinations

import matplotlib
import pytest
import torch
from matplotlib import pyplot as plt
from torch import nn

from skseq.networks import CELLS, RecurrentLayer
from skseq.plotting import CellDisplay
from skseq.plotting._steps import parts_of

matplotlib.use("Agg")

W, U, MINUS, SIGMOID, TIMES = "W x + b", "U h + b", "\u2212", "\u03c3", "\u00d7"
GATE = f"{SIGMOID}[{W}, {U}]"
MEMORY = f"+[{TIMES}[f {GATE}, c], {TIMES}[i {GATE}, g tanh[{W}, {U}]]]"
PEEPING = f"{SIGMOID}[{W}, {U}, p c]"
SEEN = MEMORY.replace(f"f {GATE}", f"f {PEEPING}").replace(f"i {GATE}", f"i {PEEPING}")
FADED = f"h {TIMES}[h, exp({MINUS}max(0, ·))[W d]]"
GRU = f"n tanh[{W}, {TIMES}[r {GATE}, {U}]], h, z {GATE}"
EQUATIONS = {
    "rnn": [f"tanh[{W}, {U}]"],
    "gru": [f"(1 {MINUS} z) n + z h[{GRU}]"],
    "gru_d": [f"(1 {MINUS} z) n + z h[{GRU.replace(', h,', f', {FADED},')}]"],
    "lstm": [f"{TIMES}[o {GATE}, tanh[{MEMORY}]]", MEMORY],
    "peephole_lstm": [
        f"{TIMES}[o {SIGMOID}[{W}, {U}, p {SEEN}], tanh[{SEEN}]]",
        SEEN,
    ],
}


class MinimalLayer(RecurrentLayer):
    """Zhou et al. (2016)."""

    def _make_kernel(self, input_size):
        return nn.GRU(input_size, self.hidden_size)

    def _step(self, gates, recurrent, state):
        f_x, n_x = gates.chunk(2, dim=1)
        f_h, n_h = recurrent.chunk(2, dim=1)
        f = torch.sigmoid(f_x + f_h)
        return ((1 - f) * state[0] / 2 + f * torch.tanh(n_x + f * n_h),)


class Doubting(MinimalLayer):
    def _step(self, gates, recurrent, state):
        return (gates if gates.sum() > 0 else recurrent,)


def make(cell):
    return CELLS[cell](4, 3, **({"n_elapsed": 1} if cell == "gru_d" else {}))


def formula(part):
    said = f"{part.gate} {part.text}".strip()
    if not part.inputs or said in (W, U):
        return said
    marked = [
        f"{mark} {formula(one)}" if mark and one.text not in (W, U) else formula(one)
        for one, mark in zip(part.inputs, part.marks, strict=True)
    ]
    return f"{said}[{', '.join(marked)}]"


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_is_that_of_the_paper(cell):
    states = parts_of(make(cell))
    assert [state.text for state in states] == ["h", "c"][: len(states)]
    assert [formula(state.inputs[0]) for state in states] == EQUATIONS[cell]


def test_what_a_state_is_multiplied_by_comes_before_it():
    """The recurrent product of a GRU-D sees the state that has faded."""
    (state,) = parts_of(make("gru_d"))
    recurrent = state.inputs[0].inputs[2].inputs[1]
    assert recurrent.text == U
    assert formula(recurrent.inputs[0]) == FADED


def test_a_cell_of_ones_own():
    (state,) = parts_of(MinimalLayer(2, 3))
    kept = f"{TIMES}[1 {MINUS}[f {GATE}], h]"
    new = f"{TIMES}[f {GATE}, n tanh[{W}, {TIMES}[f {GATE}, {U}]]]"
    assert formula(state.inputs[0]) == f"+[/ 2 {kept}, {new}]"


@pytest.mark.parametrize("cell", [*CELLS, "own"])
def test_a_drawing_has_all_parts_and_no_text_hides_another(cell):
    layer = MinimalLayer(2, 3) if cell == "own" else make(cell)
    display = CellDisplay.from_layer(layer)
    display.figure_.draw_without_rendering()
    texts = [text for text in display.ax_.texts if text.get_text()]
    parts, new = set(), set(display.states)
    while new:
        parts |= new
        new = {one for part in new for one in part.inputs}
    said = [f"{part.gate}  {part.text}".strip() for part in parts]
    said += [
        mark
        for part in parts
        for one, mark in zip(part.inputs, part.marks, strict=True)
        if mark and one.text not in (W, U)
    ]
    assert sorted(text.get_text() for text in texts) == sorted(said)
    boxes = [text.get_window_extent() for text in texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    frame = display.figure_.bbox
    assert all(frame.x0 <= b.x0 < b.x1 <= frame.x1 for b in boxes)
    assert display.ax_.get_title() == type(layer).__name__
    plt.close("all")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(TypeError, match="layer is of GRU; expected a RecurrentLayer"):
        CellDisplay.from_layer(nn.GRU(2, 3))
    with pytest.raises(TypeError, match="A step of Doubting cannot be followed"):
        CellDisplay.from_layer(Doubting(2, 3))
