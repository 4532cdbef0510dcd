# A board with nothing on it, for compilers that no emulated board is for. The firmware is linked with it, never run.
tautline_board_objects(tautline_board "${CMAKE_CURRENT_LIST_DIR}/board.cpp")
target_link_libraries(tautline_board PUBLIC tautline::baremetal_network)
target_link_options(tautline_board PUBLIC -Wl,--entry=main)
