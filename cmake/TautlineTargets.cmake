# Functions that define this project's targets. Every target gets the same warnings and the same language rules; what
# differs (sources, libraries, language standard) is in the argument list.

set(TAUTLINE_PROGRAM_DIR "${PROJECT_BINARY_DIR}/bin")

# tautline_library(<name> [STANDARD <17|20>] [DEVICE] SOURCES <file>... [LIBS <target>...] [PRIVATE_LIBS <target>...])
#
# Static library tautline_<name>, alias tautline::<name>, public headers in include/, private headers beside the
# sources in src/. DEVICE: runs on microcontrollers too, so it is compiled without exceptions and RTTI everywhere.
function(tautline_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "DEVICE" "STANDARD" "SOURCES;LIBS;PRIVATE_LIBS")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tautline_library(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_STANDARD)
    set(arg_STANDARD 17)
  endif()
  set(target tautline_${name})
  if(NOT arg_SOURCES)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp" "// No sources yet.\n")
    set(arg_SOURCES "${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp")
  endif()

  add_library(${target} STATIC ${arg_SOURCES})
  add_library(tautline::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    CXX_STANDARD ${arg_STANDARD} CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_features(${target} PUBLIC cxx_std_${arg_STANDARD})
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE src)
  target_link_libraries(${target} PUBLIC ${arg_LIBS} PRIVATE ${arg_PRIVATE_LIBS} $<BUILD_INTERFACE:tautline_warnings>)
  if(arg_DEVICE)
    target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
  endif()

  if(TAUTLINE_INSTALL)
    install(TARGETS ${target} EXPORT tautline_${name} ARCHIVE DESTINATION lib)
    install(DIRECTORY include/ DESTINATION include FILES_MATCHING PATTERN "*.hpp")
    set_property(GLOBAL APPEND PROPERTY TAUTLINE_COMPONENTS ${name})
  endif()
endfunction()

# tautline_executable(<name> SOURCES <file>... [LIBS <target>...]): any C++20 executable of ours; internal.
function(tautline_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} tautline_warnings)
endfunction()

# tautline_program(<name> SOURCES <file>... [LIBS <target>...]): a program that users run, in <build>/bin.
function(tautline_program name)
  tautline_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${TAUTLINE_PROGRAM_DIR}")
  set_property(GLOBAL APPEND PROPERTY TAUTLINE_PROGRAM_TARGETS ${name})
endfunction()

# tautline_test(<name> SOURCES <file>... [LIBS <target>...] [LABELS <label>...] [TIMEOUT <seconds>] [SERIAL]
#               [PROGRAMS <target>...])
#
# A GoogleTest executable; every TEST in it is a ctest test. The first label is always the name of the directory below
# test/ (unit, property, integration); LABELS adds more: `threads` marks what ThreadSanitizer has to run. GoogleTest,
# GoogleMock and main() are linked; rapidcheck is not: name it in LIBS (rapidcheck, rapidcheck_gtest for RC_GTEST_PROP).
# TIMEOUT, of each TEST, is 30 for unit tests and 120 for others. SERIAL: no other test runs beside it. PROGRAMS: programs that the test starts; it finds them in the directory
# TAUTLINE_PROGRAM_DIR, a macro.
function(tautline_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "SOURCES;LIBS;LABELS;PROGRAMS")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tautline_test(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  file(RELATIVE_PATH below_test "${PROJECT_SOURCE_DIR}/test" "${CMAKE_CURRENT_SOURCE_DIR}")
  string(REGEX REPLACE "/.*" "" directory_label "${below_test}")
  if(NOT arg_TIMEOUT)
    # A unit test takes milliseconds; one that hangs should say so soon, with a sanitizer too.
    if(directory_label STREQUAL "unit")
      set(arg_TIMEOUT 30)
    else()
      set(arg_TIMEOUT 120)
    endif()
  endif()
  set(labels ${directory_label} ${arg_LABELS})
  list(REMOVE_DUPLICATES labels)

  tautline_executable(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS} GTest::gmock GTest::gtest_main)
  set_property(GLOBAL APPEND PROPERTY TAUTLINE_TEST_TARGETS ${name})
  if("threads" IN_LIST labels OR "unit" IN_LIST labels OR "property" IN_LIST labels)
    set_property(GLOBAL APPEND PROPERTY TAUTLINE_MEMORY_TEST_TARGETS ${name})
  endif()
  if("threads" IN_LIST labels)
    set_property(GLOBAL APPEND PROPERTY TAUTLINE_THREAD_TEST_TARGETS ${name})
  endif()
  if(arg_PROGRAMS)
    add_dependencies(${name} ${arg_PROGRAMS})
    target_compile_definitions(${name} PRIVATE TAUTLINE_PROGRAM_DIR="${TAUTLINE_PROGRAM_DIR}")
  endif()

  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_LIST ${name}_discovered
    PROPERTIES TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL})
  # gtest_discover_tests() takes a list of labels apart, so they are set by a script of our own that ctest reads next.
  set(labels_file "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
  file(CONFIGURE OUTPUT "${labels_file}" @ONLY CONTENT [[
if(@name@_discovered)
  set_tests_properties(${@name@_discovered} PROPERTIES LABELS "@labels@")
endif()
]])
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels_file}")
endfunction()

# tautline_fuzzer(<name> SOURCES <file>... [LIBS <target>...]): a libFuzzer target, in <build>/bin.
function(tautline_fuzzer name)
  tautline_program(${name} ${ARGN})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

if(TAUTLINE_TESTS)
  include(GoogleTest)
endif()

# The targets tautline_programs, tautline_tests, tautline_thread_tests and tautline_memory_tests: every program, every
# test executable, those with the label `threads`, those and all unit and property tests (for AddressSanitizer).
function(tautline_collect_targets)
  foreach(kind IN ITEMS program test thread_test memory_test)
    string(TOUPPER ${kind} kind_upper)
    get_property(targets GLOBAL PROPERTY TAUTLINE_${kind_upper}_TARGETS)
    add_custom_target(tautline_${kind}s)
    if(targets)
      add_dependencies(tautline_${kind}s ${targets})
    endif()
  endforeach()
endfunction()
