# tautline_add_cortex_m3_board(<directory> <linker script>): the targets of ports/baremetal for a Cortex-M3.
function(tautline_add_cortex_m3_board directory linker_script)
  set(shared "${PROJECT_SOURCE_DIR}/ports/baremetal/cortex_m3")
  tautline_board_objects(tautline_cortex_m3 "${shared}/semihosting.cpp" "${shared}/startup.cpp")
  target_include_directories(tautline_cortex_m3 PUBLIC "${shared}")
  tautline_cortex_m3_image(tautline_board ethernet.cpp)
  tautline_cortex_m3_image(tautline_board_bridge ethernet.cpp serial.cpp)
  tautline_cortex_m3_image(tautline_board_hosted serial.cpp)
endfunction()

# Internal: one of them, with these files of the directory beside board.cpp.
function(tautline_cortex_m3_image target)
  list(TRANSFORM ARGN PREPEND "${directory}/" OUTPUT_VARIABLE parts)
  tautline_board_objects(${target} "${directory}/board.cpp" ${parts})
  target_include_directories(${target} PRIVATE "${directory}")
  target_link_libraries(${target} PUBLIC tautline_cortex_m3)
  target_sources(${target} INTERFACE $<TARGET_OBJECTS:tautline_cortex_m3>)
  target_link_options(${target} PUBLIC -T "${directory}/${linker_script}" -L "${shared}")
  set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_DEPENDS
    "${directory}/${linker_script}" "${shared}/cortex_m3.ld")
endfunction()
