"""Makes a bfloat16 GGUF file out of another with llama.cpp's own program for it: `quantize_model.py MODEL.gguf TARGET.gguf`."""

import sys

import llama_cpp


def main():
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_BF16
    parameters.allow_requantize = True
    parameters.nthread = 1
    code = llama_cpp.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), parameters)
    if code != 0:
        sys.exit(f"llama.cpp could not convert {sys.argv[1]}: code {code}")


if __name__ == "__main__":
    main()
