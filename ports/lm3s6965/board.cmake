include("${PROJECT_SOURCE_DIR}/ports/baremetal/cortex_m3/cortex_m3.cmake")
tautline_add_cortex_m3_board("${CMAKE_CURRENT_LIST_DIR}" lm3s6965.ld)
