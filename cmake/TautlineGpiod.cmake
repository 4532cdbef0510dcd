# tautline_use_gpiod(<target>): links libgpiod 1.x (Debian: libgpiod-dev) and defines TAUTLINE_GPIOD if it is there.
# Without it what needs a GPIO line is an error at run time.
include(CheckCXXSymbolExists)
find_library(GPIOD_LIBRARY gpiod)
if(GPIOD_LIBRARY)
  set(CMAKE_REQUIRED_LIBRARIES ${GPIOD_LIBRARY})
  check_cxx_symbol_exists(gpiod_line_request_both_edges_events_flags gpiod.h TAUTLINE_GPIOD)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()

function(tautline_use_gpiod target)
  if(TAUTLINE_GPIOD)
    target_compile_definitions(${target} PRIVATE TAUTLINE_GPIOD)
    target_link_libraries(${target} PRIVATE gpiod)
  endif()
endfunction()
