# The toolchain file of the preset "wasm": Emscripten's own, of the Emscripten that tools/toolchain.js finds or fetches
# (emcc on PATH or in $EMSDK where it is new enough). tools/build.js names its folder in $EMSCRIPTEN_FOLDER.
if(NOT DEFINED ENV{EMSCRIPTEN_FOLDER})
  execute_process(COMMAND node ${CMAKE_CURRENT_LIST_DIR}/../tools/toolchain.js
    OUTPUT_VARIABLE told RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "Emscripten is missing (node tools/toolchain.js fetches it): ${told}")
  endif()
  string(STRIP "${told}" told)
  string(REGEX REPLACE ".*\n" "" folder "${told}")
  set(ENV{EMSCRIPTEN_FOLDER} ${folder})
endif()
include($ENV{EMSCRIPTEN_FOLDER}/cmake/Modules/Platform/Emscripten.cmake)
