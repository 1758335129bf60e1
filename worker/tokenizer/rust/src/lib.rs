//! Tokenizers and chat templates behind the C interface of `include/assay_tokenizer.h`.
//!
//! `text_tokenizer` and `chat_template` are plain Rust; `ffi` alone deals with pointers.

mod chat_template;
mod ffi;
mod model;
mod normalizer;
mod text_tokenizer;
