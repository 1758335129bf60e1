//! The C interface. Panics of the library become errors; texts are pointer and length, UTF-8 where they are names or paths.
use std::os::raw::c_char;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

use crate::reader::{Reader, Value};
use crate::writer::Writer;
use crate::{ColumnType, Error};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    data: *const u8,
    size: usize,
}

#[repr(C)]
pub struct Column {
    name: Text,
    kind: u8,
}

#[repr(C)]
pub struct Cell {
    kind: u8, // as of columns; NULL_KIND: no value
    boolean: bool,
    integer: i64,
    number: f64,
    text: Text,
}

const NULL_KIND: u8 = 255;
const ERROR_BYTES: usize = 512;

impl Text {
    unsafe fn bytes(&self) -> &[u8] {
        if self.size == 0 {
            &[]
        } else {
            slice::from_raw_parts(self.data, self.size)
        }
    }
    unsafe fn string(&self) -> Result<String, Error> {
        Ok(std::str::from_utf8(self.bytes())?.to_string())
    }
}

/// Runs `body`; what goes wrong is written to `error`, which has ERROR_BYTES bytes, with a NUL byte at its end.
unsafe fn guard<T>(error: *mut c_char, body: impl FnOnce() -> Result<T, Error>) -> Option<T> {
    let message = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(why)) => why.to_string(),
        Err(_) => "the file is damaged".to_string(),
    };
    let mut end = message.len().min(ERROR_BYTES - 1);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    std::ptr::copy_nonoverlapping(message.as_ptr(), error.cast::<u8>(), end);
    *error.add(end) = 0;
    None
}

unsafe fn columns_of(
    columns: *const Column,
    count: usize,
) -> Result<Vec<(String, ColumnType)>, Error> {
    slice::from_raw_parts(columns, count)
        .iter()
        .map(|column| {
            let kind = ColumnType::from_number(column.kind).ok_or("unknown type of column")?;
            Ok((column.name.string()?, kind))
        })
        .collect()
}

#[no_mangle]
pub unsafe extern "C" fn assay_parquet_create(
    path: Text,
    columns: *const Column,
    count: usize,
    error: *mut c_char,
) -> *mut Writer {
    guard(error, || {
        Ok(Box::into_raw(Box::new(Writer::create(
            &path.string()?,
            &columns_of(columns, count)?,
        )?)))
    })
    .unwrap_or(std::ptr::null_mut())
}

#[no_mangle]
pub unsafe extern "C" fn assay_parquet_add(
    writer: *mut Writer,
    cells: *const Cell,
    count: usize,
    error: *mut c_char,
) -> bool {
    guard(error, || {
        let writer = &mut *writer;
        let mut bytes = 0;
        for (index, cell) in slice::from_raw_parts(cells, count).iter().enumerate() {
            let (values, kind) = writer.column(index).ok_or("too many values")?;
            values.present.push(cell.kind != NULL_KIND);
            if cell.kind == NULL_KIND {
                continue;
            }
            if ColumnType::from_number(cell.kind) != Some(kind) {
                return Err("a value of another type than its column".into());
            }
            match kind {
                ColumnType::Text => {
                    bytes += cell.text.size;
                    values.texts.push(cell.text.bytes().to_vec());
                }
                ColumnType::Integer => values.integers.push(cell.integer),
                ColumnType::Number => values.numbers.push(cell.number),
                ColumnType::Boolean => values.booleans.push(cell.boolean),
            }
        }
        writer.end_row(bytes)
    })
    .is_some()
}

#[no_mangle]
pub unsafe extern "C" fn assay_parquet_finish(writer: *mut Writer, error: *mut c_char) -> bool {
    guard(error, || Box::from_raw(writer).finish()).is_some()
}

#[no_mangle]
pub unsafe extern "C" fn assay_parquet_abandon(writer: *mut Writer) {
    drop(Box::from_raw(writer));
}

#[no_mangle]
pub unsafe extern "C" fn assay_parquet_open(
    path: Text,
    columns: *const Column,
    count: usize,
    error: *mut c_char,
) -> *mut Reader {
    guard(error, || {
        Ok(Box::into_raw(Box::new(Reader::open(
            &path.string()?,
            &columns_of(columns, count)?,
        )?)))
    })
    .unwrap_or(std::ptr::null_mut())
}

/// 1: `cells` are the next row's, valid until the next call; 0: the end; -1: an error.
#[no_mangle]
pub unsafe extern "C" fn assay_parquet_next(
    reader: *mut Reader,
    cells: *mut Cell,
    count: usize,
    error: *mut c_char,
) -> i32 {
    guard(error, || {
        let reader = &mut *reader;
        if !reader.next()? {
            return Ok(0);
        }
        for (index, cell) in slice::from_raw_parts_mut(cells, count)
            .iter_mut()
            .enumerate()
        {
            let empty = Text {
                data: std::ptr::null(),
                size: 0,
            };
            *cell = Cell {
                kind: NULL_KIND,
                boolean: false,
                integer: 0,
                number: 0.0,
                text: empty,
            };
            match reader.value(index).ok_or("a column is cut short")? {
                Value::Null => {}
                Value::Text(text) => {
                    cell.kind = 0;
                    cell.text = Text {
                        data: text.as_ptr(),
                        size: text.len(),
                    };
                }
                Value::Integer(integer) => {
                    cell.kind = 1;
                    cell.integer = integer;
                }
                Value::Number(number) => {
                    cell.kind = 2;
                    cell.number = number;
                }
                Value::Boolean(boolean) => {
                    cell.kind = 3;
                    cell.boolean = boolean;
                }
            }
        }
        Ok(1)
    })
    .unwrap_or(-1)
}

#[no_mangle]
pub unsafe extern "C" fn assay_parquet_close(reader: *mut Reader) {
    drop(Box::from_raw(reader));
}
