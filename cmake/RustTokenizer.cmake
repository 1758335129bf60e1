# The static library of worker/tokenizer/rust, built by cargo: target assay_tokenizer_rust.
set(ASSAY_CARGO "" CACHE FILEPATH "cargo to build the tokenizer with; empty: the first one that is new enough")
set(rust_folder ${CMAKE_SOURCE_DIR}/worker/tokenizer/rust)

# assay_find_cargo(RESULT): the path of a cargo of at least the crate's rust-version.
function(assay_find_cargo result)
  file(STRINGS ${rust_folder}/Cargo.toml line REGEX "^rust-version = ")
  string(REGEX MATCH "[0-9.]+" needed "${line}")
  # A tool chain of the user's own comes first; Debian's cargo-web is /usr/bin/cargo.
  find_program(cargo_in_path cargo NO_CACHE)
  if(ASSAY_CARGO)
    set(candidates ${ASSAY_CARGO})
  else()
    set(candidates ${cargo_in_path} $ENV{HOME}/.cargo/bin/cargo /usr/bin/cargo /usr/share/cargo/bin/cargo)
  endif()
  set(seen "")
  foreach(cargo IN LISTS candidates)
    if(NOT EXISTS ${cargo})
      continue()
    endif()
    execute_process(COMMAND ${cargo} --version OUTPUT_VARIABLE output ERROR_QUIET)
    if(output MATCHES "^cargo ([0-9.]+)")
      if(CMAKE_MATCH_1 VERSION_GREATER_EQUAL needed)
        set(${result} ${cargo} PARENT_SCOPE)
        return()
      endif()
      string(APPEND seen " ${cargo} is ${CMAKE_MATCH_1}.")
    endif()
  endforeach()
  message(FATAL_ERROR "The tokenizer needs cargo ${needed} or newer.${seen} Install Debian's cargo-web and rustc-web, "
    "or set -DASSAY_CARGO=PATH.")
endfunction()

assay_find_cargo(assay_cargo)
# The compiler beside that cargo, not whichever comes first in PATH.
cmake_path(GET assay_cargo PARENT_PATH cargo_folder)
set(rust_environment CARGO_TARGET_DIR=${CMAKE_CURRENT_BINARY_DIR}/rust)
if(EXISTS ${cargo_folder}/rustc)
  list(APPEND rust_environment RUSTC=${cargo_folder}/rustc)
endif()

set(rust_library ${CMAKE_CURRENT_BINARY_DIR}/rust/release/libassay_tokenizer.a)
file(GLOB rust_sources CONFIGURE_DEPENDS ${rust_folder}/src/*.rs)
add_custom_command(OUTPUT ${rust_library}
  COMMAND ${CMAKE_COMMAND} -E env ${rust_environment}
    ${assay_cargo} build --quiet --release --locked --manifest-path ${rust_folder}/Cargo.toml
  # cargo leaves the library's time alone where nothing changed, which would run it again at every build.
  COMMAND ${CMAKE_COMMAND} -E touch ${rust_library}
  DEPENDS ${rust_sources} ${rust_folder}/Cargo.toml ${rust_folder}/Cargo.lock
  COMMENT "Building the tokenizer with ${assay_cargo}"
  VERBATIM)
add_custom_target(assay_tokenizer_rust_build DEPENDS ${rust_library})

add_library(assay_tokenizer_rust STATIC IMPORTED GLOBAL)
set_target_properties(assay_tokenizer_rust PROPERTIES IMPORTED_LOCATION ${rust_library})
target_include_directories(assay_tokenizer_rust INTERFACE ${rust_folder}/include)
target_link_libraries(assay_tokenizer_rust INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
add_dependencies(assay_tokenizer_rust assay_tokenizer_rust_build)
