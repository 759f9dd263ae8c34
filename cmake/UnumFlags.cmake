# Warning, hardening and sanitizer flags of everything that is built here.
include(CheckCCompilerFlag)

set(UNUM_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wmissing-declarations -Wold-style-definition -Wcast-qual -Wcast-align
  -Wwrite-strings -Wpointer-arith -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough
  -Wnull-dereference -Wdouble-promotion)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND UNUM_WARNINGS -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
else()
  # __auto_type and friends are used knowingly; ranges of GNU extensions are few and named in CONTRIBUTING.md.
  list(APPEND UNUM_WARNINGS -Wcomma -Wconditional-uninitialized -Wshorten-64-to-32
    -Wno-gnu-zero-variadic-macro-arguments)
endif()
if(UNUM_WERROR)
  list(APPEND UNUM_WARNINGS -Werror)
endif()
# -Wnull-dereference only sees through inlining and reports impossible paths under sanitizers.
if(UNUM_SANITIZE)
  list(REMOVE_ITEM UNUM_WARNINGS -Wnull-dereference)
endif()

set(UNUM_HARDENING -fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND UNUM_HARDENING -fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  list(APPEND UNUM_HARDENING -mbranch-protection=standard)
endif()
if(NOT UNUM_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  list(APPEND UNUM_HARDENING -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

set(UNUM_SANITIZE_FLAGS "")
if(UNUM_SANITIZE)
  set(UNUM_SANITIZE_FLAGS -fsanitize=${UNUM_SANITIZE} -fno-omit-frame-pointer)
  if(UNUM_SANITIZE MATCHES "undefined")
    list(APPEND UNUM_SANITIZE_FLAGS -fno-sanitize-recover=undefined)
  endif()
endif()
if(UNUM_COVERAGE)
  list(APPEND UNUM_SANITIZE_FLAGS --coverage)
endif()
set(UNUM_FUZZ_FLAGS "")
if(UNUM_FUZZ)
  set(UNUM_FUZZ_FLAGS -fsanitize=fuzzer-no-link)
endif()

add_library(unum_flags INTERFACE)
target_compile_options(unum_flags INTERFACE
  $<$<COMPILE_LANGUAGE:C>:${UNUM_WARNINGS}> ${UNUM_HARDENING} ${UNUM_SANITIZE_FLAGS} ${UNUM_FUZZ_FLAGS}
  -fvisibility=hidden -ffunction-sections -fdata-sections
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_compile_definitions(unum_flags INTERFACE _GNU_SOURCE UNUM_VERSION="${PROJECT_VERSION}")
target_include_directories(unum_flags INTERFACE ${CMAKE_SOURCE_DIR}/lib ${CMAKE_SOURCE_DIR}/runtime/include)
target_link_options(unum_flags INTERFACE ${UNUM_SANITIZE_FLAGS} -pie
  LINKER:-z,relro,-z,now,-z,noexecstack LINKER:--gc-sections)
