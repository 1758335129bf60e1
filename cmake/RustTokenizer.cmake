# The static library of worker/tokenizer/rust: target assay_tokenizer_rust.
include(RustLibrary)
assay_rust_library(assay_tokenizer_rust ${CMAKE_SOURCE_DIR}/worker/tokenizer/rust)
