# cmake -DINPUT=file -DOUTPUT=out.cc -DHEADER=path.h -DFUNCTION=Name -P EmbedBytes.cmake: a function that returns the file's bytes.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
string(LENGTH "${bytes}" length)
set(lines "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${bytes}" ${at} 128 line)
  string(APPEND lines "    \"${line}\"\n")
  math(EXPR at "${at} + 128")
endwhile()
get_filename_component(name ${INPUT} NAME)
file(WRITE ${OUTPUT} "// Generated from ${name} by cmake/EmbedBytes.cmake.
#include \"${HEADER}\"

namespace assay {

absl::string_view ${FUNCTION}() {
  static constexpr char kBytes[] =
${lines}      ;
  return {kBytes, sizeof(kBytes) - 1};
}

}  // namespace assay
")
