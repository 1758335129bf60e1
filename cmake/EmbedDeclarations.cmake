# cmake -DFOLDER=declared -DOUTPUT=out.cc -P EmbedDeclarations.cmake: the .yaml files, in order, as a C++ table, so that the
# program carries the benchmarks that they declare.
file(GLOB files ${FOLDER}/*.yaml)
list(SORT files)
set(rows "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND rows "      {\"${name}\", R\"assay_yaml(${text})assay_yaml\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from the folder declared/ by cmake/EmbedDeclarations.cmake.
#include \"common/catalog/embedded_declarations.h\"

namespace assay {

absl::Span<const EmbeddedDeclaration> EmbeddedDeclarations() {
  static constexpr EmbeddedDeclaration kDeclarations[] = {
${rows}  };
  return kDeclarations;
}

}  // namespace assay
")
