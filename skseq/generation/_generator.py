"""Texts by recurrent networks."""

from __future__ import annotations

from skseq.generation._reading import LanguageModel

__all__ = ["SequenceGenerator"]


class SequenceGenerator(LanguageModel):
    """Writer of texts like those it was fitted on: a recurrent language model.

    Recurrent layers read a text symbol by symbol, characters or words, and tell after
    each one how probable every symbol is to follow, which cross entropy trains. Drawing
    a symbol, reading it, drawing the next one writes a text.

    It learns from one long text (a str), and then writes on for as long as asked; or
    from a list of texts such as names, and then knows how they begin and end, too. What
    is read in training goes on from window to window: gradients stop at a window's
    beginning, the state of the layers does not (truncated back-propagation through
    time, Williams and Peng, 1990).

    {parameters}

    {attributes}

    See Also
    --------
    skseq.metrics.bits_per_character : The score of probabilities of any model.
    skseq.preprocessing.Tokenizer : Makes the symbols.

    Notes
    -----
    `score` is minus the bits per symbol, so that a grid search on a list of texts finds
    what predicts them best. One long text is first cut into pieces, of a thousand
    symbols or so, as scikit-learn splits lists.

    Examples
    --------
    >>> from skseq import SequenceGenerator
    >>> model = SequenceGenerator(hidden_size=32, max_epochs=200, random_state=0)
    >>> model = model.fit("to be or not to be, " * 20)
    >>> model.generate(prefix="to be", temperature=0, max_length=24)
    ['to be or not to be, to be or ']
    >>> str(model.classes_[model.predict_proba(["to b"]).argmax()])
    'e'

    A list of texts, which end:

    >>> names = ["anna", "hanna", "johanna"] * 20
    >>> model.fit(names).generate(3, prefix="jo", random_state=0)
    ['johanna', 'johanna', 'johanna']
    """
