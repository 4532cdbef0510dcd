# tautline_add_cortex_m3_board(<directory> <linker script>): tautline_board for a Cortex-M3.
function(tautline_add_cortex_m3_board directory linker_script)
  set(shared "${PROJECT_SOURCE_DIR}/ports/baremetal/cortex_m3")
  tautline_board_objects(tautline_cortex_m3 "${shared}/semihosting.cpp" "${shared}/startup.cpp")
  target_include_directories(tautline_cortex_m3 PUBLIC "${shared}")
  tautline_board_objects(tautline_board "${directory}/board.cpp" "${directory}/ethernet.cpp")
  target_include_directories(tautline_board PRIVATE "${directory}")
  target_link_libraries(tautline_board PUBLIC tautline_cortex_m3)
  target_sources(tautline_board INTERFACE $<TARGET_OBJECTS:tautline_cortex_m3>)
  target_link_options(tautline_board PUBLIC -T "${directory}/${linker_script}" -L "${shared}")
  set_property(TARGET tautline_board APPEND PROPERTY INTERFACE_LINK_DEPENDS
    "${directory}/${linker_script}" "${shared}/cortex_m3.ld")
endfunction()
