# The tsan preset: every program is linked with definitions that tell ThreadSanitizer about Abseil's locks.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  add_library(assay_tsan_abseil SHARED ${CMAKE_SOURCE_DIR}/tests/support/tsan/abseil_mutex.cc)
  target_link_libraries(assay_tsan_abseil PRIVATE absl::synchronization)
  # Named first on each link line, so that these definitions are found before Abseil's.
  link_libraries(assay_tsan_abseil)
endif()
