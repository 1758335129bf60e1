//! Rows come out of one row group after the other.
use std::fs::File;

use parquet::basic::Type as PhysicalType;
use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::{ColumnType, Error, Values};

/// A row group that is larger than this was not written by us.
const MOST_GROUP_BYTES: i64 = 1 << 30;

pub struct Reader {
    file: SerializedFileReader<File>,
    /// The place in the file of each column that was asked for.
    places: Vec<usize>,
    types: Vec<ColumnType>,
    next_group: usize,
    rows: usize,
    row: usize,
    columns: Vec<Values>,
    /// For each column, the place of the current row's value among the present ones.
    values: Vec<usize>,
}

fn kind_of(physical: PhysicalType) -> Option<ColumnType> {
    match physical {
        PhysicalType::BYTE_ARRAY => Some(ColumnType::Text),
        PhysicalType::INT64 => Some(ColumnType::Integer),
        PhysicalType::DOUBLE => Some(ColumnType::Number),
        PhysicalType::BOOLEAN => Some(ColumnType::Boolean),
        _ => None,
    }
}

pub enum Value<'a> {
    Null,
    Text(&'a [u8]),
    Integer(i64),
    Number(f64),
    Boolean(bool),
}

impl Reader {
    pub fn open(path: &str, columns: &[(String, ColumnType)]) -> Result<Self, Error> {
        let file = SerializedFileReader::new(File::open(path)?)?;
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        if schema.num_columns() != columns.len() {
            return Err(format!(
                "has {} columns, not {}",
                schema.num_columns(),
                columns.len()
            )
            .into());
        }
        let mut places = Vec::new();
        for (name, kind) in columns {
            let place = (0..schema.num_columns())
                .find(|place| schema.column(*place).path().string() == *name)
                .ok_or_else(|| format!("has no column {name}"))?;
            let column = schema.column(place);
            if kind_of(column.physical_type()) != Some(*kind)
                || column.max_def_level() != 1
                || column.max_rep_level() != 0
            {
                return Err(format!("column {name} is of another type").into());
            }
            places.push(place);
        }
        Ok(Self {
            file,
            types: columns.iter().map(|(_, kind)| *kind).collect(),
            values: vec![0; places.len()],
            columns: Vec::new(),
            places,
            next_group: 0,
            rows: 0,
            row: 0,
        })
    }

    /// False at the end.
    pub fn next(&mut self) -> Result<bool, Error> {
        if self.row + 1 < self.rows {
            for (value, column) in self.values.iter_mut().zip(&self.columns) {
                *value += usize::from(column.present[self.row]);
            }
            self.row += 1;
            return Ok(true);
        }
        while self.next_group < self.file.num_row_groups() {
            self.read_group()?;
            if self.rows > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_group(&mut self) -> Result<(), Error> {
        let group = self.file.get_row_group(self.next_group)?;
        self.next_group += 1;
        let rows = usize::try_from(group.metadata().num_rows())?;
        if group.metadata().total_byte_size() > MOST_GROUP_BYTES || rows > 1 << 24 {
            return Err("a row group is too large".into());
        }
        self.columns.clear();
        for (place, kind) in self.places.iter().zip(&self.types) {
            let mut levels = Vec::new();
            let mut values = Values::default();
            match (group.get_column_reader(*place)?, kind) {
                (ColumnReader::ByteArrayColumnReader(mut reader), ColumnType::Text) => {
                    let mut texts = Vec::new();
                    reader.read_records(rows, Some(&mut levels), None, &mut texts)?;
                    values.texts = texts.iter().map(|text| text.data().to_vec()).collect();
                }
                (ColumnReader::Int64ColumnReader(mut reader), ColumnType::Integer) => {
                    reader.read_records(rows, Some(&mut levels), None, &mut values.integers)?;
                }
                (ColumnReader::DoubleColumnReader(mut reader), ColumnType::Number) => {
                    reader.read_records(rows, Some(&mut levels), None, &mut values.numbers)?;
                }
                (ColumnReader::BoolColumnReader(mut reader), ColumnType::Boolean) => {
                    reader.read_records(rows, Some(&mut levels), None, &mut values.booleans)?;
                }
                _ => return Err("a column is of another type".into()),
            }
            values.present = levels.iter().map(|level| *level == 1).collect();
            let present = values.present.iter().filter(|present| **present).count();
            let held = match kind {
                ColumnType::Text => values.texts.len(),
                ColumnType::Integer => values.integers.len(),
                ColumnType::Number => values.numbers.len(),
                ColumnType::Boolean => values.booleans.len(),
            };
            if values.present.len() != rows || held != present {
                return Err("a column is cut short".into());
            }
            self.columns.push(values);
        }
        self.rows = rows;
        self.row = 0;
        self.values.fill(0);
        Ok(())
    }

    pub fn value(&self, index: usize) -> Option<Value<'_>> {
        let column = self.columns.get(index)?;
        if !*column.present.get(self.row)? {
            return Some(Value::Null);
        }
        let place = self.values[index];
        Some(match self.types[index] {
            ColumnType::Text => Value::Text(column.texts.get(place)?),
            ColumnType::Integer => Value::Integer(*column.integers.get(place)?),
            ColumnType::Number => Value::Number(*column.numbers.get(place)?),
            ColumnType::Boolean => Value::Boolean(*column.booleans.get(place)?),
        })
    }
}
