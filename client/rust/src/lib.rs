//! Each crate has a C interface of its own.
pub use assay_parquet;
pub use assay_plots;
