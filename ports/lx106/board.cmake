set(directory "${CMAKE_CURRENT_LIST_DIR}")
tautline_board_objects(tautline_board
  "${directory}/board.cpp" "${directory}/ethernet.cpp" "${directory}/rom.cpp" "${directory}/start.S")
target_include_directories(tautline_board PRIVATE "${directory}")
# The division must not be turned into a call of itself.
set_source_files_properties("${directory}/rom.cpp" TARGET_DIRECTORY tautline_board
  PROPERTIES COMPILE_OPTIONS -fno-tree-loop-distribute-patterns)
target_link_options(tautline_board PUBLIC -T "${directory}/lx106.ld")
set_property(TARGET tautline_board APPEND PROPERTY INTERFACE_LINK_DEPENDS "${directory}/lx106.ld")
