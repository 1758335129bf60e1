# Static libraries of Rust crates with a C interface, built by cargo.
set(ASSAY_CARGO "" CACHE FILEPATH "cargo to build Rust crates with; empty: the first one that is new enough")

set(ASSAY_GCC_BUILD ${CMAKE_BINARY_DIR} CACHE PATH "Build folder whose Rust libraries are made and used")

# assay_find_cargo(RESULT FOLDER): the path of a cargo of at least the rust-version of the crate in FOLDER.
function(assay_find_cargo result folder)
  file(STRINGS ${folder}/Cargo.toml line REGEX "^rust-version = ")
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
  message(FATAL_ERROR "${folder} needs cargo ${needed} or newer.${seen} Install Debian's cargo-web and rustc-web, "
    "or set -DASSAY_CARGO=PATH.")
endfunction()

# assay_rust_library(TARGET FOLDER [PART ...]): the library of the crate in FOLDER, with FOLDER/include; and those of the crates of ours
# that it is made of.
function(assay_rust_library target folder)
  assay_find_cargo(cargo ${folder})
  file(RELATIVE_PATH part ${CMAKE_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR})
  set(target_folder ${ASSAY_GCC_BUILD}/${part}/rust)
  # The compiler beside that cargo, not whichever comes first in PATH.
  cmake_path(GET cargo PARENT_PATH cargo_folder)
  set(environment CARGO_TARGET_DIR=${target_folder})
  if(EXISTS ${cargo_folder}/rustc)
    list(APPEND environment RUSTC=${cargo_folder}/rustc)
  endif()
  file(STRINGS ${folder}/Cargo.toml line REGEX "^name = ")
  string(REGEX REPLACE "^name = \"(.*)\"$" "\\1" name "${line}")
  set(library ${target_folder}/release/lib${name}.a)
  set(sources "")
  set(includes "")
  foreach(part_folder IN ITEMS ${folder} ${ARGN})
    file(GLOB part_sources CONFIGURE_DEPENDS ${part_folder}/src/*.rs)
    list(APPEND sources ${part_sources} ${part_folder}/Cargo.toml)
    if(IS_DIRECTORY ${part_folder}/include)
      list(APPEND includes ${part_folder}/include)
    endif()
  endforeach()
  add_custom_command(OUTPUT ${library}
    COMMAND ${CMAKE_COMMAND} -E env ${environment}
      ${cargo} build --quiet --release --locked --manifest-path ${folder}/Cargo.toml
    # cargo leaves the library's time alone where nothing changed, which would run it again at every build.
    COMMAND ${CMAKE_COMMAND} -E touch ${library}
    DEPENDS ${sources} ${folder}/Cargo.lock
    COMMENT "Building ${name} with ${cargo}"
    VERBATIM)
  add_custom_target(${target}_build DEPENDS ${library})
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${library})
  target_include_directories(${target} INTERFACE ${includes})
  target_link_libraries(${target} INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
  add_dependencies(${target} ${target}_build)
endfunction()
