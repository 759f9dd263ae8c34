# The function archive for the other architecture: with the cross compiler and the target's libraries, where
# both are installed. UNUM_CROSS: AUTO, ON (an error without them) or OFF. UNUM_SYSROOT: folder into which the
# target's OpenSSL and c-ares were unpacked, if they are not installed beside this machine's own (multiarch).
set(UNUM_CROSS AUTO CACHE STRING "the function archive for the other architecture: AUTO, ON or OFF")
set_property(CACHE UNUM_CROSS PROPERTY STRINGS AUTO ON OFF)
set(UNUM_SYSROOT "$ENV{UNUM_SYSROOT}" CACHE PATH "folder with the libraries of the other architecture")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(UNUM_CROSS_TRIPLET x86_64-linux-gnu)
  set(UNUM_CROSS_DEBIAN amd64)
  set(UNUM_CROSS_PACKAGE gcc-x86-64-linux-gnu)
else()
  set(UNUM_CROSS_TRIPLET aarch64-linux-gnu)
  set(UNUM_CROSS_DEBIAN arm64)
  set(UNUM_CROSS_PACKAGE gcc-aarch64-linux-gnu)
endif()

# unum_find_cross(): sets UNUM_CROSS_CC, _AR, _OBJCOPY and _FLAGS; UNUM_CROSS_CC is empty without them.
function(unum_find_cross)
  set(UNUM_CROSS_CC "" PARENT_SCOPE)
  if(UNUM_CROSS STREQUAL "OFF")
    return()
  endif()
  foreach(tool gcc ar objcopy)
    find_program(UNUM_CROSS_${tool} ${UNUM_CROSS_TRIPLET}-${tool} NO_CACHE)
  endforeach()
  set(flags "")
  if(UNUM_SYSROOT)
    set(flags -isystem ${UNUM_SYSROOT}/usr/include/${UNUM_CROSS_TRIPLET} -isystem ${UNUM_SYSROOT}/usr/include
      -L${UNUM_SYSROOT}/usr/lib/${UNUM_CROSS_TRIPLET})
  endif()
  set(why "")
  if(NOT UNUM_CROSS_gcc OR NOT UNUM_CROSS_ar OR NOT UNUM_CROSS_objcopy)
    set(why "${UNUM_CROSS_TRIPLET}-gcc is not installed")
  else()
    set(probe ${CMAKE_CURRENT_BINARY_DIR}/cross_probe)
    file(WRITE ${probe}.c "#include <openssl/ssl.h>\n#include <ares.h>\nint main(void) { return !TLS_method() || ares_library_init(0); }\n")
    execute_process(COMMAND ${UNUM_CROSS_gcc} ${flags} -fPIE -static-pie ${probe}.c -o ${probe} -lssl -lcrypto -lcares
      RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    if(NOT status EQUAL 0)
      set(why "static OpenSSL and c-ares for ${UNUM_CROSS_DEBIAN} are not installed")
    endif()
  endif()
  if(why)
    set(fix "dpkg --add-architecture ${UNUM_CROSS_DEBIAN} && apt-get update && apt-get install ${UNUM_CROSS_PACKAGE} libssl-dev:${UNUM_CROSS_DEBIAN} libc-ares-dev:${UNUM_CROSS_DEBIAN}")
    if(UNUM_CROSS STREQUAL "ON")
      message(FATAL_ERROR "no function archive for ${UNUM_CROSS_TRIPLET}: ${why}\n  ${fix}")
    endif()
    message(STATUS "no function archive for ${UNUM_CROSS_TRIPLET}: ${why}\n     ${fix}")
    return()
  endif()
  list(FILTER flags EXCLUDE REGEX "^-L")
  set(UNUM_CROSS_CC ${UNUM_CROSS_gcc} PARENT_SCOPE)
  set(UNUM_CROSS_AR ${UNUM_CROSS_ar} PARENT_SCOPE)
  set(UNUM_CROSS_OBJCOPY ${UNUM_CROSS_objcopy} PARENT_SCOPE)
  set(UNUM_CROSS_FLAGS ${flags} PARENT_SCOPE)
endfunction()

# unum_cross_object(ret source): a command that compiles one file; its object into <ret>.
function(unum_cross_object ret source)
  cmake_parse_arguments(A "" "" "FLAGS" ${ARGN})
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${source})
  string(REPLACE "/" "_" name ${name})
  set(object ${CMAKE_CURRENT_BINARY_DIR}/cross/${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${UNUM_CROSS_CC} ${A_FLAGS} -MMD -MF ${object}.d -MT ${object} -c ${source}
      -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d VERBATIM
    COMMENT "Compiling ${name} for ${UNUM_CROSS_TRIPLET}")
  set(${ret} ${object} PARENT_SCOPE)
endfunction()

# unum_cross_archive(name output MAIN file SOURCES ... FLAGS ...): as unum_archive() of runtime/.
function(unum_cross_archive name output)
  cmake_parse_arguments(A "" "MAIN" "SOURCES;FLAGS" ${ARGN})
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/cross)
  get_filename_component(folder ${output} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  set(objects "")
  foreach(source IN LISTS A_SOURCES)
    unum_cross_object(object ${source} FLAGS ${A_FLAGS})
    list(APPEND objects ${object})
  endforeach()
  unum_cross_object(main ${A_MAIN} FLAGS ${A_FLAGS})
  set(joined ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  add_custom_command(OUTPUT ${output}
    COMMAND ${UNUM_CROSS_CC} -fuse-ld=bfd -nostdlib -r -Wl,--gc-sections -Wl,-u,unum_runtime_main
      -Wl,--gc-keep-exported -o ${joined} ${objects}
    COMMAND ${UNUM_CROSS_OBJCOPY} --localize-hidden ${joined}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${output}
    COMMAND ${UNUM_CROSS_AR} rcsD ${output} ${joined} ${main}
    DEPENDS ${objects} ${main}
    VERBATIM COMMENT "Archiving ${name}")
  add_custom_target(${name} ALL DEPENDS ${output})
endfunction()
