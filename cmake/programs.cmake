# program(): a Wasm file that the package ships, in js/wasm/, with the JS that loads it (its "glue").
#
#   program(name FAMILIES kinds… KERNELS table [PARTS function] [GGUF function] SOURCES files… LIBRARIES libraries…
#           [STANDALONE])
#     FAMILIES    kinds of models that it runs: folders of wasm/arch. "encoders" stands for arch::encoderFamilies().
#     KERNELS     the function of kernels/kernels.h that gives its table of operations. Such a program is linked twice:
#                 name-simd.wasm and name-relaxed.wasm. Without, it is one file, name.wasm.
#     PARTS       a function of wasm/weights that reads matrices stored in parts; default: the program does not
#     GGUF        a function of wasm/weights that opens GGUF files; default: the program reads none
#     SOURCES     files of wasm/binding; default: model.cpp, which binds a model and nothing else
#     LIBRARIES   what else of the core it uses
#     STANDALONE  no JS at all: exported functions of numbers
set(WASM_OUT ${CMAKE_SOURCE_DIR}/js/wasm CACHE PATH "where glue and .wasm go")
# What a page needs in one variant: those programs, and all that have only one.
add_custom_target(wasm-simd)
add_custom_target(wasm-relaxed)

# Everything but kernels/simd/ is the same in both variants, and compiled once.
file(GLOB_RECURSE simd_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/wasm/kernels/simd/*.cpp)
core_objects(wf_kernels_simd "${simd_files}" "" "wf_engine;xnn_simd")
core_objects(wf_kernels_relaxed "${simd_files}" -mrelaxed-simd "wf_engine;xnn_relaxed")
target_precompile_headers(wf_kernels_relaxed_speed PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)

#  - MODULARIZE + EXPORT_ES6: the glue is an ES module that finds its .wasm by new URL(…, import.meta.url)
#  - DYNAMIC_EXECUTION=0: no eval, so that a page may forbid it (Content-Security-Policy)
#  - ENVIRONMENT without node: js/engines/wasm hands the Wasm over in Node too. Code for Node (import("module")) makes
#    bundlers put a helper of the entry chunk into the glue, and a page with a top-level await then waits for ever
#  - no file system, no exit code, no exceptions: what the core never uses is not shipped
set(GLUE_HEADER ${CMAKE_SOURCE_DIR}/cmake/glue-header.js)
set(LINK_EVERY -fno-rtti --no-entry -sALLOW_MEMORY_GROWTH -sFILESYSTEM=0 -sABORTING_MALLOC=0 -sASSERTIONS=0
  -sSUPPORT_LONGJMP=0 -Wl,--gc-sections)
set(LINK_EMBIND -O3 -lembind -sMODULARIZE -sEXPORT_ES6 -sDYNAMIC_EXECUTION=0 -sMAXIMUM_MEMORY=4GB -sINITIAL_MEMORY=4MB
  -sSTACK_SIZE=512KB -sENVIRONMENT=web,worker -sINVOKE_RUN=0 -sEXIT_RUNTIME=0 -sMALLOC=dlmalloc -sTEXTDECODER=2
  -sINCOMING_MODULE_JS_API=instantiateWasm,locateFile,wasmBinary -sEXPORTED_RUNTIME_METHODS=HEAPU8
  --extern-pre-js ${GLUE_HEADER})
set(LINK_STANDALONE -Oz -sSTANDALONE_WASM -sMAXIMUM_MEMORY=512MB -sINITIAL_MEMORY=1MB -sSTACK_SIZE=256KB
  -sMALLOC=emmalloc)
# Memory for weights is asked for at once; what comes after is small against it, and steps of 96 MB would be a third of
# a model.
set(LINK_MODELS -sMEMORY_GROWTH_GEOMETRIC_CAP=16MB)

function(program name)
  cmake_parse_arguments(ARG STANDALONE "KERNELS;PARTS;GGUF" "FAMILIES;SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    set(ARG_SOURCES model.cpp)
  endif()
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/wasm/binding/)
  if(ARG_FAMILIES)  # binding/program.h's functions, for this program
    list(TRANSFORM ARG_FAMILIES REPLACE "^(.+)$" "wf_arch_\\1" OUTPUT_VARIABLE kinds)
    list(TRANSFORM ARG_FAMILIES REPLACE "^(.*[^s])s?$" "arch::\\1Families()" OUTPUT_VARIABLE families)
    list(LENGTH families kinds_count)
    if(kinds_count GREATER 1)
      list(JOIN families ", " families)
      set(families "joined({${families}})")
    endif()
    set(kernels ${ARG_KERNELS})
    set(parts nullptr)
    if(ARG_PARTS)
      set(parts weights::${ARG_PARTS})
    endif()
    set(gguf nullptr)
    if(ARG_GGUF)
      set(gguf weights::${ARG_GGUF})
    endif()
    configure_file(${CMAKE_SOURCE_DIR}/cmake/program.cpp.in ${CMAKE_BINARY_DIR}/program_${name}.cpp @ONLY)
    list(APPEND ARG_SOURCES ${CMAKE_BINARY_DIR}/program_${name}.cpp)
    list(PREPEND ARG_LIBRARIES ${kinds})
  endif()
  core_objects(${name}_binding "${ARG_SOURCES}" -DEMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0 "${ARG_LIBRARIES}")
  set(objects)
  foreach(kind speed size)
    if(TARGET ${name}_binding_${kind})
      list(APPEND objects $<TARGET_OBJECTS:${name}_binding_${kind}>)
    endif()
  endforeach()
  set(variants simd)
  if(ARG_KERNELS)
    list(APPEND variants relaxed)
  endif()
  foreach(variant ${variants})
    set(target ${name})
    if(ARG_KERNELS)
      set(target ${name}-${variant})
    endif()
    add_executable(${target} ${objects})
    target_link_libraries(${target} PRIVATE ${ARG_LIBRARIES} wf_kernels_${variant})
    target_link_options(${target} PRIVATE ${LINK_EVERY} $<$<BOOL:${ARG_KERNELS}>:${LINK_MODELS}>)
    set_property(GLOBAL APPEND PROPERTY PROGRAMS ${target})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${WASM_OUT} LINKER_LANGUAGE CXX)
    if(ARG_STANDALONE)
      target_link_options(${target} PRIVATE ${LINK_STANDALONE})
      set_target_properties(${target} PROPERTIES SUFFIX .wasm)
    else()
      target_link_options(${target} PRIVATE ${LINK_EMBIND})
      set_target_properties(${target} PROPERTIES SUFFIX .js LINK_DEPENDS ${GLUE_HEADER})
    endif()
    add_dependencies(wasm-${variant} ${target})
    if(NOT ARG_KERNELS)
      add_dependencies(wasm-relaxed ${target})
    endif()
  endforeach()
endfunction()

# What no program of today makes goes: the package ships the folder as it is.
function(remove_old_programs)
  get_property(programs GLOBAL PROPERTY PROGRAMS)
  file(GLOB files ${WASM_OUT}/*)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    if(NOT name IN_LIST programs)
      file(REMOVE ${file})
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL remove_old_programs)
