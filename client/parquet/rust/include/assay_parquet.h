// Parquet files of flat, optional columns. Texts are UTF-8 and need no NUL byte at their end.
// `error` has ASSAY_PARQUET_ERROR_BYTES bytes and gets a message, ended by NUL, when a call fails.
// Not thread-safe.
#ifndef ASSAY_CLIENT_PARQUET_RUST_INCLUDE_ASSAY_PARQUET_H_
#define ASSAY_CLIENT_PARQUET_RUST_INCLUDE_ASSAY_PARQUET_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_PARQUET_ERROR_BYTES 512

enum AssayParquetKind {
  ASSAY_PARQUET_TEXT = 0,
  ASSAY_PARQUET_INTEGER = 1,
  ASSAY_PARQUET_NUMBER = 2,
  ASSAY_PARQUET_BOOLEAN = 3,
  ASSAY_PARQUET_NULL = 255,  // of cells only
};

typedef struct AssayParquetText {
  const char* data;
  size_t size;
} AssayParquetText;

typedef struct AssayParquetColumn {
  AssayParquetText name;
  uint8_t kind;
} AssayParquetColumn;

typedef struct AssayParquetCell {
  uint8_t kind;
  bool boolean;
  int64_t integer;
  double number;
  AssayParquetText text;
} AssayParquetCell;

typedef struct AssayParquetWriter AssayParquetWriter;
typedef struct AssayParquetReader AssayParquetReader;

// Null on failure. The file must not exist.
AssayParquetWriter* assay_parquet_create(AssayParquetText path, const AssayParquetColumn* columns,
                                         size_t count, char* error);
// A cell for each column; false on failure.
bool assay_parquet_add(AssayParquetWriter* writer, const AssayParquetCell* cells, size_t count,
                       char* error);
// Ends the file and the writer, also on failure.
bool assay_parquet_finish(AssayParquetWriter* writer, char* error);
// Ends a writer whose file is of no use.
void assay_parquet_abandon(AssayParquetWriter* writer);

// Null on failure, also where the file has other columns.
AssayParquetReader* assay_parquet_open(AssayParquetText path, const AssayParquetColumn* columns,
                                       size_t count, char* error);
// 1: `cells` are those of the next row, and valid until the next call; 0: there is none; -1:
// failure.
int32_t assay_parquet_next(AssayParquetReader* reader, AssayParquetCell* cells, size_t count,
                           char* error);
void assay_parquet_close(AssayParquetReader* reader);

#ifdef __cplusplus
}
#endif

#endif  // ASSAY_CLIENT_PARQUET_RUST_INCLUDE_ASSAY_PARQUET_H_
