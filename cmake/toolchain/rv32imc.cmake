# RISC-V as in the ESP32-C3, with picolibc, for script/size: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/toolchain/rv32imc.cmake
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(flags "-march=rv32imc -mabi=ilp32 --specs=picolibc.specs")
set(CMAKE_C_FLAGS_INIT "${flags}")
# This toolchain has no C++ standard headers either; see lx106.cmake.
file(GLOB cxx_headers /usr/include/newlib/c++/*)
set(CMAKE_CXX_FLAGS_INIT "${flags} -isystem ${cxx_headers} -isystem ${cxx_headers}/arm-none-eabi")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles")
