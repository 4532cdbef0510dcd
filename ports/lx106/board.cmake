target_sources(tautline_baremetal PRIVATE
  "${CMAKE_CURRENT_LIST_DIR}/board.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/ethernet.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/rom.cpp"
  "${CMAKE_CURRENT_LIST_DIR}/start.S")
target_include_directories(tautline_baremetal PRIVATE "${CMAKE_CURRENT_LIST_DIR}")
# The division must not be turned into a call of itself.
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/rom.cpp" TARGET_DIRECTORY tautline_baremetal
  PROPERTIES COMPILE_OPTIONS -fno-tree-loop-distribute-patterns)
target_link_options(tautline_baremetal PUBLIC -T "${CMAKE_CURRENT_LIST_DIR}/lx106.ld")
set_property(TARGET tautline_baremetal APPEND PROPERTY INTERFACE_LINK_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/lx106.ld")
