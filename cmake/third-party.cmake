# The third-party libraries of the core: yyjson, PCRE2 and, where a kernel uses it, XNNPACK (cmake/xnnpack builds it).
set(DEPS "" CACHE PATH "folder of the unpacked third-party sources")
set(XNN_LIB_SIMD "" CACHE FILEPATH "libxnn.a for plain SIMD (Wasm only)")
set(XNN_LIB_RELAXED "" CACHE FILEPATH "libxnn.a for relaxed SIMD (Wasm only)")
if(NOT DEPS)
  execute_process(COMMAND node ${CMAKE_SOURCE_DIR}/tools/sources.js core OUTPUT_VARIABLE told RESULT_VARIABLE code)
  string(STRIP "${told}" told)
  string(REGEX REPLACE ".*\n" "" found "${told}")
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "Third-party sources are missing (node tools/sources.js core fetches them): ${told}")
  endif()
  set(DEPS "${found}" CACHE PATH "folder of the unpacked third-party sources" FORCE)
endif()

add_library(yyjson STATIC ${DEPS}/yyjson/src/yyjson.c)
target_include_directories(yyjson SYSTEM PUBLIC ${DEPS}/yyjson/src)
target_compile_definitions(yyjson PUBLIC YYJSON_DISABLE_WRITER YYJSON_DISABLE_UTILS YYJSON_DISABLE_NON_STANDARD)
target_compile_options(yyjson PRIVATE -w)
if(NOT EMSCRIPTEN)  # 7 s at -O3, 16 s with the sanitizer of undefined behaviour
  target_compile_options(yyjson PRIVATE -O1 $<$<BOOL:${SANITIZE}>:-fno-sanitize=undefined>)
endif()
if(EMSCRIPTEN)  # as small as it goes: 18 kB less in each .wasm, compressed
  target_compile_definitions(yyjson PRIVATE yyjson_inline=inline YYJSON_DISABLE_FAST_FP_CONV)
  target_compile_options(yyjson PRIVATE -O2)
endif()

# PCRE2's compiler and interpreter with Unicode: patterns that have no scanner of their own (wasm/regex).
set(PCRE2 ${DEPS}/pcre2/src)
configure_file(${PCRE2}/pcre2.h.generic ${CMAKE_BINARY_DIR}/pcre2/pcre2.h COPYONLY)
configure_file(${PCRE2}/pcre2_chartables.c.dist ${CMAKE_BINARY_DIR}/pcre2/pcre2_chartables.c COPYONLY)
foreach(part auto_possess chkdint compile compile_class context error extuni find_bracket match match_data newline
        ord2utf script_run string_utils study tables ucd valid_utf xclass)
  list(APPEND pcre2_sources ${PCRE2}/pcre2_${part}.c)
endforeach()
add_library(pcre2 STATIC ${pcre2_sources} ${CMAKE_BINARY_DIR}/pcre2/pcre2_chartables.c)
target_include_directories(pcre2 SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/pcre2 PRIVATE ${PCRE2})
target_compile_definitions(pcre2 PUBLIC PCRE2_STATIC PRIVATE PCRE2_CODE_UNIT_WIDTH=8 SUPPORT_PCRE2_8 SUPPORT_UNICODE
  PCRE2_EXPORT= HAVE_MEMMOVE=1 LINK_SIZE=2 NEWLINE_DEFAULT=2 PARENS_NEST_LIMIT=250 MAX_NAME_COUNT=10000
  MAX_NAME_SIZE=128 MAX_VARLOOKBEHIND=255 HEAP_LIMIT=20000000 MATCH_LIMIT=10000000 MATCH_LIMIT_DEPTH=10000000)
target_compile_options(pcre2 PRIVATE -w $<$<BOOL:${EMSCRIPTEN}>:-Oz>
  $<$<BOOL:${SANITIZE}>:-fno-sanitize=undefined>)

foreach(variant SIMD RELAXED)
  string(TOLOWER ${variant} name)
  add_library(xnn_${name} INTERFACE)
  if(XNN_LIB_${variant})
    target_include_directories(xnn_${name} SYSTEM INTERFACE ${DEPS}/xnnpack/include ${DEPS}/pthreadpool/include)
    target_link_libraries(xnn_${name} INTERFACE ${XNN_LIB_${variant}})
  endif()
endforeach()
