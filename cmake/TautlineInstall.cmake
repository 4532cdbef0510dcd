# Install rules and the CMake package: find_package(tautline 0.1 COMPONENTS core) gives tautline::core.

include(CMakePackageConfigHelpers)

set(package_dir lib/cmake/tautline)
get_property(components GLOBAL PROPERTY TAUTLINE_COMPONENTS)
foreach(component IN LISTS components)
  install(EXPORT tautline_${component} NAMESPACE tautline:: FILE tautline-${component}.cmake
          DESTINATION ${package_dir})
endforeach()

configure_package_config_file(cmake/tautlineConfig.cmake.in "${PROJECT_BINARY_DIR}/tautlineConfig.cmake"
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tautlineConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/tautlineConfig.cmake" "${PROJECT_BINARY_DIR}/tautlineConfigVersion.cmake"
              cmake/FindAsio.cmake
        DESTINATION ${package_dir})
