# cmake -DINPUT=text -DOUTPUT=out.cc -DHEADER=path.h -DFUNCTION=Name -P EmbedText.cmake: a function that returns the file's text.
file(READ ${INPUT} text)
get_filename_component(name ${INPUT} NAME)
file(WRITE ${OUTPUT} "// Generated from ${name} by cmake/EmbedText.cmake.
#include \"${HEADER}\"

namespace assay {

absl::string_view ${FUNCTION}() {
  static constexpr char kText[] = R\"assay_text(${text})assay_text\";
  return {kText, sizeof(kText) - 1};
}

}  // namespace assay
")
