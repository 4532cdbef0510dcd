# Build-wide settings, and the interface target tautline_warnings that every target of ours links privately.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
  endif()

  # Assertions stay on in every build of ours: a server that has lost an invariant must stop, not go on.
  foreach(config RELEASE RELWITHDEBINFO MINSIZEREL)
    string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_${config} "${CMAKE_CXX_FLAGS_${config}}")
  endforeach()

  find_program(TAUTLINE_CCACHE ccache)
  if(TAUTLINE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${TAUTLINE_CCACHE}")
  endif()

  if(CMAKE_GENERATOR MATCHES "Ninja")
    add_compile_options($<IF:$<CXX_COMPILER_ID:Clang>,-fcolor-diagnostics,-fdiagnostics-color=always>)
  endif()

  if(TAUTLINE_SANITIZE)
    # Without -fno-sanitize-recover a finding of UBSan is only printed and the test passes.
    add_compile_options(-fsanitize=${TAUTLINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${TAUTLINE_SANITIZE})
  endif()
  if(TAUTLINE_FUZZERS)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  if(TAUTLINE_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
  endif()
  if(TAUTLINE_LTO)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  endif()
endif()

add_library(tautline_warnings INTERFACE)
target_compile_options(tautline_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-align -Wcast-qual
  -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wundef -Wvla
  # g++ 12 sees overlap where "text" + std::string is inlined: its bug 105651.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  -Wmissing-declarations
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${TAUTLINE_WERROR}>:-Werror>)
