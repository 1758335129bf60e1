//! Rows go into row groups of a bounded size.
use std::fs::{File, OpenOptions};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use crate::{ColumnType, Error, Values};

const GROUP_BYTES: usize = 16 << 20;

pub struct Writer {
    file: SerializedFileWriter<File>,
    types: Vec<ColumnType>,
    columns: Vec<Values>,
    bytes: usize,
}

fn field(name: &str, kind: ColumnType) -> Result<Arc<Type>, Error> {
    let (physical, logical) = match kind {
        ColumnType::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Integer => (PhysicalType::INT64, None),
        ColumnType::Number => (PhysicalType::DOUBLE, None),
        ColumnType::Boolean => (PhysicalType::BOOLEAN, None),
    };
    let built = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(built))
}

impl Writer {
    /// The file must not exist.
    pub fn create(path: &str, columns: &[(String, ColumnType)]) -> Result<Self, Error> {
        let fields = columns
            .iter()
            .map(|(name, kind)| field(name, *kind))
            .collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(
            Type::group_type_builder("assay")
                .with_fields(fields)
                .build()?,
        );
        // A file is the same whichever version of the library writes it.
        let properties = Arc::new(
            WriterProperties::builder()
                .set_created_by("assay".to_string())
                .build(),
        );
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Self {
            file: SerializedFileWriter::new(file, schema, properties)?,
            types: columns.iter().map(|(_, kind)| *kind).collect(),
            columns: columns.iter().map(|_| Values::default()).collect(),
            bytes: 0,
        })
    }

    pub fn column(&mut self, index: usize) -> Option<(&mut Values, ColumnType)> {
        let kind = *self.types.get(index)?;
        self.columns.get_mut(index).map(|values| (values, kind))
    }

    /// Every column has got its value of the row.
    pub fn end_row(&mut self, bytes: usize) -> Result<(), Error> {
        let rows = self.columns[0].present.len();
        if self
            .columns
            .iter()
            .any(|column| column.present.len() != rows)
        {
            return Err("a column has no value in the row".into());
        }
        self.bytes += bytes + 16 * self.columns.len();
        if self.bytes < GROUP_BYTES {
            Ok(())
        } else {
            self.flush()
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.columns.is_empty() || self.columns[0].present.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for values in &mut self.columns {
            let values = std::mem::take(values);
            let levels: Vec<i16> = values
                .present
                .iter()
                .map(|present| i16::from(*present))
                .collect();
            let mut column = group
                .next_column()?
                .ok_or("the file has fewer columns than the table")?;
            match column.untyped() {
                ColumnWriter::ByteArrayColumnWriter(writer) => {
                    let texts: Vec<ByteArray> =
                        values.texts.into_iter().map(ByteArray::from).collect();
                    writer.write_batch(&texts, Some(&levels), None)?;
                }
                ColumnWriter::Int64ColumnWriter(writer) => {
                    writer.write_batch(&values.integers, Some(&levels), None)?;
                }
                ColumnWriter::DoubleColumnWriter(writer) => {
                    writer.write_batch(&values.numbers, Some(&levels), None)?;
                }
                ColumnWriter::BoolColumnWriter(writer) => {
                    writer.write_batch(&values.booleans, Some(&levels), None)?;
                }
                _ => return Err("a column of another type".into()),
            }
            column.close()?;
        }
        group.close()?;
        self.bytes = 0;
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        self.file.close()?;
        Ok(())
    }
}
