# cmake -DFOLDER=migrations -DOUTPUT=out.cc -P EmbedMigrations.cmake: the .sql files, in order, as a C++ table, so that the
# program carries its schema.
file(GLOB files ${FOLDER}/*.sql)
list(SORT files)
set(rows "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
  endif()
  # Four digits with zeros in front would be octal.
  string(REGEX REPLACE "^0+" "" version ${CMAKE_MATCH_1})
  file(READ ${file} sql)
  string(APPEND rows "    {${version}, \"${name}\", R\"assay_sql(${sql})assay_sql\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from migrations/ by cmake/EmbedMigrations.cmake.
#include \"coordinator/store/migrator.h\"

namespace assay {

absl::Span<const Migration> EmbeddedMigrations() {
  static constexpr Migration kMigrations[] = {
${rows}  };
  return kMigrations;
}

}  // namespace assay
")
