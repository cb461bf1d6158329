// Compiled into the Wasm test program: lets getenv() see Node's environment.
// @ts-nocheck: names of Emscripten's runtime, around which this is compiled
Module.preRun = () => Object.assign(ENV, process.env);
