# The ESP32-C3's kind of core with picolibc. This toolchain has no C++ standard headers; those of the ARM toolchain serve.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
file(GLOB cxx_headers /usr/include/newlib/c++/*)
set(CMAKE_CXX_FLAGS_INIT "-march=rv32imc -mabi=ilp32 --specs=picolibc.specs -isystem ${cxx_headers} -isystem ${cxx_headers}/arm-none-eabi")
