# One target a folder. Warnings are errors in our code; generated code and libraries are system includes.
add_library(assay_warnings INTERFACE)
# gcc 12 reports -Wrestrict where a string literal is assigned (its bug 105329).
target_compile_options(assay_warnings INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter -Wno-restrict)
target_include_directories(assay_warnings INTERFACE ${CMAKE_SOURCE_DIR})

# assay_library(NAME DEPS...): the library NAME of all .cc files of this folder.
function(assay_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC assay_warnings ${ARGN})
endfunction()

# What most tests include, compiled once.
if(ASSAY_BUILD_TESTS)
  find_package(GTest REQUIRED)
  file(WRITE ${CMAKE_BINARY_DIR}/test_headers.cc.in "// Holds the tests' precompiled header.\n")
  file(COPY_FILE ${CMAKE_BINARY_DIR}/test_headers.cc.in ${CMAKE_BINARY_DIR}/test_headers.cc ONLY_IF_DIFFERENT)
  add_library(assay_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cc)
  target_link_libraries(assay_test_headers PRIVATE assay_warnings GTest::gmock GTest::gtest)
  target_compile_options(assay_test_headers PRIVATE -pthread)
  target_precompile_headers(assay_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <map> <string> <vector>
    <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/time/time.h> <absl/types/span.h>)
endif()

# One program of GoogleTest, out of all *_test.cc files of this folder.
function(assay_add_test_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE assay_warnings GTest::gmock GTest::gtest_main ${ARGN})
  target_precompile_headers(${name} REUSE_FROM assay_test_headers)
  target_compile_options(${name} PRIVATE -pthread)  # as the precompiled header has it
endfunction()

# assay_test(NAME [EACH | ALONE] DEPS...): the GoogleTest program NAME of all *_test.cc files of this folder, one test of CTest: to start
# it, with libtorch, takes longer than most of its tests do. EACH: every test is one of CTest, which runs them side by side; for those
# that mostly wait. ALONE: no other test runs beside it. For forward passes, whose threads wait for one another: two programs of
# them on the same processors take several times as long as one after the other.
function(assay_test name)
  cmake_parse_arguments(PARSE_ARGV 1 option "EACH;ALONE" "" "")
  assay_add_test_program(${name} ${option_UNPARSED_ARGUMENTS})
  if(option_EACH)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTIES LABELS unit)
    return()
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600)
  if(option_ALONE)
    set_tests_properties(${name} PROPERTIES PROCESSORS 64)
  endif()
endfunction()

# assay_database_test(NAME DEPS...): the same for tests that start a PostgreSQL server, which they share.
function(assay_database_test name)
  assay_add_test_program(${name} assay_test_postgres ${ARGN})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
