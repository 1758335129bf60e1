# Every library that is not ours. Debian's packages come by deploy/setup; libtorch is the PyPI wheel, unpacked by it.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths relative to the checkout, so that a second checkout in another folder finds what the first one compiled;
  # the sloppiness is what ccache asks for with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=5G
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${CCACHE_PROGRAM})
endif()

find_package(Threads REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl REQUIRED)
find_package(gRPC REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx libpq)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(YAML_CPP REQUIRED IMPORTED_TARGET yaml-cpp)

set(ASSAY_LIBTORCH "$ENV{HOME}/.cache/assay/libtorch-2.15.0" CACHE PATH
    "Folder that holds torch/ and nvidia/ of the unpacked wheels (made by deploy/setup)")
if(NOT EXISTS ${ASSAY_LIBTORCH}/torch/lib/libtorch_cpu.so)
  message(FATAL_ERROR "libtorch is not at ${ASSAY_LIBTORCH}: run deploy/setup, or set -DASSAY_LIBTORCH=DIR")
endif()

# The wheel's own TorchConfig.cmake asks for a CUDA toolkit, which a build without CUDA does not need.
add_library(assay_libtorch INTERFACE)
target_include_directories(assay_libtorch SYSTEM INTERFACE
  ${ASSAY_LIBTORCH}/torch/include ${ASSAY_LIBTORCH}/torch/include/torch/csrc/api/include)
target_link_libraries(assay_libtorch INTERFACE
  ${ASSAY_LIBTORCH}/torch/lib/libtorch_cpu.so ${ASSAY_LIBTORCH}/torch/lib/libc10.so Threads::Threads)
# DT_RPATH, not DT_RUNPATH: libtorch_cpu's own needs (libcudart, libcupti) are found through ours.
target_link_options(assay_libtorch INTERFACE
  -Wl,--disable-new-dtags
  -Wl,-rpath,${ASSAY_LIBTORCH}/torch/lib
  -Wl,-rpath,${ASSAY_LIBTORCH}/nvidia/cu13/lib
  -Wl,-rpath-link,${ASSAY_LIBTORCH}/nvidia/cu13/lib)
