"""Generates the stubs from the repository's protos when the package is built."""

import pathlib
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent


class BuildWithStubs(build_py):
    def run(self):
        import grpc_tools
        from grpc_tools import protoc

        protos = HERE.parents[1] / "proto"
        files = sorted((protos / "assay/v1").glob("*.proto"))
        if not files:
            sys.exit(f"{protos}/assay/v1 has no protos: install from a checkout of the whole repository")
        output = HERE / "src" if self.editable_mode else pathlib.Path(self.build_lib)
        output.mkdir(parents=True, exist_ok=True)
        super().run()
        well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
        code = protoc.main(["protoc", f"-I{protos}", f"-I{well_known}", f"--python_out={output}", f"--pyi_out={output}",
                            f"--grpc_python_out={output}", *map(str, files)])
        if code != 0:
            sys.exit("protoc failed; it says why above")


setup(cmdclass={"build_py": BuildWithStubs})
