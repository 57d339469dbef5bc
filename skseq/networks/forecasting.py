"""The network of a forecaster: an encoder, and all steps of the horizon at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from skseq.networks.cycle import Cycle
from skseq.networks.dropout import Dropout
from skseq.networks.initialization import initialize_linear, zero_linear
from skseq.networks.near_rows import NearRows
from skseq.networks.normalization import WindowScale
from skseq.networks.seq2seq import Decoder
from skseq.networks.shrinkage import NaiveShrinkage

__all__ = ["N_NEAR", "ForecastNetwork", "InputGate", "Window"]

REACH = 7  # rows before and behind a row whose known covariates it is told
N_NEAR = 4  # features that tell of them


@dataclass(frozen=True)
class Window:
    """What is known when a forecast is made."""

    past: Tensor  # (B, L, C + P + K): targets, covariates; the last value seen in holes
    future: Tensor  # (B, H, K): covariates that are known ahead
    static: Tensor  # (B, S): what is constant in a series
    later: Tensor | None = None  # (B, H, C): the targets, for a decoder in training
    missing: Tensor | None = None  # (B, L, C + P), bool: holes of the past; None: none
    phase: Tensor | None = None  # (B,), steps since a season began, of the first step

    def __len__(self) -> int:
        return len(self.past)


class InputGate(nn.Module):
    """Keep from a network what it could not learn from: features that never vary.

    Their weights stay as they were drawn, and would answer at random to the first value
    that is another one.

    Parameters
    ----------
    n_features : int
        Number of features.
    """

    is_open: Tensor

    def __init__(self, n_features: int):
        super().__init__()
        self.register_buffer("is_open", torch.ones(n_features))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.is_open


class ForecastNetwork(nn.Module):
    """Encode windows, then forecast every step of the horizon at once.

    Each window of the targets is normalised by its own scale, which the forecast is
    given back. With shared channels, one network forecasts every target by itself,
    beside the same covariates. Training starts from forecasting the center of each
    window, or near it: the last linear maps are zero, or small.

    Parameters
    ----------
    encoder : nn.Module
        (B, L, F), None -> (B, T', D), None; its last steps are what it remembers.
    encoded_size : int
        Number of features D.
    window_length, horizon : int
        Number of steps L seen and H forecast.
    n_targets : int
        Number of targets C.
    n_future, n_static : int
        Number of covariates K known ahead, and S of static ones.
    n_locations : int
        Number of outputs per step in the units of the target (one, or quantiles).
    n_log_scales : int
        Number of further outputs per step that are logarithms of a scale (0 or 1).
    shared : bool
        Whether the targets are forecast each by itself.
    skip : bool
        Whether a linear map of the window is added to the forecast.
    masked : bool
        Whether a feature for every past column says where it is missing.
    window_scale : callable
        Windows (B, L, C) and where they have holes -> WindowScale.
    dropout : float
        Dropout of what the encoder remembers.
    decoder : Decoder, optional
        Writes the horizon step by step, behind a RecurrentEncoder; None maps what is
        remembered to all steps at once.
    n_segments : int, default=1
        Number of equal segments N of the horizon, each forecast from a step of its own
        out of the last ones of the encoder.
    zero_head : bool, default=True
        Whether the map from what is remembered starts at zero, rather than small.
    gate : InputGate, optional
        Which of the features (B, L, F) the encoder is shown.
    positive : bool, default=False
        Whether what the network says is the logarithm of a location, which is never
        negative then; `window_scale` may not center.
    shrinkage : NaiveShrinkage, optional
        What draws forecasts towards rows of the window; not in training.
    cycle : Cycle, optional
        The season of which all else sees and forecasts the rest; a factor (exponential)
        with `positive`, else a summand.
    """

    def __init__(
        self,
        encoder: nn.Module,
        encoded_size: int,
        *,
        window_length: int,
        horizon: int,
        n_targets: int,
        n_future: int,
        n_static: int,
        n_locations: int,
        n_log_scales: int,
        shared: bool,
        skip: bool,
        masked: bool,
        window_scale: Callable[[Tensor, Tensor | None], WindowScale],
        dropout: float,
        decoder: Decoder | None = None,
        n_segments: int = 1,
        zero_head: bool = True,
        gate: InputGate | None = None,
        positive: bool = False,
        shrinkage: NaiveShrinkage | None = None,
        cycle: Cycle | None = None,
    ):
        super().__init__()
        self.gate = nn.Identity() if gate is None else gate
        self.encoder = encoder
        self.decoder = decoder
        self.shrinkage = shrinkage
        self.cycle = cycle
        self.n_targets = n_targets
        self.n_locations = n_locations
        self.n_outputs = n_locations + n_log_scales
        self.horizon = horizon
        self.n_segments = n_segments
        self.segment_length = -(-horizon // n_segments)  # the last one is cut off
        self.shared = shared
        self.masked = masked
        self.positive = positive
        self.window_scale = window_scale
        self.dropout = Dropout(dropout)
        n_heads = 1 if shared else n_targets
        size = encoded_size + n_static
        n_head_outputs = self.segment_length * n_heads * self.n_outputs
        self.head = self.skip = self.ahead = self.near = None
        if n_future:
            self.near = NearRows(n_future, N_NEAR, REACH)
        if skip:
            self.skip = zero_linear(window_length, horizon)
        if decoder is None:
            make_head = zero_linear if zero_head else nn.Linear
            self.head = make_head(size, n_head_outputs)
        else:
            nn.init.zeros_(decoder.output.weight)
        if n_future and decoder is None:
            self.ahead = nn.Sequential(
                initialize_linear(nn.Linear(size + n_future + N_NEAR, encoded_size)),
                nn.ReLU(),
                zero_linear(encoded_size, n_heads * self.n_outputs),
            )

    def forward(self, window: Window, lengths: None = None) -> Tensor:
        """Return outputs (B, H, C, n_outputs)."""
        targets, naive, later, scale, ahead = self._at_rest(window)
        if naive is not None:
            naive = (naive - scale.center) / scale.scale
            naive = naive.clamp_min(0) if self.positive else naive
        outputs = self._said(window, targets, later, scale)
        outputs = outputs.unflatten(2, (-1, self.n_outputs))  # (B, H, C, n_outputs)
        if self.shared:
            outputs = outputs.reshape(len(window), self.n_targets, self.horizon, -1)
            outputs = outputs.transpose(1, 2)
        if self.positive:
            outputs = outputs.exp()
        if self.shrinkage is not None and naive is not None:
            outputs = self.shrinkage(outputs, naive.to(outputs.dtype))
        return self._restored(outputs, scale, ahead)

    def follow(self, window: Window, choose: Callable[[int, Tensor], Tensor]) -> None:
        """Write the horizon row by row, each told what is chosen of the row before.

        Parameters
        ----------
        window : Window
            What is known before.
        choose : callable
            (step, what a decoder makes of a row before any shrinkage) -> what it is
            told of it, both (B, C), in the units of the window.
        """
        targets, _, _, scale, ahead = self._at_rest(window)
        shape = len(window), self.n_targets

        def in_units(step: int, said: Tensor) -> Tensor:
            center, width = (part[:, 0] for part in scale)
            value = said.reshape(shape) * width + center
            if ahead is not None:
                value = self._rest(value, -ahead[:, step])
            told = choose(step, value)
            if ahead is not None:
                told = self._rest(told, ahead[:, step])
            return ((told - center) / width).to(said.dtype).reshape(said.shape)

        self._said(window, targets, None, scale, in_units)

    def in_units(self, window: Window, later: Tensor) -> tuple[Tensor, Tensor]:
        """Return targets seen (B, C, L) and later (B, C, H) as linear maps have them.

        Parameters
        ----------
        window : Window
            What is known before.
        later : Tensor of shape (B, H, C)
            The targets that follow.
        """
        targets, _, _, scale, ahead = self._at_rest(window)
        if ahead is not None:
            later = self._rest(later, ahead)
        parts = ((part - scale.center) / scale.scale for part in (targets, later))
        x, y = (part.transpose(1, 2) for part in parts)
        return x, y

    def along_lines(self, window: Window, weights: Tensor) -> Tensor:
        """Return what linear maps (A, H, L) of windows forecast, (A, B, H, C)."""
        targets, _, _, scale, ahead = self._at_rest(window)
        x = ((targets - scale.center) / scale.scale).to(weights.dtype)
        said = torch.einsum("ahl,blc->abhc", weights, x) * scale.scale + scale.center
        return said if ahead is None else self._rest(said, -ahead)

    def _at_rest(
        self, window: Window
    ) -> tuple[Tensor, Tensor | None, Tensor | None, WindowScale, Tensor | None]:
        """Return targets, naive forecast, what a teacher tells, scale and season ahead.

        The first three are what a season leaves of them, if there is one.
        """
        targets, missing = window.past[:, :, : self.n_targets], window.missing
        holes = None if missing is None else missing[:, :, : self.n_targets]
        naive, later, ahead = None, window.later, None
        if self.shrinkage is not None and not self.training:
            naive = self.shrinkage.naive(targets)
        if window.phase is not None and self.cycle is not None:
            n_seen = targets.shape[1]
            behind = self.cycle(window.phase, 0, n_seen)
            ahead = self.cycle(window.phase, n_seen, self.horizon)
            targets = _filled(self._rest(targets, behind), holes)
            naive, later = (
                None if part is None else self._rest(part, ahead)
                for part in (naive, later)
            )
        return targets, naive, later, self.window_scale(targets, holes), ahead

    def _rest(self, targets: Tensor, season: Tensor) -> Tensor:
        """Return what a season (B, T, C) leaves of targets."""
        return targets * (-season).exp() if self.positive else targets - season

    def _said(
        self,
        window: Window,
        targets: Tensor,
        later: Tensor | None,
        scale: WindowScale,
        choose: Callable[[int, Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Return outputs (B, H, C * n_outputs) in units of the windows.

        With shared channels they are (B C, H, n_outputs).
        """
        covariates = window.past[:, :, self.n_targets :]
        dtype = next(self.parameters()).dtype
        targets, later = (
            None if part is None else self._scaled(part, scale).to(dtype)
            for part in (targets, later)
        )
        covariates, future, static = (
            part.to(dtype) for part in (covariates, window.future, window.static)
        )
        if self.near is not None:
            before = covariates[:, :, -future.shape[2] :]
            future = torch.cat([future, self.near(before, future)], dim=2)
        if self.shared:
            covariates, future, static = (
                part.repeat_interleave(self.n_targets, dim=0)
                for part in (covariates, future, static)
            )
        x = self._features(targets, covariates, window.missing)
        return self._outputs(x, targets, future, static, later, choose)

    def _scaled(self, targets: Tensor, scale: WindowScale) -> Tensor:
        """Return targets (B, T, C) in units of the window; (B C, T, 1) if shared."""
        targets = (targets - scale.center) / scale.scale
        if self.shared:
            targets = targets.transpose(1, 2).reshape(-1, targets.shape[1], 1)
        return targets

    def _features(
        self, targets: Tensor, covariates: Tensor, missing: Tensor | None
    ) -> Tensor:
        """Return what the encoder is shown, (B, L, F); (B C, L, F) if shared."""
        parts = [targets, covariates]
        if self.masked:
            mask = torch.zeros_like(torch.cat(parts, dim=2))
            if missing is not None:
                own, past = missing.to(mask.dtype).tensor_split([self.n_targets], dim=2)
                if self.shared:
                    own = own.transpose(1, 2).reshape(-1, own.shape[1], 1)
                    past = past.repeat_interleave(self.n_targets, dim=0)
                holes = torch.cat([own, past], dim=2)
                mask[:, :, : holes.shape[2]] = holes
            parts.append(mask)
        return self.gate(torch.cat(parts, dim=2))

    def _outputs(
        self,
        x: Tensor,
        targets: Tensor,
        future: Tensor,
        static: Tensor,
        later: Tensor | None,
        choose: Callable[[int, Tensor], Tensor] | None,
    ) -> Tensor:
        """Return outputs (B, H, C * n_outputs) in the units of the windows."""
        line = None if self.skip is None else self._line(targets)
        if self.decoder is not None:
            static = static.unsqueeze(1).expand(-1, self.horizon, -1)
            beside = torch.cat([future, static], dim=2)
            encoded, states = self.encoder.run(x)
            return self.decoder(
                states,
                encoded,
                None,
                self.horizon,
                taught=later,
                beside=beside,
                line=line,
                choose=choose,
            )
        encoded, _ = self.encoder(x, None)
        memory = self.dropout(encoded[:, -self.n_segments :])  # (B, N, D)
        static = static.unsqueeze(1).expand(-1, self.n_segments, -1)
        memory = torch.cat([memory, static], dim=2)
        outputs = self.head(memory).unflatten(2, (self.segment_length, -1))
        outputs = outputs.flatten(1, 2)[:, : self.horizon]
        if self.ahead is not None:
            memory = memory.repeat_interleave(self.segment_length, dim=1)
            memory = memory[:, : self.horizon]
            outputs = outputs + self.ahead(torch.cat([memory, future], dim=2))
        return outputs if line is None else outputs + line

    def _line(self, targets: Tensor) -> Tensor:
        """Return what a linear map of the window adds (B, H, C * n_outputs)."""
        line = self.skip(targets.transpose(1, 2)).transpose(1, 2)
        line = line.unsqueeze(3).expand(-1, -1, -1, self.n_outputs)
        n_log_scales = self.n_outputs - self.n_locations
        return functional.pad(
            line[:, :, :, : self.n_locations], (0, n_log_scales)
        ).flatten(2)

    def _restored(
        self, outputs: Tensor, scale: WindowScale, season: Tensor | None
    ) -> Tensor:
        """Give outputs (B, H, C, n_outputs) the units from before the window's."""
        center, width = (part.unsqueeze(3) for part in scale)
        locations, log_scales = outputs.tensor_split([self.n_locations], dim=3)
        locations = locations * width + center
        if season is not None:
            season = season.unsqueeze(3)
            locations = self._rest(locations, -season)
        return torch.cat([locations, log_scales + width.log()], dim=3)


def _filled(x: Tensor, missing: Tensor | None) -> Tensor:
    """Return windows (B, T, C) whose holes have the last value before, if there is."""
    if missing is None:
        return x
    steps = torch.arange(x.shape[1], device=x.device)[None, :, None]
    last = torch.where(missing, 0, steps).cummax(dim=1).values
    return x.gather(1, last)
