set(lx106_directory "${CMAKE_CURRENT_LIST_DIR}")

# tautline_lx106_image(<target> <file>...): one of the targets of ports/baremetal, with these files beside the others.
function(tautline_lx106_image target)
  set(files board.cpp rom.cpp start.S ${ARGN})
  list(TRANSFORM files PREPEND "${lx106_directory}/")
  tautline_board_objects(${target} ${files})
  target_include_directories(${target} PRIVATE "${lx106_directory}")
  # The division must not be turned into a call of itself.
  set_source_files_properties("${lx106_directory}/rom.cpp" TARGET_DIRECTORY ${target}
    PROPERTIES COMPILE_OPTIONS -fno-tree-loop-distribute-patterns)
  target_link_options(${target} PUBLIC -T "${lx106_directory}/lx106.ld")
  set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_DEPENDS "${lx106_directory}/lx106.ld")
endfunction()
tautline_lx106_image(tautline_board ethernet.cpp)
# The machine has one UART: this image has no console.
tautline_lx106_image(tautline_board_bridge ethernet.cpp serial.cpp)
