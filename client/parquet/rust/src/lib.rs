//! Parquet files of flat, optional columns behind the C interface of include/assay_parquet.h.
mod ffi;
mod reader;
mod writer;

/// The types of columns, numbered as the C interface numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnType {
    Text,
    Integer,
    Number,
    Boolean,
}

impl ColumnType {
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Text, Self::Integer, Self::Number, Self::Boolean]
            .get(number as usize)
            .copied()
    }
}

/// The values of one column of some rows; `present` has a member for each row, the others one for each present value.
#[derive(Default)]
pub struct Values {
    pub present: Vec<bool>,
    pub texts: Vec<Vec<u8>>,
    pub integers: Vec<i64>,
    pub numbers: Vec<f64>,
    pub booleans: Vec<bool>,
}

pub type Error = Box<dyn std::error::Error + Send + Sync>;
