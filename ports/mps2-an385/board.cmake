include("${PROJECT_SOURCE_DIR}/ports/baremetal/cortex_m3/cortex_m3.cmake")
tautline_add_cortex_m3_board("${CMAKE_CURRENT_LIST_DIR}" mps2-an385.ld)
