# Two helpers, so that a folder's CMakeLists.txt is a list of sources and of what they use.

# faultline_library(NAME SOURCES a.cpp … LINKS x y …): a static library with the project's include root and warnings.
function(faultline_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(${name} PUBLIC ${arg_LINKS} PRIVATE faultline_warnings)
endfunction()

# faultline_test(NAME SOURCES a_test.cpp … LINKS x y … [LABEL unit]): a GoogleTest program; each of its tests is a ctest of
# its own. Label `unit` (the default) also runs under the sanitizers, `story` runs alone and last: it may take the machine.
add_custom_target(unit_tests)
function(faultline_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINKS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_compile_definitions(${name} PRIVATE FAULTLINE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gmock GTest::gtest_main faultline_warnings)
  if(arg_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name})
  endif()
  set(lone FALSE)
  if(arg_LABEL STREQUAL story)
    set(lone TRUE)
  endif()
  # Discovered when ctest runs, not when it is built: a half-built tree can still be tested.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300 LABELS ${arg_LABEL} RUN_SERIAL ${lone})
endfunction()

# faultline_embed(TARGET FILE SYMBOL): makes the text of FILE available as `extern const char SYMBOL[]`.
function(faultline_embed target file symbol)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DSYMBOL=${symbol} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
