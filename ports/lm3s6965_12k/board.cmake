# The LM3S6965 as if it had 12 KB of RAM, the size of a small microcontroller: script/size runs the firmware so.
include("${PROJECT_SOURCE_DIR}/ports/baremetal/cortex_m3/cortex_m3.cmake")
tautline_add_cortex_m3_board("${PROJECT_SOURCE_DIR}/ports/lm3s6965" ../lm3s6965_12k/lm3s6965_12k.ld)
