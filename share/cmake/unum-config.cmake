# find_package(unum): what a function's own CMakeLists.txt needs.
#
#     find_package(unum REQUIRED)
#     add_executable(bootstrap main.c)
#     target_link_libraries(bootstrap PRIVATE unum::runtime)
#
# "unum build" sets the options below, so that a function is linked as all others are. They have
# defaults, so that an editor or a plain cmake call can configure the project as well. Set UNUM_CJSON
# before find_package() to use <unum/cjson.h>: the program is then linked dynamically, and the build
# carries libcjson.so in the bundle.
get_filename_component(UNUM_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT DEFINED UNUM_LINK_OPTIONS)
  set(UNUM_LINK_OPTIONS -static-pie -Wl,--gc-sections)
endif()
if(NOT DEFINED UNUM_LINK_LIBRARIES)
  set(UNUM_LINK_LIBRARIES ${UNUM_PREFIX}/lib/unum/libunum_runtime.a ssl crypto cares m)
endif()
if(UNUM_CJSON)
  list(TRANSFORM UNUM_LINK_OPTIONS REPLACE "^-static-pie$" "-pie")
  list(REMOVE_ITEM UNUM_LINK_OPTIONS "-Wl,-z,pack-relative-relocs")
  list(APPEND UNUM_LINK_OPTIONS -static-libgcc)
  # Of the targets that follow; as a link option its $ would be escaped twice.
  set(CMAKE_BUILD_RPATH "$ORIGIN/lib")
  list(TRANSFORM UNUM_LINK_LIBRARIES PREPEND "-Wl,-Bstatic;" REGEX "^(-l)?(ssl|crypto|cares)$")
  list(APPEND UNUM_LINK_LIBRARIES -Wl,-Bdynamic cjson)
endif()

if(NOT TARGET unum::runtime)
  add_library(unum::runtime INTERFACE IMPORTED)
  set_target_properties(unum::runtime PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${UNUM_PREFIX}/include"
    INTERFACE_COMPILE_OPTIONS "-fPIE;-ffunction-sections;-fdata-sections"
    INTERFACE_LINK_OPTIONS "${UNUM_LINK_OPTIONS}"
    INTERFACE_LINK_LIBRARIES "${UNUM_LINK_LIBRARIES}")
endif()
