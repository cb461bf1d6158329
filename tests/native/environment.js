// Compiled into the Wasm test program: lets getenv() see Node's environment.
// @ts-nocheck: names of Emscripten's runtime, around which this is compiled
// biome-ignore lint/complexity/useLiteralKeys: a minifier would rename a plain key
Module['preRun'] = () => Object.assign(ENV, process.env);
