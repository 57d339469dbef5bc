"""Compiled code of skseq.networks, which nobody has to have: it may fail to build."""

import os
import platform

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

FOLDER = "skseq/networks/_kernels/"
SOURCES = ("choose.c", "back.c", "convolving.c", "convolving_back.c", "forwards.c")
SOURCES += ("pooling.c", "seeing.c")
HEADERS = ("convolving.h", "kinds.h", "layer.h", "pooling.h", "products.h")
HEADERS += ("recurrent.h", "seeing.h", "vectors.h", "walk.h")
FLAGS = ["-O3", "-g0", "-ffp-contract=fast", "-fvisibility=hidden"]
KINDS = {"": []}  # sets of instructions; the newest that a processor has is used
if platform.machine() in ("x86_64", "AMD64"):
    KINDS["AVX2"] = ["-mavx2", "-mfma"]
    KINDS["AVX512"] = ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mfma"]


class BuildKernels(build_ext):
    """Build a plain shared library: it knows nothing of Python, and of no version."""

    def get_ext_filename(self, fullname):
        """Return a name that no version of Python is part of."""
        return fullname.replace(".", "/") + ".so"

    def build_extension(self, ext):
        """Compile the steps for every set of instructions, and what chooses one."""
        if self.compiler.compiler_type != "unix":
            raise CompileError("the code is for GCC and Clang")
        choose, *steps = ext.sources
        objects, has = [], []
        for kind, flags in KINDS.items():
            try:
                objects += self._compiled(steps, kind, flags)
            except CompileError:
                if not kind:
                    raise
            else:
                has += [(f"HAS_{kind}", None)] if kind else []
        objects += self.compiler.compile(
            [choose], self.build_temp, has, extra_postargs=FLAGS
        )
        self.compiler.link_shared_object(
            objects, self.get_ext_fullpath(ext.name), libraries=ext.libraries
        )

    def _compiled(self, sources, kind, flags):
        """Return objects of the steps in both precisions."""
        objects = []
        for name, macros in {"float": [], "double": [("DOUBLE", None)]}.items():
            folder = f"{self.build_temp}/{kind}{name}"
            objects += self.compiler.compile(
                sources, folder, macros, extra_postargs=FLAGS + flags
            )
        return objects


class TagWheel(bdist_wheel):
    """One wheel for every Python; for every platform if nothing was compiled."""

    def get_tag(self):
        """Return for whom the wheel is."""
        library = self.get_finalized_command("build_ext").get_outputs()
        built = any(map(os.path.exists, library))
        return "py3", "none", super().get_tag()[2] if built else "any"


setup(
    ext_modules=[
        Extension(
            "skseq.networks._kernels.recurrent",
            [FOLDER + name for name in SOURCES],
            depends=[FOLDER + name for name in HEADERS],
            libraries=["m"],
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels, "bdist_wheel": TagWheel},
)
