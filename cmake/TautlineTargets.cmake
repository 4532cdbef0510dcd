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

# tautline_test(<name> SOURCES <file>... [LIBS <target>...] [LABELS <label>...] [TIMEOUT <seconds>])
#
# A GoogleTest executable; every TEST in it is a ctest test. Labels default to the name of the directory below test/
# (unit, property, integration). GoogleTest, GoogleMock and main() are linked; rapidcheck is not: name it in LIBS
# (rapidcheck, and rapidcheck_gtest for RC_GTEST_PROP).
function(tautline_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBS;LABELS")
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tautline_test(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    file(RELATIVE_PATH below_test "${PROJECT_SOURCE_DIR}/test" "${CMAKE_CURRENT_SOURCE_DIR}")
    string(REGEX REPLACE "/.*" "" arg_LABELS "${below_test}")
  endif()
  tautline_executable(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS} GTest::gmock GTest::gtest_main)
  set_property(GLOBAL APPEND PROPERTY TAUTLINE_TEST_TARGETS ${name})
  string(REPLACE ";" "\\;" labels "${arg_LABELS}")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT})
endfunction()

# tautline_fuzzer(<name> SOURCES <file>... [LIBS <target>...]): a libFuzzer target, in <build>/bin.
function(tautline_fuzzer name)
  tautline_program(${name} ${ARGN})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

if(TAUTLINE_TESTS)
  include(GoogleTest)
endif()
