# The programs that the package ships: the engines (one file per SIMD variant) and the tokenizers (plain SIMD serves
# every engine). Glue and .wasm land side by side in js/wasm/.
#  - MODULARIZE + EXPORT_ES6: the glue is an ES module that finds its .wasm by new URL(…, import.meta.url)
#  - DYNAMIC_EXECUTION=0: no eval, so that a page may forbid it (Content-Security-Policy)
#  - ENVIRONMENT without node: js/runtime hands the Wasm over in Node too, and code for Node (import("module")) makes
#    bundlers put a helper of the entry chunk into the glue, which a page with a top-level await then waits for for ever
#  - no file system, no exit code, no exceptions: what the core never uses is not shipped
set(WASM_OUT ${CMAKE_SOURCE_DIR}/js/wasm CACHE PATH "where glue and .wasm go")
function(wasm_program name)
  target_compile_options(${name} PRIVATE -Werror -fno-rtti -DEMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
  set_target_properties(${name} PROPERTIES SUFFIX .js RUNTIME_OUTPUT_DIRECTORY ${WASM_OUT}
    LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/glue-header.js)
  target_link_options(${name} PRIVATE -lembind -O3 -fno-rtti -sMODULARIZE -sEXPORT_ES6 -sDYNAMIC_EXECUTION=0
    -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB -sINITIAL_MEMORY=4MB -sSTACK_SIZE=512KB -sFILESYSTEM=0
    -sENVIRONMENT=web,worker -sINVOKE_RUN=0 -sEXIT_RUNTIME=0 -sASSERTIONS=0 -sSUPPORT_LONGJMP=0
    -sMALLOC=dlmalloc -sABORTING_MALLOC=0 -sTEXTDECODER=2 -sINCOMING_MODULE_JS_API=instantiateWasm,locateFile,wasmBinary
    -sEXPORTED_RUNTIME_METHODS=HEAPU8 --no-entry -Wl,--gc-sections --extern-pre-js ${CMAKE_SOURCE_DIR}/cmake/glue-header.js)
endfunction()

# The engine for encoders, and the one for language models: the same blocks, other families.
foreach(program engine lm)
  add_executable(${program} wasm/binding/${program}.cpp)
  wasm_program(${program})
  target_link_libraries(${program} PRIVATE wf_engine)
  # Memory for weights is asked for at once; what comes after is small against it, and steps of 96 MB would be a third of a model.
  target_link_options(${program} PRIVATE -sMEMORY_GROWTH_GEOMETRIC_CAP=16MB)
  set_target_properties(${program} PROPERTIES OUTPUT_NAME ${program}-$<IF:$<BOOL:${RELAXED}>,relaxed,simd>)
endforeach()

# The search by itself, for decoders of other engines: no model and no kernels, so plain SIMD serves every engine.
if(NOT RELAXED)
  add_executable(search wasm/binding/search.cpp)
  wasm_program(search)
  target_link_libraries(search PRIVATE wf_engine)
endif()

file(GLOB tokenizers CONFIGURE_DEPENDS wasm/binding/tokenizers*.cpp)
if(tokenizers AND NOT RELAXED)
  add_executable(tokenizers ${tokenizers})
  wasm_program(tokenizers)
  target_link_libraries(tokenizers PRIVATE wf_text)

  # The regex engine for patterns without a scanner, a module of its own: 65 kB that most pages never load. It knows
  # nothing of JavaScript, so it has no glue; js/engines/wasm/regex.js is all that it needs.
  add_executable(regex wasm/binding/regex.cpp)
  target_compile_options(regex PRIVATE -Werror -fno-rtti -Oz)
  target_link_libraries(regex PRIVATE wf_regex)
  set_target_properties(regex PROPERTIES SUFFIX .wasm RUNTIME_OUTPUT_DIRECTORY ${WASM_OUT})
  target_link_options(regex PRIVATE -Oz -fno-rtti --no-entry -sSTANDALONE_WASM -sFILESYSTEM=0 -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=512MB
    -sINITIAL_MEMORY=1MB -sSTACK_SIZE=256KB -sMALLOC=emmalloc -sABORTING_MALLOC=0 -sASSERTIONS=0 -sSUPPORT_LONGJMP=0 -Wl,--gc-sections)
endif()
