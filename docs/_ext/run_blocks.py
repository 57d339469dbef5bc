"""Shows what the code of a page says and draws when the site is built.

The suite runs the blocks of all pages as doctests. A page says to which precision a
number is the same on every machine, ``# doctest: +NUMBER``; a reader wants all its
digits, and the picture instead of the object that holds it. So pages with such numbers,
or that draw, are run here, too: numbers are shown as they came out, and what was drawn
stands behind the block that drew it. Its title is its alternative text.
"""

import contextlib
import doctest
import io
import re
from pathlib import Path

from docutils import nodes
from matplotlib import pyplot as plt
from sphinx.transforms import SphinxTransform

FIGURES = "generated/figures"
NUMBER = doctest.register_optionflag("NUMBER")
COMMENT = re.compile(r" *# doctest:.*$", re.MULTILINE)


class RunBlocks(SphinxTransform):
    """Run the blocks of a page one after the other, as one program."""

    default_priority = 1  # before pictures are collected

    def apply(self, **options):
        """Run a page that was read."""
        blocks = [
            block
            for block in self.document.findall(nodes.literal_block)
            if block.get("language") == "python" and block.astext().startswith(">>>")
        ]
        text = "\n".join(block.astext() for block in blocks)
        if not re.search(r"\+NUMBER|matplotlib|skseq.plotting", text):
            return
        plt.switch_backend("agg")
        names = {"__name__": "__main__"}
        for i, block in enumerate(blocks):
            shown = run(block.astext(), names)
            block.rawsource = shown
            block[:] = [nodes.Text(shown)]
            pictures = [self.picture(plt.figure(n), i) for n in plt.get_fignums()]
            block.replace_self([block, *pictures])
            plt.close("all")

    def picture(self, figure, i):
        """Save a figure beside the pages, and return the node that shows it."""
        name = f"{self.env.docname}-{i}-{figure.number}.svg"
        folder = Path(self.app.srcdir, FIGURES)
        folder.mkdir(parents=True, exist_ok=True)
        with plt.rc_context({"svg.hashsalt": name}):  # the same file every time
            figure.savefig(folder / name, bbox_inches="tight", metadata={"Date": None})
        titles = [ax.get_title(loc) for ax in figure.axes for loc in ("left", "center")]
        title = figure.get_suptitle() or "; ".join(filter(None, titles))
        if not title:
            raise ValueError(f"{self.env.docname}: picture {name} has no title.")
        return nodes.image(uri=f"/{FIGURES}/{name}", alt=title, classes=["drawn"])


def run(text, names):
    """Return a block with the numbers it prints now."""
    shown = []
    for example in doctest.DocTestParser().get_examples(text):
        first, *more = COMMENT.sub("", example.source).splitlines()
        shown += [f">>> {first}", *(f"... {line}" for line in more)]
        said = io.StringIO()
        expected = example.want
        with contextlib.redirect_stdout(said):
            try:
                exec(compile(example.source, "<page>", "single"), names)
            except Exception:
                if example.exc_msg is None:
                    raise
        if NUMBER in example.options:
            expected = said.getvalue()
        shown += expected.splitlines()
    return "\n".join(line.rstrip() for line in shown)


def setup(app):
    """Run pages as they are read."""
    app.add_transform(RunBlocks)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
