# tautline_cortex_m3_board(<directory> <linker script>): what boards with a Cortex-M3 add to tautline_baremetal.
function(tautline_cortex_m3_board directory linker_script)
  set(shared "${PROJECT_SOURCE_DIR}/ports/baremetal/cortex_m3")
  target_sources(tautline_baremetal PRIVATE
    "${shared}/semihosting.cpp" "${shared}/startup.cpp" "${directory}/board.cpp" "${directory}/ethernet.cpp")
  target_include_directories(tautline_baremetal PRIVATE "${shared}" "${directory}")
  target_link_options(tautline_baremetal PUBLIC -T "${directory}/${linker_script}" -L "${shared}")
  set_property(TARGET tautline_baremetal APPEND PROPERTY INTERFACE_LINK_DEPENDS
    "${directory}/${linker_script}" "${shared}/cortex_m3.ld")
endfunction()
