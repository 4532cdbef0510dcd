# The ESP8266's core with picolibc: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/toolchain/lx106.cmake
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR xtensa)
set(CMAKE_C_COMPILER xtensa-lx106-elf-gcc)
set(CMAKE_CXX_COMPILER xtensa-lx106-elf-g++)
set(CMAKE_ASM_COMPILER xtensa-lx106-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(flags "--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs -mlongcalls")
set(CMAKE_C_FLAGS_INIT "${flags}")
# This toolchain has no C++ standard headers. Those of the ARM toolchain serve: device code uses the freestanding part
# and header-only templates of them.
file(GLOB cxx_headers /usr/include/newlib/c++/*)
set(CMAKE_CXX_FLAGS_INIT "${flags} -isystem ${cxx_headers} -isystem ${cxx_headers}/arm-none-eabi")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles")
