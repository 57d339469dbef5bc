"""What Sphinx builds this site with: `make docs`."""

import re
import sys
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (in examples)
from sphinx.addnodes import pending_xref

import skseq

sys.path.append(str(Path(__file__).parent / "_ext"))

project = "skseq"
author = copyright = "The skseq developers"
version = release = skseq.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "run_blocks",
]
exclude_patterns = ["_build", "_ext", "_templates", "gallery/**.ipynb", "gallery/**.py"]
templates_path = ["_templates"]

# Docstrings ---------------------------------------------------------------------------

default_role = "py:obj"  # `name` links to what it names, where that is documented
autodoc_typehints = "none"  # docstrings say more
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False  # the template of classes lists them
toc_object_entries_show_parents = "hide"
smartquotes = False  # "lstm" is what to type
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"(?!skseq\.).*"),  # parameters, attributes, other packages
    ("py:class", r"(?!skseq\.).*"),
]

# Pages --------------------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
html_math_renderer = "mathml"
myst_heading_anchors = 3
html_theme = "pydata_sphinx_theme"
html_title = "skseq"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {  # pages without pages below them
    page: []
    for page in (
        *("index", "install", "benchmarks", "limits", "coming_from"),
        *("architecture", "own_network", "changelog"),
    )
}
html_theme_options = {
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "header_links_before_dropdown": 6,
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}

# Examples -----------------------------------------------------------------------------

SHOWN_ONLY = [  # with the pictures that they drew when they were changed last
    "compare_networks",  # two minutes
    "search_on_a_cluster",  # starts processes
]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": rf"/(?!({'|'.join(SHOWN_ONLY)})\.py)[^/]*\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "backreferences_dir": "generated/examples",
    "capture_repr": ("_repr_html_",),  # tables, and not what draws a legend
    "default_thumb_file": str(Path(__file__).parent / "_static" / "steps.png"),
    "doc_module": ("skseq",),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "write_computation_times": False,
}


def skip_foreign(app, what, name, thing, skip, options):
    """Leave out what scikit-learn, torch or sktime document themselves."""
    module = getattr(thing, "__module__", None) or "skseq"
    return True if not module.startswith("skseq") else None


def strip_blocks(app, doctree):
    """Drop the empty line that ends a doctest, and that no reader needs."""
    for block in doctree.findall(nodes.literal_block):
        if len(block) == 1:
            block.rawsource = text = block.astext().rstrip()
            block[:] = [nodes.Text(text)]


ROOMS = ["callbacks", "datasets", "inspection", "metrics", "model_selection"]
ROOMS += ["networks", "persistence", "plotting", "preprocessing", "sktime"]
NAMES = {name: f"skseq.{name}" for name in skseq.__all__} | {
    name: f"skseq.{room}.{name}"
    for room in ROOMS
    for name in import_module(f"skseq.{room}").__all__
    if not name.isupper()
}


def link_names(app, doctree):
    """Let a public name in a text lead to its reference."""
    for literal in list(doctree.findall(nodes.literal)):
        target = NAMES.get(literal.astext().removesuffix("()"))
        if target and isinstance(literal.parent, (nodes.paragraph, nodes.entry)):
            place = {"reftype": "obj", "reftarget": target, "refexplicit": True}
            link = pending_xref("", refdomain="py", refdoc=app.env.docname, **place)
            literal.replace_self(link)
            link += literal


MENDED = [  # for who hears pages, or has no mouse
    (r"(>([^<]+)</a>\s*<details[^>]*>\s*<summary)>", r'\1 aria-label="Pages of \2">'),
    (r"<th></th>", "<td></td>"),  # the corner of a table
    (r'(<div class="output_subarea output_html[^"]*")>', r'\1 tabindex="0">'),
]


def mend_pages(app, exception):
    """Name the arrows of the side bar, and let tables of notebooks have the focus."""
    for page in Path(app.outdir).rglob("*.html") if not exception else ():
        mended = text = page.read_text(encoding="utf-8")
        for pattern, better in MENDED:
            mended = re.sub(pattern, better, mended)
        if mended != text:
            page.write_text(mended, encoding="utf-8")


def setup(app):
    """Connect the functions above."""
    app.connect("build-finished", mend_pages)
    app.connect("doctree-read", link_names)
    app.connect("doctree-read", strip_blocks)
    app.connect("autodoc-skip-member", skip_foreign)
